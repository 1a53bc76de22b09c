// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/id_index.h"
#include "ledger/log_paths.h"
#include "ledger/note.h"
#include "ledger/tree_edge.h"
#include "ledger/wal.h"

namespace proviso::ledger {

/// Who signs, and for which log.
struct LogIdentity {
  NoteSigner signer;
  std::string origin;
};

/// An entry on its way, hashed by whoever appends it. The views belong to the caller.
struct PreparedEntry {
  std::string_view id;
  std::string_view bytes;
  IdPrint print;     ///< print_of(id)
  Digest leaf;       ///< leaf_hash(bytes)
  EntryIndex index;  ///< out: where it stands
};
PreparedEntry prepare(const NewEntry& entry);

/// Puts batches in order and makes them durable: frame, sync, done. What it leaves to others is the
/// public folder (take_publication()) and removing write-ahead files (begin_file()).
/// After an error of commit() or begin_file() it must not be used again (L4). One thread.
class Sequencer {
 public:
  /// Writes the first frame of an empty log. `conflict` where there is one already.
  static Result<std::unique_ptr<Sequencer>> create(FileSystem& fs, const LogPaths& paths,
                                                   LogIdentity identity, IdIndex& ids);
  /// Recovers: docs at the top of recovery.cc. Errors as Log::open().
  static Result<std::unique_ptr<Sequencer>> open(FileSystem& fs, const LogPaths& paths,
                                                 LogIdentity identity, IdIndex& ids);

  /// Gives each entry its index, and returns once all of them, and a signed checkpoint over them,
  /// are on disk: one write and one sync, or none where every id is known. The batch fits a frame.
  Result<void> commit(std::span<const std::span<PreparedEntry>> batch);

  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] const std::string& checkpoint() const { return checkpoint_; }
  [[nodiscard]] const LogIdentity& identity() const { return identity_; }

  /// Everything that was committed and not taken yet, up to checkpoint().
  Publication take_publication() { return {edge_.take_files(), checkpoint_, size_}; }
  /// Bytes of full tiles and bundles in memory until take_publication().
  [[nodiscard]] std::size_t untaken_bytes() const { return edge_.full_bytes(); }

  /// Bytes of the write-ahead file that is being written.
  [[nodiscard]] std::size_t file_bytes() const { return wal_bytes_; }
  /// Begins a new write-ahead file, whose base is checkpoint(). Returns the one before: it may be
  /// removed once the public folder and the ids up to size() are on disk. Nothing to do (and the
  /// empty string) where the file that is being written is only a base.
  Result<std::string> begin_file();

 private:
  friend class Recovery;
  Sequencer(FileSystem& fs, LogPaths paths, LogIdentity identity, IdIndex& ids)
      : fs_(fs), paths_(std::move(paths)), identity_(std::move(identity)), ids_(ids) {}
  [[nodiscard]] std::string sign() const;
  Result<void> write_base();

  FileSystem& fs_;
  LogPaths paths_;
  LogIdentity identity_;
  IdIndex& ids_;

  // What is acknowledged.
  std::uint64_t size_ = 0;
  std::string checkpoint_;

  TreeEdge edge_;  // perhaps ahead of size_ while commit() runs
  FrameBuilder frame_;
  std::uint64_t base_ = 0;
  std::unique_ptr<AppendFile> wal_;
  std::size_t wal_bytes_ = 0;
};

}  // namespace proviso::ledger
