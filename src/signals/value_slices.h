// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <map>

#include "base/time.h"
#include "signals/between.h"

namespace proviso::signals {

/// Percentiles of a window with too many values to keep: counts by size class, in slices of time.
///
/// A size class is a 64th of a power of two, so a value is known to 1.6 %. A slice leaves the
/// figures when its oldest value leaves the window; until its newest does, its values may or may
/// not be in. Both make the percentile lie between two bounds, for certain. One thread.
class ValueSlices {
 public:
  struct Slice {
    Time first{};
    Time last{};
    std::uint64_t events = 0;
    std::map<std::uint32_t, std::uint64_t> classes;
    bool operator==(const Slice&) const = default;
  };
  /// Slices are at most `width` long.
  void add(Time time, double value, Duration width);
  /// The same for a time before the last; false where it is older than every slice.
  bool add_late(Time time, double value);
  void forget_before(Time begin);
  [[nodiscard]] bool empty() const { return slices_.empty(); }
  /// Of what is certainly in the window.
  [[nodiscard]] std::uint64_t events() const { return events_; }
  [[nodiscard]] Time from() const;
  [[nodiscard]] Time newest() const { return slices_.back().last; }
  /// Not empty.
  [[nodiscard]] Between percentile(double p) const;
  /// Size classes that are held: what it costs.
  [[nodiscard]] std::size_t held() const;

  [[nodiscard]] const std::deque<Slice>& slices() const { return slices_; }
  void restore(std::deque<Slice> slices, Time begin);

 private:
  [[nodiscard]] std::uint32_t class_at(std::uint64_t rank) const;
  void leave(const Slice& slice);
  std::deque<Slice> slices_;
  std::map<std::uint32_t, std::uint64_t> classes_;  ///< of what is certainly in the window
  std::uint64_t events_ = 0;
  bool front_leaves_ = false;  ///< some of the front slice has left: it is out of the figures
};

}  // namespace proviso::signals
