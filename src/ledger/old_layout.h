// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/log_paths.h"

namespace proviso::ledger {

/// Turns a log of the first layout (files `wal` and `ids`) into one of today's; does nothing for
/// others. Can be called again after a crash. `corrupt` where the old files are damaged.
Result<void> upgrade_layout(FileSystem& fs, const LogPaths& paths);

}  // namespace proviso::ledger
