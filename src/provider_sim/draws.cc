// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/draws.h"

#include <algorithm>
#include <array>
#include <bit>

namespace proviso::provider_sim {
namespace {

__extension__ using Wide = unsigned __int128;

// Entry k is z, in 1/4096, such that a normal variable exceeds it with probability 2^-(k+1).
// Between two entries z is taken as linear in the probability, which draws quantiles up to 5 % too
// far out.
constexpr std::array<std::int64_t, 33> kNormal = {
    0,     2763,  4712,  6284,  7630,  8822,  9902,  10896, 11820, 12686, 13505,
    14283, 15025, 15737, 16420, 17079, 17715, 18331, 18929, 19509, 20074, 20625,
    21162, 21687, 22200, 22702, 23194, 23677, 24150, 24614, 25071, 25519, 25960};

// 2^(i/16) in 1/65536.
constexpr std::array<std::uint64_t, 17> kPowers = {65536,  68438,  71468,  74632,  77936,  81386,
                                                   84990,  88752,  92682,  96785,  101070, 105545,
                                                   110218, 115098, 120194, 125515, 131072};

/// `value` * 2^(exponent / 65536), at least 1 and below 2^62.
std::uint64_t scaled(std::uint64_t value, std::int64_t exponent) {
  const std::int64_t whole = exponent >> 16;
  const auto part = static_cast<std::uint64_t>(exponent & 0xFFFF);
  const std::size_t step = part >> 12U;
  const std::uint64_t rest = part & 0xFFFU;
  const std::uint64_t power = kPowers[step] + (kPowers[step + 1] - kPowers[step]) * rest / 4096;
  Wide out = static_cast<Wide>(value) * power;
  out = whole >= 0 ? out << std::min<std::int64_t>(whole, 40)
                   : out >> std::min<std::int64_t>(-whole, 100);
  out >>= 16U;
  return static_cast<std::uint64_t>(std::clamp<Wide>(out, 1, Wide{1} << 62U));
}

}  // namespace

std::uint64_t Draws::log_normal(std::uint64_t median, std::uint32_t sigma) {
  const std::uint64_t bits = random_.next();
  const bool above = (bits & 1U) != 0;
  const std::uint64_t tail = random_.next();
  const auto octave = static_cast<std::size_t>(
      std::min(std::countl_zero(tail), static_cast<int>(kNormal.size()) - 2));
  const auto within = static_cast<std::int64_t>((tail << octave << 1U) >> 48U);  // of 65536
  const std::int64_t z =
      kNormal[octave + 1] + (kNormal[octave] - kNormal[octave + 1]) * within / 65536;
  // z / 4096 * sigma / 1000 / ln(2), in 1/65536.
  const std::int64_t exponent = z * static_cast<std::int64_t>(sigma) * 16'000 / 693'147;
  return scaled(median, above ? exponent : -exponent);
}

std::uint64_t Draws::log_uniform(std::uint64_t low, std::uint64_t high) {
  std::int64_t from = 0;
  std::int64_t to = std::int64_t{40} << 16U;
  while (from < to) {
    const std::int64_t middle = (from + to) / 2;
    if (scaled(low, middle) < high) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  const std::uint64_t exponent = random_.below(static_cast<std::uint64_t>(from) + 1);
  return std::min(scaled(low, static_cast<std::int64_t>(exponent)), high);
}

}  // namespace proviso::provider_sim
