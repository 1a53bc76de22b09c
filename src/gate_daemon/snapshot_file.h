// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "base/result.h"

namespace proviso::gate_daemon {

/// Tells when a file has other content than before: at once where the file system says so (inotify
/// on its folder, so that a file that is replaced is noticed, and one that is not there yet), else
/// at the next look. One thread, but for wake().
class SnapshotFile {
 public:
  /// The folder need not be there: then it is looked for.
  explicit SnapshotFile(std::string path, FileSystem& fs);
  ~SnapshotFile();
  SnapshotFile(const SnapshotFile&) = delete;
  SnapshotFile& operator=(const SnapshotFile&) = delete;

  /// The text, where it is another file than what was read last (by device, inode, size and time of
  /// change). Nothing where it is the same, or not there. Errors as FileSystem::read.
  Result<std::optional<std::string>> read_if_changed();
  /// Reads it at the next look though it is the same.
  void look_again();
  /// Returns at a change in the folder, at wake(), or after `most`.
  void wait(std::chrono::milliseconds most);
  /// Any thread.
  void wake();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proviso::gate_daemon
