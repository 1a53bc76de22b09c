// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "gates/delta_journal.h"

namespace proviso::gates {

/// What a gate's folder holds (kept_snapshots.h), for whoever names or shows it. Nothing of it is
/// verified here: a LiveGate that was opened on the folder has done so.
struct KeptTexts {
  std::string file;          ///< the snapshot's
  std::string snapshot;      ///< the newest that parses
  DeltaJournal::Kept since;  ///< what the gate took after it
};

/// `not_found`: no snapshot, or none that parses. Any thread, while the gate's own takes nothing.
Result<KeptTexts> read_kept_texts(FileSystem& fs, const std::string& state_dir);

}  // namespace proviso::gates
