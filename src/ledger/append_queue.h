// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "base/result.h"
#include "ledger/sequencer.h"

namespace proviso::ledger {

/// Told once how an append ended, from the log's own thread: it must return soon and must not call
/// the log.
using Appended = std::move_only_function<void(Result<EntryIndex>)>;

/// A caller that is blocked until its entries are durable. Lives on its stack.
class BlockedAppend {
 public:
  explicit BlockedAppend(std::span<const NewEntry> entries);
  [[nodiscard]] std::span<PreparedEntry> entries() { return entries_; }
  /// Blocks until finish() and returns what it was told.
  Result<std::vector<EntryIndex>> wait();
  /// No access to this object after it.
  void finish(const std::optional<Error>& error);

 private:
  std::vector<PreparedEntry> entries_;
  std::optional<Error> error_;
  std::mutex mutex_;  // guards done_
  std::condition_variable changed_;
  bool done_ = false;
};

/// An entry of a caller that goes on meanwhile.
struct SubmittedAppend {
  NewEntry entry;
  PreparedEntry prepared;  // its views are of `entry`
  Appended done;
};

/// One of the two, in the queue.
struct QueuedAppend {
  BlockedAppend* blocked = nullptr;
  std::unique_ptr<SubmittedAppend> submitted;
  std::size_t bytes = 0;  ///< in a frame
  [[nodiscard]] std::span<PreparedEntry> entries();
  /// Tells the caller, once.
  void finish(const std::optional<Error>& error);
};

/// `invalid_input` where an id or entry is too long or an id is empty, `exhausted` where there is
/// more than a frame holds. Returns the bytes in a frame.
Result<std::size_t> check_entries(std::span<const NewEntry> entries);

}  // namespace proviso::ledger
