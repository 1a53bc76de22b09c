// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
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
//   quorum.image     what came of it, perhaps with deltas, to start without verifying it again
//                    (gate_image.h); may be removed
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

  /// What a gate that stands on all that is kept is an image of; and whether its start would be
  /// quicker by a new one.
  [[nodiscard]] ImageOf position() const { return deltas_.position(); }
  [[nodiscard]] bool is_image_due() const;
  /// `gate` is folded, has its witnesses, and is that of position() at some time. What can't be
  /// written costs time at the next start, and nothing else. Beside the others, by one thread.
  void keep_image(const Gate& gate, const ImageOf& of, const model::TrustRoot& trust);

  [[nodiscard]] std::optional<std::int64_t> last_seen() const;
  /// Not durable: a clock that is a minute old does as well.
  void keep_time(std::int64_t wall_seconds);

 private:
  KeptSnapshots(std::string dir, FileSystem& fs, std::unique_ptr<HeldLock> lock)
      : dir_(std::move(dir)), fs_(&fs), lock_(std::move(lock)), deltas_(dir_ + "/deltas", fs) {}
  Result<Gate> load_quorum(const model::TrustRoot& trust, const GateOptions& options,
                           std::string& problem);
  [[nodiscard]] std::optional<GateImage> image_of_kept(const model::TrustRoot& trust,
                                                       const GateOptions& options) const;
  Gate continued(Gate gate, std::span<const std::string_view> deltas, const model::TrustRoot& trust,
                 std::string& problem);
  [[nodiscard]] std::string path(std::string_view file) const;
  std::string dir_;
  FileSystem* fs_;
  std::unique_ptr<HeldLock> lock_;
  DeltaJournal deltas_;
  ImageOf image_;  // the last one that was read or written
};

}  // namespace proviso::gates
