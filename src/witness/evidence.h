// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/checkpoint.h"

// What a witness keeps when a log shows it something else than before: two checkpoints, both signed
// by the log's key, in `DIR/evidence/ORIGIN-SIZE-ROOT.cosigned` (what the witness knew) and
// `.refused` (what it was shown then). ORIGIN and ROOT are the first 16 digits of a hash, SIZE has
// 19 digits. Callers hold the witness's lock.
namespace proviso::witness {

struct SignedCheckpoint {
  ledger::Checkpoint checkpoint;
  std::string note;
};

struct Evidence {
  std::string file;  ///< its path without ".cosigned" and ".refused"
  ledger::Checkpoint cosigned;
  ledger::Checkpoint refused;
  /// Two trees of one size under one key: that needs no other proof. Without it the log showed no
  /// proof, or a stranger sent its checkpoint with a wrong one; `proviso verify --since` with the
  /// refused one tells which.
  [[nodiscard]] bool is_fork() const {
    return cosigned.size == refused.size && cosigned.root != refused.root;
  }
};

/// At most so many forks, and so many others, are kept for a log; of the others the largest.
inline constexpr std::size_t kForksMax = 64;
inline constexpr std::size_t kUnprovenMax = 16;

/// Keeps both, durably; the same pair once. The caller has verified the signatures.
Result<void> keep_evidence(FileSystem& fs, const std::string& dir, const SignedCheckpoint& cosigned,
                           const SignedCheckpoint& refused);
/// Holds what is kept against a checkpoint that was just cosigned: one that was refused without
/// proof is forgotten where it is the same tree, and becomes a fork where it is another of its
/// size.
Result<void> settle_evidence(FileSystem& fs, const std::string& dir,
                             const SignedCheckpoint& cosigned);
/// All of it, by log and size. `corrupt` where a file is not one of ours.
Result<std::vector<Evidence>> list_evidence(FileSystem& fs, const std::string& dir);

}  // namespace proviso::witness
