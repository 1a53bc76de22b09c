// SPDX-License-Identifier: Apache-2.0
#include "signals/record.h"

#include <array>

#include "signals/hash.h"

namespace proviso::signals {
namespace {

using rules::Billionths;

constexpr std::array<std::int64_t, 4> kGapUnits = {0, 1'000'000'000, 1'000'000, 1};
constexpr std::array<std::int64_t, 4> kValueUnits = {0, 1'000'000'000, 1'000'000, 1};
constexpr unsigned kBucket = 1U << 2U;
constexpr unsigned kSeveral = 1U << 3U;
constexpr unsigned kWeighs = 1U << 4U;
constexpr unsigned kBelow = 1U << 7U;

template <class Number>
std::uint8_t* put(Number n, std::uint8_t* out) {
  for (; n >= 0x80U; n >>= 7U) *out++ = static_cast<std::uint8_t>(n) | 0x80U;
  *out++ = static_cast<std::uint8_t>(n);
  return out;
}

template <class Number>
Number take(const std::uint8_t*& in) {
  Number n = 0;
  for (unsigned shift = 0;; shift += 7) {
    const std::uint8_t byte = *in++;
    if (shift < sizeof(Number) * 8) n |= static_cast<Number>(byte & 0x7FU) << shift;
    if (byte < 0x80U) return n;
  }
}

Duration take_gap(unsigned head, const std::uint8_t*& in) {
  const auto unit = head & 3U;
  if (unit == 0) return {};
  return Duration(static_cast<std::int64_t>(take<std::uint64_t>(in)) * kGapUnits[unit]);
}

Wide zigzag(Billionths n) { return (static_cast<Wide>(n) << 1U) ^ static_cast<Wide>(n >> 127); }
Billionths unzigzag(Wide n) {
  return static_cast<Billionths>(n >> 1U) ^ -static_cast<Billionths>(n & 1U);
}

template <class Number>
unsigned unit_of(Number n, const std::array<std::int64_t, 4>& units) {
  if (n == 0) return 0;
  unsigned unit = 1;
  while (unit < 3 && n % units[unit] != 0) ++unit;
  return unit;
}

}  // namespace

std::uint8_t* encode_record(const Record& r, Time before, std::uint8_t* out) {
  const std::int64_t gap = (r.first - before).count();
  const unsigned gap_unit = unit_of(gap, kGapUnits);
  const unsigned value_unit = unit_of(r.value, kValueUnits);
  const bool has_below = r.below != std::min<Billionths>(r.value, 0);
  std::uint8_t* head = out++;
  *head = static_cast<std::uint8_t>(
      gap_unit | (r.is_bucket() ? kBucket : 0U) | (r.events != 1 ? kSeveral : 0U) |
      (r.weight != r.events ? kWeighs : 0U) | (value_unit << 5U) | (has_below ? kBelow : 0U));
  if (gap_unit != 0) out = put(static_cast<std::uint64_t>(gap / kGapUnits[gap_unit]), out);
  if (r.is_bucket()) out = put(static_cast<std::uint64_t>((r.last - r.first).count()), out);
  if (r.events != 1) out = put(r.events, out);
  if (r.weight != r.events) out = put(r.weight, out);
  if (value_unit != 0) out = put(zigzag(r.value / kValueUnits[value_unit]), out);
  if (has_below) out = put(zigzag(r.below), out);
  return out;
}

Time decode_time(const std::uint8_t* in, Time before) {
  const unsigned head = *in++;
  return before + take_gap(head, in);
}

bool is_bucket(const std::uint8_t* in) { return (*in & kBucket) != 0; }

Record decode_record(const std::uint8_t*& in, Time before) {
  const unsigned head = *in++;
  const auto value_unit = (head >> 5U) & 3U;
  Record r;
  r.first = before + take_gap(head, in);
  r.last = r.first;
  if ((head & kBucket) != 0) r.last += Duration(static_cast<std::int64_t>(take<std::uint64_t>(in)));
  if ((head & kSeveral) != 0) r.events = take<std::uint64_t>(in);
  r.weight = (head & kWeighs) != 0 ? take<std::uint64_t>(in) : r.events;
  if (value_unit != 0) r.value = unzigzag(take<Wide>(in)) * kValueUnits[value_unit];
  r.below = (head & kBelow) != 0 ? unzigzag(take<Wide>(in)) : std::min<Billionths>(r.value, 0);
  return r;
}

}  // namespace proviso::signals
