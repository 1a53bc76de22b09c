// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/time.h"
#include "signals/between.h"
#include "signals/slot_table.h"

namespace proviso::signals {

/// How many different values a window holds. A value is known by a 64-bit hash and by when it was
/// seen last: those older than the window go, so nothing is counted anew.
///
/// Exact up to `values_max` values (but for hashes that collide: two among n values with n^2 /
/// 2^65, 10^-11 for 20,000). Beyond it only values whose hash falls into a half, a quarter, ... are
/// kept, and the number lies, but for 1 in 10^14, between the two bounds (eight standard
/// deviations). Constant cost (amortised); small sets are searched through, and three values need
/// no memory but the object's own 64 bytes. One thread.
class DistinctValues {
 public:
  struct Seen {
    std::uint64_t value = 0;  ///< hash, never 0 unless the value was seen again later
    Time last{};
    bool operator==(const Seen&) const = default;
  };

  /// `time` is not before that of the call before. `span` is the window's length.
  void add(std::uint64_t value, Time time, std::size_t values_max, Duration span);
  /// The same for a time before others.
  void add_late(std::uint64_t value, Time time);
  /// Forgets what was last seen before `begin`.
  void forget_before(Time begin);
  [[nodiscard]] Between count(Time now) const;
  [[nodiscard]] std::size_t held() const { return many_ ? many_->live : few_size_; }
  [[nodiscard]] std::size_t heap_bytes() const;
  /// Bring what add() of this value will look at into the cache, in three steps (0 to 2), of which
  /// each reads what the one before has asked for.
  static constexpr unsigned kFetches = 3;
  void prefetch(unsigned step, std::uint64_t value) const;

  /// For saved states: the values in order of their last time, and how many halvings there were.
  [[nodiscard]] std::vector<Seen> values() const;
  [[nodiscard]] unsigned halvings() const { return many_ ? many_->halvings : 0; }
  [[nodiscard]] Time upper_from() const { return many_ ? many_->upper_from : Time::min(); }
  void restore(std::vector<Seen> values, unsigned halvings, Time upper_from);

 private:
  static constexpr std::size_t kFew = 3;
  static constexpr std::size_t kSearchedMax = 16;
  struct Many {
    std::vector<Seen> seen;  ///< in order of time; value 0: seen again later
    std::size_t head = 0;
    std::size_t live = 0;
    SlotTable index;  ///< places in `seen`; empty while there are few
    unsigned halvings = 0;
    Time upper_from = Time::min();  ///< before it the upper bound is not known

    [[nodiscard]] bool is_kept(std::uint64_t value) const {
      return ((value >> 40U) & ((std::uint64_t{1} << halvings) - 1)) == 0;
    }
    [[nodiscard]] std::size_t find(std::uint64_t value) const;
    [[nodiscard]] std::vector<Seen> values() const;
    /// False where nothing has changed.
    bool add(std::uint64_t value, Time time);
    void adjust(Time time, std::size_t values_max, Duration span);
    /// Whether some went.
    bool forget_before(Time begin);
    void rebuild(std::vector<Seen> values);
  };
  /// False where there is no room for it.
  bool add_to_few(std::uint64_t value, Time time, std::size_t values_max);
  void become_many();
  void become_few();

  std::array<Seen, kFew> few_{};  ///< in order of time
  std::uint32_t few_size_ = 0;
  std::unique_ptr<Many> many_;  ///< holds all of them where it is there
};

}  // namespace proviso::signals
