// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "ledger/log_paths.h"
#include "ledger/tree_edge.h"

namespace proviso::ledger {

/// Writes the public folder. Nothing here is synced: frames hold it all until the log is compacted.
/// One thread.
class Publisher {
 public:
  Publisher(FileSystem& fs, LogPaths paths) : fs_(fs), paths_(std::move(paths)) {}
  /// Files first, then the checkpoint (L3). After an error the public folder shows the old
  /// checkpoint or the new one, and all files that it covers.
  Result<void> publish(const Publication& publication);

 private:
  FileSystem& fs_;
  LogPaths paths_;
  std::set<std::string> folders_;  // that are known to exist
};

}  // namespace proviso::ledger
