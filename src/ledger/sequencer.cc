// SPDX-License-Identifier: Apache-2.0
#include "ledger/sequencer.h"

#include <utility>

#include "base/check.h"
#include "ledger/checkpoint.h"

// A write-ahead file begins with a frame that holds no entries, only the checkpoint at which it was
// begun (its base). Each batch adds a frame {entries, checkpoint} and syncs it: that is the
// acknowledgement. Everything else can be made again from the frames, and recovery.cc does so by
// the same TreeEdge::add().
namespace proviso::ledger {

PreparedEntry prepare(const NewEntry& entry) {
  return {entry.id, entry.bytes, print_of(entry.id), leaf_hash(entry.bytes), 0};
}

Result<std::unique_ptr<Sequencer>> Sequencer::create(FileSystem& fs, const LogPaths& paths,
                                                     LogIdentity identity, IdIndex& ids) {
  std::unique_ptr<Sequencer> out(new Sequencer(fs, paths, std::move(identity), ids));
  TRY_VOID(fs.make_directories(paths.public_dir()));
  TRY_VOID(fs.make_directories(paths.frames()));
  // A crash here leaves empty folders; create() can be called again.
  out->checkpoint_ = out->sign();
  TRY_VOID(out->write_base());
  // A crash here leaves a log that open() publishes.
  return out;
}

Result<void> Sequencer::commit(std::span<const std::span<PreparedEntry>> batch) {
  frame_.begin(size_);
  for (const std::span<PreparedEntry> entries : batch) {
    for (PreparedEntry& entry : entries) {
      // Invariant L6: one id, one entry, also within a batch.
      const EntryIndex next = edge_.size();
      entry.index = TRY(ids_.find_or_add(entry.print, next));
      if (entry.index != next) continue;
      frame_.add(entry.id, entry.bytes);
      edge_.add(entry.bytes, entry.leaf);
    }
  }
  if (frame_.count() == 0) return {};
  // Invariant L1: what is signed extends the last durable checkpoint, and nobody is shown it before
  // it is durable itself.
  std::string next = sign();
  const std::string_view frame = frame_.finish(next);
  TRY_VOID(wal_->append(frame));
  // A crash here leaves a frame that may be torn: recovery cuts it, or finds it whole and keeps it.
  TRY_VOID(wal_->sync());
  // Invariant L2: from here on the entries are in the log, whatever happens.
  wal_bytes_ += frame.size();
  checkpoint_ = std::move(next);
  size_ = edge_.size();
  return {};
}

Result<std::string> Sequencer::begin_file() {
  if (base_ == size_) return std::string();
  std::string before = paths_.frames_from(base_);
  TRY_VOID(write_base());
  // A crash here leaves two files, the second of them a base: recovery reads one after the other.
  return before;
}

Result<void> Sequencer::write_base() {
  base_ = size_;
  wal_.reset();
  const std::string base = encode_frame(size_, {}, checkpoint_);
  TRY_VOID(fs_.write_durable(paths_.frames_from(base_), base));
  wal_ = TRY(fs_.open_append(paths_.frames_from(base_)));
  wal_bytes_ = base.size();
  return {};
}

std::string Sequencer::sign() const {
  return sign_note(identity_.signer,
                   Checkpoint{identity_.origin, edge_.size(), edge_.root()}.format());
}

}  // namespace proviso::ledger
