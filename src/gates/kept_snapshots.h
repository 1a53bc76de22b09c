// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/file_system.h"
#include "base/result.h"
#include "gates/delta_journal.h"
#include "gates/gate.h"

// What a gate keeps on disk, so that it starts without a control plane (I8).
//
// In the gate's folder:
//   lock             held by the process whose folder it is
//   quorum.snapshot  the last snapshot that enough witnesses cosigned, verbatim
//   deltas           those that were taken since (delta_journal.h)
//   newest.snapshot  a later one that too few cosigned, which eases it; else not there
//   clock            the wall clock when the gate last looked, in seconds since 1970
namespace proviso::gates {

/// keep(), keep_delta() and load() by one thread at a time; the others by any.
class KeptSnapshots {
 public:
  /// Makes the folder where it is not there. An empty `dir` keeps nothing.
  /// `conflict`: another process holds it.
  static Result<KeptSnapshots> open(std::string dir, FileSystem& fs);

  struct Loaded {
    std::optional<Gate> gate;
    std::string problem;  ///< what of the kept files could not be used, and why; else empty
  };
  /// What the kept files say under `trust`. A file that does not verify stays where it is.
  Loaded load(const model::TrustRoot& trust, const GateOptions& options);

  /// Durable when it returns. A crash leaves what was kept before, or this.
  /// Deltas that were kept are superseded.
  Result<void> keep(const Gate& gate, std::string_view snapshot_text);
  /// The same for what continues what is kept. `conflict`: a whole snapshot is needed.
  Result<void> keep_delta(std::string_view delta_text);

  [[nodiscard]] std::optional<std::int64_t> last_seen() const;
  /// Not durable: a clock that is a minute old does as well.
  void keep_time(std::int64_t wall_seconds);

 private:
  KeptSnapshots(std::string dir, FileSystem& fs, std::unique_ptr<HeldLock> lock)
      : dir_(std::move(dir)), fs_(&fs), lock_(std::move(lock)), deltas_(dir_ + "/deltas", fs) {}
  Gate continued(Gate gate, const model::TrustRoot& trust, const std::string& digest,
                 std::string& problem);
  [[nodiscard]] std::string path(std::string_view file) const;
  std::string dir_;
  FileSystem* fs_;
  std::unique_ptr<HeldLock> lock_;
  DeltaJournal deltas_;
};

}  // namespace proviso::gates
