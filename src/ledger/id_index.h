// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/id_run.h"

namespace proviso::ledger {

/// Prints and indexes in memory: an open-addressed table. One thread.
class IdTable {
 public:
  [[nodiscard]] std::optional<EntryIndex> find(const IdPrint& print) const;
  /// `print` is not there yet.
  void add(const IdPrint& print, EntryIndex index);
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] std::vector<IdRecord> sorted() const;

 private:
  struct Slot {
    IdPrint print;
    std::uint64_t index_plus_one = 0;  // 0: free
  };
  void grow();
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

/// Where each id stands: `DIR/index/FROM-TO` runs for entries [0, saved()), memory for those after.
/// Any thread.
class IdIndex {
 public:
  /// Opens the runs; removes those that a merge had already replaced. `corrupt` where there is a
  /// gap or a run is damaged.
  static Result<std::unique_ptr<IdIndex>> open(FileSystem& fs, const std::string& dir);

  /// `corrupt` or `unavailable` where a run can't be read.
  Result<std::optional<EntryIndex>> find(const IdPrint& print);
  /// Returns where the id stands; puts it at `index`, which is the next one, where it is new.
  Result<EntryIndex> find_or_add(const IdPrint& print, EntryIndex index);
  /// Entries below this have their ids in runs.
  [[nodiscard]] EntryIndex saved() const;

  /// Reads every block of every run; `corrupt` says which is damaged.
  Result<void> check() const;

  /// Sets aside what save() is to write: all ids of entries below `to`, which are all that there
  /// are. Called between batches, so that no id of an entry that is not durable is written.
  void freeze(EntryIndex to);
  /// Writes what was set aside as a run, durably, and merges small runs. One thread at a time.
  /// A crash leaves the old runs, the old and the new, or the new ones; open() understands each.
  Result<void> save();

 private:
  using Runs = std::vector<std::shared_ptr<const IdRun>>;
  IdIndex(FileSystem& fs, std::string dir) : fs_(fs), dir_(std::move(dir)) {}
  Result<void> open_runs();
  Result<std::optional<EntryIndex>> find_in_runs(const Runs& runs, const IdPrint& print) const;
  Result<std::shared_ptr<const IdRun>> write_run(EntryIndex from, EntryIndex to,
                                                 const std::vector<IdRecord>& records);
  Result<void> merge_tail();

  FileSystem& fs_;
  std::string dir_;
  // Guards what follows. The runs are shared with look-ups that are still reading from them.
  mutable std::mutex mutex_;
  std::shared_ptr<const Runs> runs_ = std::make_shared<const Runs>();
  IdTable recent_;
  IdTable frozen_;
  EntryIndex frozen_to_ = 0;
};

}  // namespace proviso::ledger
