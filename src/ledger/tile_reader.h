// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "ledger/log_files.h"
#include "ledger/merkle.h"

namespace proviso::ledger {

/// Computes hashes of a tree of `size` entries from the tiles of a log. Trusts the
/// tiles: whoever needs proof compares with a signed root. Keeps the tiles that one call needs
/// in memory. One thread.
class TileReader {
 public:
  TileReader(FileSystem& fs, std::string dir, std::uint64_t size)
      : own_(std::make_unique<FolderFiles>(fs, std::move(dir))), files_(*own_), size_(size) {}
  /// `files` has to live as long.
  TileReader(LogFiles& files, std::uint64_t size) : files_(files), size_(size) {}

  /// Hash over entries [from, to), from < to <= size, where `from` is a multiple of the largest
  /// power of 2 below to - from (so that the range is a subtree). `corrupt` where a tile is
  /// missing or has a wrong length; `unavailable` where it could not be read.
  Result<Digest> subtree(std::uint64_t from, std::uint64_t to);
  /// Of the tree of the first `size` entries.
  Result<Digest> root_at(std::uint64_t size);
  /// RFC 6962 section 2.1.1: from the leaf at `index` to the root at `size`, leaf side first.
  Result<std::vector<Digest>> inclusion_path(EntryIndex index, std::uint64_t size);
  /// RFC 6962 section 2.1.2; for 0 < old_size <= size.
  Result<std::vector<Digest>> consistency_path(std::uint64_t old_size, std::uint64_t size);
  /// The full subtrees at `size`, largest first, for Frontier::resume().
  Result<std::vector<Digest>> peaks();
  /// The hashes of tile `n` at `level`, as many as the tree has.
  Result<std::vector<Digest>> tile(std::uint64_t level, std::uint64_t n);

 private:
  struct Cached {
    std::uint64_t level;
    std::uint64_t n;
    std::vector<Digest> hashes;
  };
  Result<const std::vector<Digest>*> cached(std::uint64_t level, std::uint64_t n);
  Result<Digest> full_subtree(std::uint64_t from, unsigned height);

  std::unique_ptr<FolderFiles> own_;
  LogFiles& files_;
  std::uint64_t size_;
  std::vector<Cached> cache_;
};

}  // namespace proviso::ledger
