// SPDX-License-Identifier: Apache-2.0
#include "ledger/append_queue.h"

#include <string>
#include <utility>

#include "ledger/tiles.h"

namespace proviso::ledger {
namespace {

constexpr std::size_t kIdBytesMax = 64;

}  // namespace

Result<std::size_t> check_entries(std::span<const NewEntry> entries) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const NewEntry& entry = entries[i];
    const bool bad_id = entry.id.empty() || entry.id.size() > kIdBytesMax;
    if (bad_id || entry.bytes.size() > kEntryBytesMax) {
      return fail(Errc::invalid_input,
                  "ledger entry " + std::to_string(i) + " of this batch: " +
                      (bad_id ? "its id must have 1 to 64 bytes" : "longer than 65535 bytes"));
    }
    bytes += frame_bytes_of(entry.id, entry.bytes);
  }
  if (bytes > kBatchBytesMax) {
    return fail(Errc::exhausted, "over 63 MiB of ledger entries at once (append fewer)");
  }
  return bytes;
}

BlockedAppend::BlockedAppend(std::span<const NewEntry> entries) {
  entries_.reserve(entries.size());
  for (const NewEntry& entry : entries) entries_.push_back(prepare(entry));
}

Result<std::vector<EntryIndex>> BlockedAppend::wait() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return done_; });
  if (error_) return std::unexpected(std::move(*error_));
  std::vector<EntryIndex> out;
  out.reserve(entries_.size());
  for (const PreparedEntry& entry : entries_) out.push_back(entry.index);
  return out;
}

void BlockedAppend::finish(const std::optional<Error>& error) {
  // Under the lock to the end, since the waiting thread destroys this as soon as it may.
  const std::lock_guard guard(mutex_);
  error_ = error;
  done_ = true;
  changed_.notify_one();
}

std::span<PreparedEntry> QueuedAppend::entries() {
  return blocked != nullptr ? blocked->entries() : std::span(&submitted->prepared, 1);
}

void QueuedAppend::finish(const std::optional<Error>& error) {
  if (blocked != nullptr) {
    blocked->finish(error);
  } else if (error) {
    submitted->done(std::unexpected(*error));
  } else {
    submitted->done(submitted->prepared.index);
  }
}

}  // namespace proviso::ledger
