// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace proviso {

/// A file that grows at its end. One thread.
class AppendFile {
 public:
  virtual ~AppendFile() = default;
  /// Writes all of `bytes` or fails; after a failure the tail of the file is unknown.
  virtual Result<void> append(std::string_view bytes) = 0;
  /// Returns when everything appended is on disk. After a failure do not retry: the page cache can
  /// no longer be trusted. Close, start anew and let recovery decide.
  virtual Result<void> sync() = 0;
};

/// A file that is read here and there. Any thread.
class ReadFile {
 public:
  virtual ~ReadFile() = default;
  [[nodiscard]] virtual std::uint64_t size() const = 0;
  /// Exactly `bytes` bytes from `offset` on; `corrupt` where the file ends before.
  virtual Result<std::string> read_at(std::uint64_t offset, std::size_t bytes) const = 0;
};

/// A lock that is held until this is destroyed.
class HeldLock {
 public:
  virtual ~HeldLock() = default;
};

/// The seam to the disk, so that a test can make any one operation fail. Any thread.
/// Errors: not_found; exhausted (disk full, or longer than asked for); unavailable (any other).
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  /// The whole file; `exhausted` where it is longer than `bytes_max`.
  virtual Result<std::string> read(const std::string& path, std::uint64_t bytes_max) = 0;
  /// The same into `out`, whose memory is used again: for whoever reads many files one by one.
  virtual Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                                 std::string& out) = 0;
  virtual Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) = 0;
  /// Replaces the file at once and durably: temporary file, fsync, rename, fsync of the folder. A
  /// crash leaves the old file or the new one, and perhaps a file that ends in ".tmp".
  virtual Result<void> write_durable(const std::string& path, std::string_view bytes) = 0;
  /// Replaces the file at once for other readers (temporary file, rename), but not durably: after a
  /// crash of the machine it may be the old file, the new one, or empty, until sync_all().
  virtual Result<void> write_atomic(const std::string& path, std::string_view bytes) = 0;
  /// Returns when everything written so far in the file system that holds `path` is on disk.
  virtual Result<void> sync_all(const std::string& path) = 0;
  /// Opens for appending, making the file (and syncing its folder) where it is missing.
  virtual Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) = 0;
  /// Cuts the file to `size` and syncs it.
  virtual Result<void> truncate(const std::string& path, std::uint64_t size) = 0;
  /// Makes the folder and its parents, durably; fine where it is there.
  virtual Result<void> make_directories(const std::string& path) = 0;
  virtual Result<void> remove(const std::string& path) = 0;
  /// Holds an advisory lock on a file that is made if need be; it ends with the process, also by
  /// `kill -9`. `conflict` where this or another process holds it.
  virtual Result<std::unique_ptr<HeldLock>> lock(const std::string& path) = 0;
  virtual bool exists(const std::string& path) = 0;
  /// Whether it is there and nobody but this process's user, and root, may write to it.
  virtual bool is_own(const std::string& path) = 0;
  /// Names of the folder's members, sorted, without "." and "..".
  virtual Result<std::vector<std::string>> list(const std::string& path) = 0;
};

/// The machine's own. Lives as long as the program.
FileSystem& real_file_system();

/// An advisory lock on a file that is made if need be; held until destroyed, also by `kill -9`.
class FileLock {
 public:
  /// `conflict` where another process holds it.
  static Result<FileLock> acquire(const std::string& path);
  ~FileLock();
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&&) = delete;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace proviso
