// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace proviso {

/// Waits for something to happen to the files of folders: at once where the file system says so
/// (inotify), else until its time is over. One thread, but for wake().
class FolderWatch {
 public:
  /// Files that were written and closed, moved there, or made; and where `growing` also those that
  /// are written to, at each write.
  struct Folder {
    std::string path;
    bool growing = false;
  };
  explicit FolderWatch(std::vector<Folder> folders);
  ~FolderWatch();
  FolderWatch(const FolderWatch&) = delete;
  FolderWatch& operator=(const FolderWatch&) = delete;

  /// Returns at a change since the last call (also one of a file that nobody asked about), at
  /// wake(), or after `most`. A folder need not be there: it is looked for at each call.
  /// False: its time was over.
  bool wait(std::chrono::milliseconds most);
  /// Any thread.
  void wake();

 private:
  std::vector<Folder> folders_;
  int notify_;
  int woken_;
};

}  // namespace proviso
