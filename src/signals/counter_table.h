// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "signals/group_table.h"
#include "signals/judge.h"
#include "signals/pool.h"
#include "signals/prefetch.h"
#include "signals/slot_table.h"
#include "signals/window.h"

namespace proviso::signals {

/// What one counter may hold.
struct TableLimits {
  std::size_t groups_max = 2'000'000;
  /// Records, values and names in all its windows.
  std::size_t held_max = 20'000'000;
  /// Instants of one window (percentiles: values), beyond which it keeps buckets.
  std::size_t records_max = 4096;
};

/// What a counter could not keep or tell.
struct Losses {
  std::uint64_t groups_evicted = 0;  ///< windows let go while hits in them still counted
  std::uint64_t hits_evicted = 0;    ///< what was in them
  std::uint64_t late_lost = 0;       ///< hits older than the window of their group
  std::uint64_t unsure = 0;          ///< looks at a window that could not tell (not assessable)
  bool operator==(const Losses&) const = default;
};

/// The windows of a counter, by group. Windows that no event in order can still add to are removed
/// from time to time; where there are too many, those whose newest hit is oldest go, an eighth at
/// once, and that is counted. Holds its groups. One thread.
class CounterTable {
 public:
  /// All must outlive it.
  CounterTable(const Counter& counter, const TableLimits& limits, GroupTable& groups)
      : counter_(&counter), limits_(&limits), groups_(&groups) {}

  /// Adds a hit to the group's window. Null where it was too late (counted). `likely`: what
  /// likely() gave for the group's hash; any other number costs a look-up and no more.
  Window* take(GroupId group, std::uint32_t likely, const Hit& hit);
  [[nodiscard]] Missing missing(const Window& window) const;
  /// A hit of the group at this time may or may not have been: nobody could tell.
  void note_unsure_hit(GroupId group, Time time);
  /// Bring what take() will look at into the cache: the slot, then the window, then what lies
  /// beside the window. Each reads what the one before has asked for.
  void prefetch_slot(std::uint64_t hash) const { table_.prefetch(hash); }
  /// The window that a group of this hash probably has.
  [[nodiscard]] std::uint32_t likely(std::uint64_t hash) const {
    const std::uint32_t id = table_.likely(hash);
    if (id != SlotTable::kNone) prefetch(&windows_[id]);
    return id;
  }
  void prefetch_beside(std::uint32_t likely) const {
    if (likely != SlotTable::kNone) windows_[likely].prefetch();
  }
  [[nodiscard]] bool counts_values() const { return counter_->keeps == Keeps::distinct; }
  void prefetch_value(std::uint32_t likely, unsigned step, std::uint64_t value) const {
    if (likely != SlotTable::kNone) windows_[likely].prefetch_value(step, value);
  }
  void count_unsure() { ++losses_.unsure; }

  [[nodiscard]] const Losses& losses() const { return losses_; }
  [[nodiscard]] std::size_t size() const { return table_.size(); }
  /// Everything but the groups themselves.
  [[nodiscard]] std::size_t memory_bytes() const;

  /// Everything, or what has changed since the last save of either kind. Same state, same bytes.
  enum class Save : std::uint8_t { all, changes };
  void save(Save what, ByteWriter& out);
  /// Applies what save() wrote. Not ok() where the bytes do not fit.
  void load(ByteReader& in);

 private:
  std::uint32_t find(GroupId group) const;
  std::uint32_t open(GroupId group);
  void remove(std::uint32_t id);
  void make_room();
  void evict_oldest(std::size_t count);
  void sweep(Time now);
  void mark_changed(std::uint32_t id);
  void save_windows(const std::vector<std::uint32_t>& ids, ByteWriter& out);

  const Counter* counter_;
  const TableLimits* limits_;
  GroupTable* groups_;
  Pool<Window> windows_;
  SlotTable table_;
  Losses losses_;
  std::size_t held_ = 0;
  Time newest_ = Time::min();
  Time evicted_newest_ = Time::min();
  Time sweep_from_ = Time::min();  ///< before it there is nothing to remove
  std::uint64_t since_sweep_ = 0;
  bool below_zero_ = false;  ///< some value was
  std::vector<std::uint32_t> changed_;
  std::vector<std::string> removed_;  ///< groups, since the last save
  bool was_saved_ = false;
};

}  // namespace proviso::signals
