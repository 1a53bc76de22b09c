// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/proof.h"
#include "ledger/tile_reader.h"
#include "ledger/wal.h"

namespace proviso::ledger {

/// An append-only log of opaque entries in a folder: `DIR/log/` is public (any web server can serve
/// it), `DIR/wal` and `DIR/ids` are private. Invariants L1-L7: README.md.
/// Threads: one at a time. Processes: one; the caller holds a lock on the folder.
/// Memory: all ids (about 100 bytes each), the tree's right edge and the last bundle.
class Log {
 public:
  /// A new, empty log with a signed checkpoint. `conflict` where there is one already.
  static Result<std::unique_ptr<Log>> create(FileSystem& fs, const std::string& dir,
                                             NoteSigner signer, const std::string& origin);
  /// Opens and recovers: replays frames, publishes what is not, cuts a torn tail.
  /// `not_found`: no log; `denied`: signed with another key or origin; `corrupt`: says where.
  static Result<std::unique_ptr<Log>> open(FileSystem& fs, const std::string& dir,
                                           NoteSigner signer, const std::string& origin);

  /// Returns the index of each entry once all of them, and a signed checkpoint over them, are on
  /// disk. An entry whose id was appended before (or stands twice here) keeps its first index, and
  /// its bytes are not looked at.
  /// `invalid_input`: an id or entry too long or empty id; `exhausted`: over 64 MiB at once;
  /// neither changes anything. After any other error the log is unusable, and it is unknown whether
  /// the entries are in it: open it again and append them again.
  Result<std::vector<EntryIndex>> append(std::span<const NewEntry> entries);

  /// Entries on disk, covered by checkpoint().
  [[nodiscard]] std::uint64_t size() const { return size_; }
  /// The newest signed checkpoint, a note.
  [[nodiscard]] const std::string& checkpoint() const { return checkpoint_; }
  [[nodiscard]] NoteVerifier verifier() const { return signer_.verifier(); }
  [[nodiscard]] const std::string& origin() const { return origin_; }

  [[nodiscard]] std::optional<EntryIndex> find(std::string_view id) const;
  /// `not_found` beyond size(); `corrupt` where the disk does not hold what was appended.
  Result<std::string> entry(EntryIndex index);
  /// Inclusion in the tree of checkpoint(), or of an earlier `size`.
  Result<InclusionProof> prove(EntryIndex index);
  Result<InclusionProof> prove(EntryIndex index, std::uint64_t size);
  /// That the tree of `old_size` is the beginning of checkpoint()'s; empty for 0 and size().
  Result<std::vector<Digest>> prove_consistency(std::uint64_t old_size);

  /// Makes tiles durable and empties the write-ahead file; append() does so by itself when it has
  /// grown to 16 MiB.
  Result<void> compact();

 private:
  Log(FileSystem& fs, std::string dir, NoteSigner signer, std::string origin);

  Result<void> recover();
  Result<void> load_base(const Frame& base);
  Result<void> replay(const Frame& frame);
  Result<void> check_published();
  Result<void> commit(std::span<const NewEntry> entries);
  void add(const NewEntry& entry);
  Result<void> write_tiles();
  Result<void> write_file(const std::string& path, std::string_view bytes);
  Result<void> publish();
  Result<void> empty_wal();
  Result<void> check_usable() const;
  [[nodiscard]] std::string signed_checkpoint() const;
  [[nodiscard]] std::string public_dir() const { return dir_ + "/log"; }
  [[nodiscard]] std::string wal_path() const { return dir_ + "/wal"; }
  [[nodiscard]] std::string ids_path() const { return dir_ + "/ids"; }

  FileSystem& fs_;
  std::string dir_;
  NoteSigner signer_;
  std::string origin_;
  bool poisoned_ = false;

  // What is acknowledged.
  std::uint64_t size_ = 0;
  std::string checkpoint_;

  // The right edge, perhaps ahead of size_ while an append runs.
  Frontier frontier_;
  std::vector<std::vector<Digest>> edge_;  // per level, the hashes of the last tile
  std::string bundle_;                     // the last bundle
  struct Unwritten {
    std::string path;
    std::string bytes;
  };
  std::vector<Unwritten> full_;    // tiles and bundles that became full in this append
  std::set<std::string> folders_;  // that are known to exist

  std::unordered_map<std::string, EntryIndex> index_of_;
  std::string unsaved_ids_;  // in the write-ahead file, not yet in `ids`
  std::unique_ptr<AppendFile> wal_;
  std::size_t wal_bytes_ = 0;
};

}  // namespace proviso::ledger
