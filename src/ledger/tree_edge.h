// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"

namespace proviso::ledger {

/// A file of the public folder, by its path below it.
struct LogFile {
  std::string path;
  std::string bytes;
};

/// What makes a checkpoint true in public: files first, then the checkpoint (L3).
struct Publication {
  std::vector<LogFile> files;
  std::string checkpoint;  ///< a signed note
  std::uint64_t size = 0;  ///< that the checkpoint is over
};

/// The growing end of the log in memory: tree, last tile of each level, last bundle, and what
/// became full and is not written yet. No I/O but load(). One thread.
class TreeEdge {
 public:
  TreeEdge() : edge_(1) {}
  /// The edge at `checkpoint`, from the public folder. Reads a tile per level and a bundle,
  /// whatever the size. `corrupt` where they do not have the root that was signed.
  static Result<TreeEdge> load(FileSystem& fs, const std::string& public_dir,
                               const Checkpoint& checkpoint);

  /// `leaf` is leaf_hash(entry).
  void add(std::string_view entry, const Digest& leaf);
  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] Digest root() const { return frontier_.root(); }

  /// Bytes of the files that became full and were not taken.
  [[nodiscard]] std::size_t full_bytes() const { return full_bytes_; }
  /// Takes the full files, and copies the partial ones of this size.
  std::vector<LogFile> take_files();

 private:
  Frontier frontier_;
  std::vector<std::vector<Digest>> edge_;  // per level, the hashes of the last tile
  std::string bundle_;                     // the last bundle
  std::vector<LogFile> full_;
  std::size_t full_bytes_ = 0;
};

}  // namespace proviso::ledger
