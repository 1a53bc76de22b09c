// SPDX-License-Identifier: Apache-2.0
#include "base/file_system.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace proviso {
namespace {

constexpr std::size_t kReadAhead = 65536;  // where a file's size is not known beforehand

std::unexpected<Error> system_error(const std::string& path, std::string_view doing, int number) {
  std::string message = path + ": " + std::string(doing) + ": " + std::strerror(number);
  if (number == ENOENT || number == ENOTDIR) return fail(Errc::not_found, std::move(message));
  if (number == EISDIR) return fail(Errc::invalid_input, std::move(message));
  if (number == ENOSPC || number == EDQUOT || number == EFBIG) {
    return fail(Errc::exhausted, message + " (free some space and run it again; nothing is lost)");
  }
  return fail(Errc::unavailable, std::move(message));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A file of its own, with the mode that the umask allows. What lies there already, a crash left or
// somebody put: its mode, its owner and where it links to are theirs, and the bytes may be a key.
int create_new(const std::string& path) {
  const auto create = [&] {
    return ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  };
  const int fd = create();
  if (fd >= 0 || errno != EEXIST) return fd;
  ::unlink(path.c_str());  // where it may not, the next line says so
  return create();
}

Result<void> write_all(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0) {
      if (errno == EINTR) continue;
      return system_error(path, "write", errno);
    }
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

std::string parent_of(const std::string& path) {
  const auto slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

Result<void> sync_directory(const std::string& path) {
  const Descriptor dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir.ok()) return system_error(path, "open", errno);
  if (::fsync(dir.get()) != 0) return system_error(path, "fsync", errno);
  return {};
}

class RealAppendFile final : public AppendFile {
 public:
  RealAppendFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}
  Result<void> append(std::string_view bytes) override {
    return write_all(fd_.get(), path_, bytes);
  }
  Result<void> sync() override {
    if (::fdatasync(fd_.get()) != 0) return system_error(path_, "fdatasync", errno);
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
};

class RealReadFile final : public ReadFile {
 public:
  RealReadFile(Descriptor fd, std::string path, std::uint64_t size)
      : fd_(std::move(fd)), path_(std::move(path)), size_(size) {}
  [[nodiscard]] std::uint64_t size() const override { return size_; }
  Result<std::string> read_at(std::uint64_t offset, std::size_t bytes) const override {
    std::string out(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
      const ssize_t n =
          ::pread(fd_.get(), out.data() + have, bytes - have, static_cast<off_t>(offset + have));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return system_error(path_, "read", errno);
      if (n == 0) return fail(Errc::corrupt, path_ + ": is cut");
      have += static_cast<std::size_t>(n);
    }
    return out;
  }

 private:
  Descriptor fd_;
  std::string path_;
  std::uint64_t size_;
};

class RealHeldLock final : public HeldLock {
 public:
  explicit RealHeldLock(FileLock lock) : lock_(std::move(lock)) {}

 private:
  FileLock lock_;
};

class RealFileSystem final : public FileSystem {
 public:
  Result<std::string> read(const std::string& path, std::uint64_t bytes_max) override {
    std::string out;
    TRY_VOID(read_into(path, bytes_max, out));
    return out;
  }

  Result<void> read_into(const std::string& path, std::uint64_t bytes_max,
                         std::string& out) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.ok()) return system_error(path, "open", errno);
    struct ::stat status{};
    if (::fstat(fd.get(), &status) != 0) return system_error(path, "stat", errno);
    // One byte more than the file has, so that its end is seen by the first read. What has no
    // size beforehand (a pipe), or grows meanwhile, takes more turns.
    std::size_t room = std::min(static_cast<std::uint64_t>(status.st_size), bytes_max) + 1;
    std::size_t have = 0;
    while (true) {
      ssize_t n = 0;
      int number = 0;
      out.resize_and_overwrite(have + room, [&](char* data, std::size_t) {
        n = ::read(fd.get(), data + have, room);
        number = errno;
        return have + static_cast<std::size_t>(std::max<ssize_t>(n, 0));
      });
      if (n < 0 && number == EINTR) continue;
      if (n < 0) return system_error(path, "read", number);
      if (n == 0) return {};
      have += static_cast<std::size_t>(n);
      if (have > bytes_max) {
        return fail(Errc::exhausted,
                    path + ": longer than " + std::to_string(bytes_max) + " bytes");
      }
      room = std::max<std::size_t>(room - static_cast<std::size_t>(n), 1);
      if (have > static_cast<std::size_t>(status.st_size)) room = kReadAhead;
    }
  }

  Result<std::unique_ptr<ReadFile>> open_read(const std::string& path) override {
    Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.ok()) return system_error(path, "open", errno);
    struct ::stat status{};
    if (::fstat(fd.get(), &status) != 0) return system_error(path, "stat", errno);
    return std::unique_ptr<ReadFile>(std::make_unique<RealReadFile>(
        std::move(fd), path, static_cast<std::uint64_t>(status.st_size)));
  }

  Result<std::unique_ptr<HeldLock>> lock(const std::string& path) override {
    auto held = TRY(FileLock::acquire(path));
    return std::unique_ptr<HeldLock>(std::make_unique<RealHeldLock>(std::move(held)));
  }

  Result<void> write_durable(const std::string& path, std::string_view bytes) override {
    const std::string temporary = path + ".tmp";
    {
      const Descriptor fd(create_new(temporary));
      if (!fd.ok()) return system_error(temporary, "create", errno);
      TRY_VOID(write_all(fd.get(), temporary, bytes));
      if (::fsync(fd.get()) != 0) return system_error(temporary, "fsync", errno);
    }
    // A crash before the rename leaves the old file; after it, the new one, whose bytes are on
    // disk.
    if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error(path, "rename", errno);
    return sync_directory(parent_of(path));
  }

  Result<void> write_atomic(const std::string& path, std::string_view bytes) override {
    const std::string temporary = path + ".tmp";
    {
      const Descriptor fd(create_new(temporary));
      if (!fd.ok()) return system_error(temporary, "create", errno);
      TRY_VOID(write_all(fd.get(), temporary, bytes));
    }
    if (::rename(temporary.c_str(), path.c_str()) != 0) return system_error(path, "rename", errno);
    return {};
  }

  Result<void> sync_all(const std::string& path) override {
    const Descriptor fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!fd.ok()) return system_error(path, "open", errno);
    if (::syncfs(fd.get()) != 0) return system_error(path, "syncfs", errno);
    return {};
  }

  Result<std::unique_ptr<AppendFile>> open_append(const std::string& path) override {
    Descriptor fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644));
    if (!fd.ok()) return system_error(path, "open", errno);
    TRY_VOID(sync_directory(parent_of(path)));
    return std::unique_ptr<AppendFile>(std::make_unique<RealAppendFile>(std::move(fd), path));
  }

  Result<void> truncate(const std::string& path, std::uint64_t size) override {
    const Descriptor fd(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!fd.ok()) return system_error(path, "open", errno);
    if (::ftruncate(fd.get(), static_cast<off_t>(size)) != 0) {
      return system_error(path, "truncate", errno);
    }
    if (::fsync(fd.get()) != 0) return system_error(path, "fsync", errno);
    return {};
  }

  Result<void> make_directories(const std::string& path) override {
    struct ::stat status{};
    if (::stat(path.c_str(), &status) == 0) {
      if (S_ISDIR(status.st_mode)) return {};
      return fail(Errc::conflict, path + ": is a file, a folder should be here");
    }
    const std::string parent = parent_of(path);
    if (parent != path) TRY_VOID(make_directories(parent));
    if (::mkdir(path.c_str(), 0755) != 0 && errno != EEXIST) {
      return system_error(path, "mkdir", errno);
    }
    return sync_directory(parent);
  }

  Result<void> remove(const std::string& path) override {
    if (::unlink(path.c_str()) != 0) return system_error(path, "remove", errno);
    return sync_directory(parent_of(path));
  }

  bool exists(const std::string& path) override {
    struct ::stat status{};
    return ::stat(path.c_str(), &status) == 0;
  }

  bool is_own(const std::string& path) override {
    struct ::stat status{};
    return ::stat(path.c_str(), &status) == 0 &&
           (status.st_uid == ::geteuid() || status.st_uid == 0) &&
           (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
  }

  Result<std::vector<std::string>> list(const std::string& path) override {
    DIR* dir = ::opendir(path.c_str());
    if (dir == nullptr) return system_error(path, "open", errno);
    std::vector<std::string> names;
    // readdir is safe here: each call has a stream of its own.
    while (const dirent* entry = ::readdir(dir)) {  // NOLINT(concurrency-mt-unsafe)
      const std::string name = entry->d_name;
      if (name != "." && name != "..") names.push_back(name);
    }
    ::closedir(dir);
    std::sort(names.begin(), names.end());
    return names;
  }
};

}  // namespace

FileSystem& real_file_system() {
  static RealFileSystem file_system;
  return file_system;
}

Result<FileLock> FileLock::acquire(const std::string& path) {
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) return system_error(path, "open", errno);
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int number = errno;
    ::close(fd);
    if (number == EWOULDBLOCK) {
      return fail(Errc::conflict, path +
                                      ": another proviso process is using this data folder "
                                      "(wait for it, or stop it)");
    }
    return system_error(path, "lock", number);
  }
  return FileLock(fd);
}

FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

}  // namespace proviso
