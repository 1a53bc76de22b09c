// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>

#include "signals/contributors.h"
#include "signals/counter.h"
#include "signals/distinct_values.h"
#include "signals/event_names.h"
#include "signals/hit.h"
#include "signals/hit_queue.h"
#include "signals/ranked_values.h"
#include "signals/state.h"
#include "signals/value_slices.h"

namespace proviso::signals {

/// What one event gives to one window.
struct Hit {
  Place place;
  std::uint32_t ref = 0;        ///< which of the counter's rules
  std::uint64_t weight = 1;     ///< operations
  rules::Billionths value = 0;  ///< sums, ranks
  std::uint64_t text = 1;       ///< distinct: hash of the value
  EventKey key{};
};

/// Where a window begins that ends at `end`; at the first time there is, where it would be before.
inline Time begin_of(Time end, Duration span) {
  return end < Time::min() + span ? Time::min() : end - span;
}

/// The hits of one group within [t - timespan, t], t being the newest of them, and their figures.
/// Each hit costs the same (amortised), however many there are; see window.cc. One line of memory,
/// and what does not fit beside it. One thread.
class alignas(64) Window {
 public:
  enum class Added : std::uint8_t {
    in_order,
    late,  ///< older than the newest hit, but within the window that ends there: counted in it
    lost,  ///< older than that window: nothing has changed
  };
  /// `records_max`: beyond so many instants (ranks: values) the window keeps buckets.
  Added add(const Counter& counter, const Hit& hit, std::size_t records_max);

  // Figures of the window that ends at newest(). Not empty.
  [[nodiscard]] Time newest() const;
  /// The oldest hit that is certainly in.
  [[nodiscard]] Time from() const;
  /// Hits that are certainly in.
  [[nodiscard]] std::uint64_t events() const;
  struct Sums {
    rules::Billionths lower = 0;
    rules::Billionths upper = 0;
  };
  /// Operations, or billionths, by what the counter keeps.
  [[nodiscard]] Sums sums() const;
  [[nodiscard]] Between average() const;
  [[nodiscard]] Between distinct() const;
  [[nodiscard]] Between percentile(double p) const;
  [[nodiscard]] bool occurred(std::size_t ref, Time begin) const;
  /// A sequence up to this step of the counter's, the first of it not before `begin`.
  [[nodiscard]] bool in_order_since(std::uint32_t step, Time begin) const;
  [[nodiscard]] Contributors contributors() const;

  /// Records, values and names that it holds: what it costs.
  [[nodiscard]] std::size_t held() const;
  [[nodiscard]] std::size_t heap_bytes() const;
  void save(ByteWriter& out) const;
  /// False where the bytes do not fit.
  bool load(const Counter& counter, ByteReader& in);

  /// Brings what lies beside the window into the cache; the window itself is there.
  void prefetch() const;
  /// The same for different values; see DistinctValues::prefetch().
  void prefetch_value(unsigned step, std::uint64_t value) const {
    if (const DistinctValues* seen = values()) seen->prefetch(step, value);
  }

  // Kept here for who holds the windows.
  static constexpr std::uint32_t kNoGroup = 0xFFFFFFFFU;
  std::uint32_t group = kNoGroup;
  bool changed = false;     ///< since it was saved last
  bool incomplete = false;  ///< began when windows had been let go: older hits may be missing

 private:
  /// What a window keeps besides its hits: of counts and sums only names, and not from the start.
  struct Extra {
    Extra() = default;
    Extra(const Extra&) = delete;
    Extra& operator=(const Extra&) = delete;
    virtual ~Extra() = default;
    std::unique_ptr<EventNames> names;
  };
  struct Values final : Extra {
    static constexpr Keeps kKeeps = Keeps::distinct;
    DistinctValues values;
  };
  struct Ranks final : Extra {
    static constexpr Keeps kKeeps = Keeps::ranks;
    RankedValues exact;
    ValueSlices slices;  ///< not empty: there were too many for `exact`
  };
  struct Occurrences final : Extra {
    static constexpr Keeps kKeeps = Keeps::occurrences;
    std::vector<Time> last;  ///< by ref; Time::min(): never
    /// By step of the counter's: the latest beginning of a sequence up to it; Time::min(): none.
    std::vector<Place> steps;
    std::vector<Place> before;  ///< the steps before the event at `now`
    Place now{Time::min(), 0};
  };
  void start(const Counter& counter);
  void forget_before(Time begin);
  void count(const Counter& counter, const Hit& hit);
  void append(const Counter& counter, const Record& record, std::size_t records_max);
  void make_buckets(Duration width);
  void make_slices(Duration width);
  Added add_late(const Counter& counter, const Hit& hit);
  void insert(const Counter& counter, const Record& record);
  void name(const Counter& counter, const Hit& hit);
  static void extend(const Counter& counter, const Hit& hit, Occurrences& o);
  /// What certainly is in.
  [[nodiscard]] rules::Billionths sum() const;
  template <class T>
  T* part() const {
    return keeps_ == T::kKeeps ? static_cast<T*>(extra_.get()) : nullptr;
  }
  [[nodiscard]] DistinctValues* values() const {
    auto* found = part<Values>();
    return found == nullptr ? nullptr : &found->values;
  }
  [[nodiscard]] EventNames* names() const {
    return extra_ == nullptr ? nullptr : extra_->names.get();
  }
  EventNames& open_names();
  [[nodiscard]] bool is_sliced() const {
    const Ranks* ranks = part<Ranks>();
    return ranks != nullptr && !ranks->slices.empty();
  }

  Keeps keeps_ = Keeps::operations;
  bool front_leaves_ = false;  ///< some of the front bucket has left: it is out of the figures
  std::unique_ptr<Extra> extra_;
  HitQueue hits_;
};

}  // namespace proviso::signals
