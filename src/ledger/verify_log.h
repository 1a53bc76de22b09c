// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/file_system.h"
#include "base/result.h"
#include "ledger/log_files.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/witness_policy.h"

// Judges a log by its public files alone. Robust to untrusted files: it ends on any of them, reads
// no file that a checkpoint merely claims to exist twice, and allocates no more than a few tiles.
namespace proviso::ledger {

/// The verdict. `error_class` is "OK" or the first thing that is wrong:
///   checkpoint-missing, checkpoint-format, checkpoint-signature, checkpoint-origin
///   cosignature    a line of a witness that the policy names is not its signature
///   quorum         fewer or other witnesses cosigned the checkpoint than the policy asks for
///   missing        entries that the checkpoint covers are not there
///   bundle-format  an entry bundle is cut or has surplus bytes
///   tile-missing, tile-size
///   leaf-hash      an entry and its hash in the level-0 tile differ
///   tile-hash      a hash of a higher tile is not that of the tile below
///   root           the tree does not have the root that was signed
///   since-format, since-signature, since-origin     the remembered checkpoint cannot be used
///   rollback       the log is shorter than the remembered checkpoint
///   fork           the remembered checkpoint is not the beginning of this log
///   unreadable     disk or network failed; says nothing about the log
struct LogReport {
  bool ok = false;
  std::string error_class;
  std::string where;   ///< a path below the log directory, and the entry where one is meant
  std::string detail;  ///< one line for people
  std::uint64_t size = 0;
  Digest root;
  Cosigned cosigned{};  ///< where there is a witness policy
};

/// Called with each entry in order once its hash was compared; an error ends the walk.
using EntryVisitor = std::function<Result<void>(EntryIndex, std::string_view)>;

/// Told now and then how many entries of how many were looked at.
using Progress = std::function<void(std::uint64_t, std::uint64_t)>;

struct VerifyOptions {
  std::string origin;                ///< empty: the key's name
  std::optional<std::string> since;  ///< an earlier checkpoint note of this log that was kept
  Progress progress = {};            ///< may be left out
  /// With one, the log is what its witnesses cosigned: the checkpoint in `checkpoint.cosigned`
  /// where there is that file, else in `checkpoint`. Outlives the call.
  const WitnessPolicy* witness_policy = nullptr;
};

/// The public directory: `dir` if it has a checkpoint or tiles, else `dir`/log.
std::string public_log_dir(FileSystem& fs, const std::string& dir);

LogReport verify_log(FileSystem& fs, const std::string& dir, const NoteVerifier& log_key,
                     const VerifyOptions& options = {});

/// The same, and shows every entry to `visit` on the way. The entries are proven to be under the
/// signed root only when it returns an ok report. The visitor's own error is returned as it is.
Result<LogReport> verify_log(FileSystem& fs, const std::string& dir, const NoteVerifier& log_key,
                             const VerifyOptions& options, const EntryVisitor& visit);

/// The same by whatever way leads to the log's public files.
Result<LogReport> verify_log(LogFiles& files, const NoteVerifier& log_key,
                             const VerifyOptions& options, const EntryVisitor& visit);

/// Reads entries [from, size) of a log that was verified before, without hashing. `dir` as above.
Result<void> for_each_entry(FileSystem& fs, const std::string& dir, EntryIndex from,
                            std::uint64_t size, const EntryVisitor& visit);

}  // namespace proviso::ledger
