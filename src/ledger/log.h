// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/engine.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/verify_log.h"
#include "ledger/wal.h"

namespace proviso::ledger {

/// An append-only log of opaque entries in a folder: `DIR/log/` is public (any web server can serve
/// it), the rest is private. Invariants L1-L8: README.md.
/// Threads: any, at the same time; three of its own. Processes: one, which holds `DIR/lock`.
/// Memory: about 1.6 bytes for each id on disk, 48 for each in the write-ahead files, the tree's
/// right edge, and what is on its way to the public folder (at most 64 MiB).
class Log {
 public:
  /// A new, empty log with a signed checkpoint. `invalid_input`: `origin` is no line of 1 to 255
  /// bytes; `conflict` where there is one already, or where
  /// another has it open.
  static Result<std::unique_ptr<Log>> create(FileSystem& fs, const std::string& dir,
                                             NoteSigner signer, const std::string& origin);
  /// Opens and recovers: replays frames, publishes what is not, cuts a torn tail. Takes the time of
  /// the write-ahead files (at most 80 MiB), whatever the size of the log.
  /// `not_found`: no log; `conflict`: another process or Log has it open; `denied`: signed with
  /// another key or origin; `corrupt`: says where.
  static Result<std::unique_ptr<Log>> open(FileSystem& fs, const std::string& dir,
                                           NoteSigner signer, const std::string& origin);

  /// Returns the index of each entry once all of them, and a signed checkpoint over them, are on
  /// disk. Blocks; all threads that are blocked at one time share one sync. The entries of one call
  /// stand together and in order. An entry whose id was appended before (or stands twice here)
  /// keeps its first index, and its bytes are not looked at.
  /// `invalid_input`: an id or entry too long or empty id; `exhausted`: over 63 MiB at once;
  /// neither changes anything. After any other error the log is unusable (all calls say
  /// `unavailable`), and it is unknown whether the entries are in it: end the process, open it
  /// again and append them again.
  Result<std::vector<EntryIndex>> append(std::span<const NewEntry> entries);
  /// The same for one entry of a caller that goes on meanwhile: `done` is told as append() returns.
  /// An error here means that it is not told; `exhausted`: too many are on their way.
  Result<void> submit(NewEntry entry, Appended done);

  /// Entries that are acknowledged.
  [[nodiscard]] std::uint64_t size() const { return engine_->size(); }
  /// The newest checkpoint that is public. It follows size() within a tenth of a second.
  [[nodiscard]] LogHead published() const { return engine_->published(); }
  /// The same, once it covers all that is acknowledged now.
  Result<LogHead> head() { return engine_->wait_published(size()); }
  [[nodiscard]] NoteVerifier verifier() const { return verifier_; }
  [[nodiscard]] const std::string& origin() const { return origin_; }

  /// Where the acknowledged entry of this id stands.
  Result<std::optional<EntryIndex>> find(std::string_view id);
  /// `not_found` beyond size(); `corrupt` where the disk does not hold what was appended.
  Result<std::string> entry(EntryIndex index);
  /// Inclusion in the tree of an earlier or the present `size`.
  Result<InclusionProof> prove(EntryIndex index, std::uint64_t size);
  /// The same in the tree of head(), with its checkpoint: a whole tlog-proof.
  Result<TlogProof> prove(EntryIndex index);
  /// That the tree of `old_size` is the beginning of the tree of `size`; empty for 0 and `size`.
  Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size, std::uint64_t size);

  /// Reads everything that open() took on trust: all entries, tiles and ids, at most so many bytes
  /// a second (0: as fast as it goes). Takes long; for a thread of its own, while the log is in
  /// use. The report says what is wrong with the public files; `corrupt`: what is wrong with the
  /// ids; `unavailable`: it was stopped.
  Result<LogReport> scrub(std::stop_token stop, std::uint64_t bytes_per_second);
  /// Makes tiles and ids durable and empties the write-ahead file. The log does so by itself when
  /// it has grown to 16 MiB.
  Result<void> compact() { return engine_->compact(); }

 private:
  Log(FileSystem& fs, std::string dir, NoteVerifier verifier, std::string origin);
  Result<void> start(std::unique_ptr<Sequencer> sequencer, std::unique_ptr<IdIndex> ids);
  Result<LogHead> reach(std::uint64_t size);

  FileSystem& fs_;
  LogPaths paths_;
  NoteVerifier verifier_;
  std::string origin_;
  std::unique_ptr<HeldLock> lock_;  // released after the threads have ended
  std::unique_ptr<Engine> engine_;
};

}  // namespace proviso::ledger
