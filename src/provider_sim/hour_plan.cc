// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/hour_plan.h"

#include <span>

#include "base/check.h"
#include "base/random.h"

namespace proviso::provider_sim {
namespace {

__extension__ using Wide = unsigned __int128;

SeededRandom random_of(std::uint64_t seed, std::uint64_t stream, std::int64_t hour) {
  SeededRandom mix(seed ^ (stream * 0xD6E8FEB86659FD93ULL));
  return SeededRandom(mix.next() ^ (static_cast<std::uint64_t>(hour) * 0xA0761D6478BD642FULL));
}

/// `value` times (100 - p .. 100 + p) percent.
std::uint64_t vary(std::uint64_t value, std::uint32_t noise_percent, SeededRandom& random) {
  if (noise_percent == 0) return value;
  const std::uint64_t thousandths =
      1000 - 10ULL * noise_percent + random.below(20ULL * noise_percent + 1);
  return static_cast<std::uint64_t>(static_cast<Wide>(value) * thousandths / 1000);
}

/// Cuts `total` in proportion to `weights`; the parts add up to `total`.
void split(std::uint64_t total, std::span<const std::uint64_t> weights, std::uint64_t* parts) {
  Wide sum = 0;
  for (const std::uint64_t weight : weights) sum += weight;
  if (sum == 0) return;
  Wide before = 0;
  for (const std::uint64_t weight : weights) {
    const Wide after = before + weight;
    *parts++ = static_cast<std::uint64_t>(total * after / sum - total * before / sum);
    before = after;
  }
}

std::uint64_t calls(const Stream& stream, std::int64_t hour, std::int64_t hour_of_day,
                    SeededRandom& random) {
  if (hour < stream.from_hour || hour >= stream.to_hour) return 0;
  const std::uint64_t busy = stream.per_hour * percent_at(stream.rhythm, hour_of_day) / 100;
  return vary(busy, stream.noise_percent, random);
}

}  // namespace

std::uint64_t calls_in_hour(const Stream& stream, std::uint64_t stream_index, std::uint64_t seed,
                            std::int64_t hour, std::int64_t hour_of_day) {
  SeededRandom random = random_of(seed, stream_index, hour);
  return calls(stream, hour, hour_of_day, random);
}

HourPlan plan_hour(const Stream& stream, std::uint64_t stream_index, std::uint64_t seed,
                   std::int64_t hour, std::int64_t hour_of_day, std::uint32_t records) {
  CHECK(records > 0 && records <= kSlotsPerHour);
  SeededRandom random = random_of(seed, stream_index, hour);
  HourPlan plan;
  const std::uint64_t total = calls(stream, hour, hour_of_day, random);
  std::array<std::uint64_t, kSlotsPerHour> weights{};
  const std::span<std::uint64_t> used(weights.data(), records);
  for (std::uint64_t& weight : used) weight = 900 + random.below(201);
  split(total, used, plan.calls.data());
  for (std::size_t a = 0; a < stream.amounts.size(); ++a) {
    const PerCall& per_call = stream.amounts[a];
    if (per_call.unit.empty()) continue;
    const Wide exact = static_cast<Wide>(total) * static_cast<std::uint64_t>(per_call.thousandths);
    const auto amount =
        vary(static_cast<std::uint64_t>(exact / 1000), stream.noise_percent / 2, random);
    for (std::size_t i = 0; i < records; ++i) {
      weights[i] = plan.calls[i] * (980 + random.below(41));
    }
    split(amount, used, plan.amounts[a].data());
  }
  return plan;
}

}  // namespace proviso::provider_sim
