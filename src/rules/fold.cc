// SPDX-License-Identifier: Apache-2.0
#include "rules/fold.h"

#include <algorithm>

namespace proviso::rules {
namespace {

struct LowerRange {
  std::uint32_t first;
  std::uint32_t last;
  std::uint32_t step;
  std::int32_t delta;
};

constexpr LowerRange kRanges[] = {
#include "rules/fold_table.inc"
};

constexpr std::array<unsigned char, 256> make_map(bool lower) {
  std::array<unsigned char, 256> map{};
  for (std::size_t i = 0; i < map.size(); ++i) {
    const bool upper = i >= 'A' && i <= 'Z';
    map[i] = static_cast<unsigned char>(lower && upper ? i + ('a' - 'A') : i);
  }
  return map;
}

std::uint32_t lower(std::uint32_t c) {
  const auto* range = std::ranges::lower_bound(kRanges, c, {}, &LowerRange::last);
  if (range == std::end(kRanges) || c < range->first) return c;
  if ((c - range->first) % range->step != 0) return c;
  return static_cast<std::uint32_t>(static_cast<std::int32_t>(c) + range->delta);
}

std::uint32_t decode(std::string_view bytes) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  switch (bytes.size()) {
    case 2: return ((at(0) & 0x1FU) << 6U) | (at(1) & 0x3FU);
    case 3: return ((at(0) & 0x0FU) << 12U) | ((at(1) & 0x3FU) << 6U) | (at(2) & 0x3FU);
    case 4:
      return ((at(0) & 0x07U) << 18U) | ((at(1) & 0x3FU) << 12U) | ((at(2) & 0x3FU) << 6U) |
             (at(3) & 0x3FU);
    default: return at(0);
  }
}

void encode(std::uint32_t c, std::string& out) {
  const auto put = [&](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (c < 0x80) return put(c);
  if (c < 0x800) {
    put(0xC0U | (c >> 6U));
  } else if (c < 0x10000) {
    put(0xE0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3FU));
  } else {
    put(0xF0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3FU));
    put(0x80U | ((c >> 6U) & 0x3FU));
  }
  put(0x80U | (c & 0x3FU));
}

}  // namespace

constinit const std::array<unsigned char, 256> kAsciiLower = make_map(true);
constinit const std::array<unsigned char, 256> kSame = make_map(false);

std::size_t character_bytes(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text.front());
  std::size_t size = 1;
  if (lead >= 0xC2 && lead < 0xE0) size = 2;
  if (lead >= 0xE0 && lead < 0xF0) size = 3;
  if (lead >= 0xF0 && lead < 0xF5) size = 4;
  if (size > text.size()) return 1;
  for (std::size_t i = 1; i < size; ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0U) != 0x80U) return 1;
  }
  return size;
}

void fold(std::string_view text, std::string& out) {
  out.clear();
  while (!text.empty()) {
    const auto lead = static_cast<unsigned char>(text.front());
    const std::size_t size = lead < 0x80 ? 1 : character_bytes(text);
    if (size == 1) {
      out.push_back(static_cast<char>(kAsciiLower[lead]));
    } else {
      encode(lower(decode(text.substr(0, size))), out);
    }
    text.remove_prefix(size);
  }
}

std::string folded(std::string_view text) {
  std::string out;
  fold(text, out);
  return out;
}

}  // namespace proviso::rules
