// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "gates/gate_image.h"

// The deltas that a gate took since the snapshot that it keeps, on disk (I7, I8).
//
//   journal = "proviso-gate-deltas 1 ", digest of the snapshot (its own last line), LF, { delta } ;
//
// The snapshot's digest binds them: a journal that a crash left from an older snapshot is nothing.
// Each delta ends in a line with its own digest, so a torn one is seen.
namespace proviso::gates {

/// The digest in a snapshot's own last line; whoever verifies the snapshot holds it against the
/// text. Empty where there is none.
std::string snapshot_digest(std::string_view snapshot_text);

/// One thread at a time.
class DeltaJournal {
 public:
  DeltaJournal(std::string path, FileSystem& fs) : path_(std::move(path)), fs_(&fs) {}

  struct Kept {
    std::string text;                      ///< what `deltas` view
    std::vector<std::string_view> deltas;  ///< whole and undamaged, in their order
    std::string problem;                   ///< what could not be used, and why; else empty
  };
  /// Those behind `snapshot` (its digest, 64 hexadecimal digits); append() goes on behind them. A
  /// torn last one, which nothing ever rested on, is cut off. Damage before it is told, stays on
  /// disk, and append() refuses until begin().
  Kept read(const std::string& snapshot);
  /// The gate keeps another snapshot now: what was appended is superseded.
  void begin(const std::string& snapshot);
  /// Refuses from now on until begin(): what was read can't be gone on with.
  void close();
  /// Durable when it returns. A failure leaves the journal as it was, or is mended by the next
  /// call. `conflict`: it is closed, or as long as it may be: the gate needs a whole snapshot.
  Result<void> append(std::string_view delta);

  /// What all that is kept amounts to; `snapshot` is empty where it is closed.
  [[nodiscard]] ImageOf position() const { return {snapshot_, count_, last_}; }

 private:
  Result<void> open_for_append();
  std::string path_;
  FileSystem* fs_;
  std::string snapshot_;              // empty: closed
  std::unique_ptr<AppendFile> file_;  // null: to be made, or cut to `bytes_`, first
  std::uint64_t bytes_ = 0;           // durable; 0: there is no such file
  std::uint64_t count_ = 0;
  std::string last_;  // the last one's digest
};

/// More deltas than these are not kept: a start would take too long.
inline constexpr std::uint64_t kJournalDeltasMax = 10'000;
inline constexpr std::uint64_t kJournalBytesMax = 64U << 20U;

}  // namespace proviso::gates
