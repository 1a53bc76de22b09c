// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "rules/program.h"

namespace proviso::signals {

/// What a window remembers of one hit, or of several that it cannot or need not tell apart.
struct Record {
  Time first{};  ///< of the oldest hit
  Time last{};   ///< of the newest; later than `first` only in a bucket of a window that was full
  std::uint64_t events = 1;
  std::uint64_t weight = 1;     ///< operations
  rules::Billionths value = 0;  ///< sum of the values
  rules::Billionths below = 0;  ///< sum of those below zero: the least that a part of it can be
  bool operator==(const Record&) const = default;

  [[nodiscard]] bool is_bucket() const { return last != first; }
  /// What several hits come to; `other` is not older.
  void absorb(const Record& other) {
    last = other.last;
    events += other.events;
    weight += other.weight;
    value += other.value;
    below += other.below;
  }
};

/// Bytes of a record, for HitQueue. At most kRecordBytesMax.
///
///   record = head (1 byte), gap, [span], [events], [weight], [value], [below]
///   head   = unit of the gap (2 bits: none, s, ms, ns) | bucket << 2 | several events << 3
///            | weight differs from events << 4 | unit of the value (2 bits: none, 1, 10^-3, 10^-9)
///            << 5 | below is there << 7
///
/// The gap is the time since the record before; numbers are base 128, low digits first; value and
/// below are zig-zag. `below` is left out where it is min(value, 0).
inline constexpr std::size_t kRecordBytesMax = 96;
/// Writes the record, `before` being the time of the record before; the end of what was written.
std::uint8_t* encode_record(const Record& record, Time before, std::uint8_t* out);
/// Reads one; moves `in` behind it.
Record decode_record(const std::uint8_t*& in, Time before);
/// Of the record at `in` only when its oldest hit was, and whether it is a bucket.
Time decode_time(const std::uint8_t* in, Time before);
bool is_bucket(const std::uint8_t* in);

}  // namespace proviso::signals
