// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/snapshot_file.h"

#include <array>
#include <tuple>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/gate_snapshot.h"

namespace proviso::gate_daemon {
namespace {

using Identity = std::tuple<dev_t, ino_t, off_t, time_t, long>;

std::optional<Identity> identity_of(const std::string& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) return std::nullopt;
  return Identity{status.st_dev, status.st_ino, status.st_size, status.st_mtim.tv_sec,
                  status.st_mtim.tv_nsec};
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

struct SnapshotFile::Impl {
  Impl(std::string file, FileSystem& the_fs)
      : path(std::move(file)),
        fs(the_fs),
        notify(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
        woken(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}
  ~Impl() {
    if (notify >= 0) ::close(notify);
    if (woken >= 0) ::close(woken);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const std::string path;
  FileSystem& fs;
  const int notify;
  const int woken;
  std::optional<Identity> last;
};

SnapshotFile::SnapshotFile(std::string path, FileSystem& fs)
    : impl_(std::make_unique<Impl>(std::move(path), fs)) {}
SnapshotFile::~SnapshotFile() = default;

Result<std::optional<std::string>> SnapshotFile::read_if_changed() {
  // Before reading: what is written meanwhile is then another file at the next look.
  const auto identity = identity_of(impl_->path);
  if (!identity || identity == impl_->last) return std::optional<std::string>();
  std::string text = TRY(impl_->fs.read(impl_->path, model::kSnapshotBytesMax));
  impl_->last = identity;
  return std::optional(std::move(text));
}

void SnapshotFile::look_again() { impl_->last.reset(); }

void SnapshotFile::wait(std::chrono::milliseconds most) {
  // Each time anew, since the folder may be another one now; for the same one it changes nothing.
  ::inotify_add_watch(impl_->notify, folder_of(impl_->path).c_str(),
                      IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE);
  std::array<pollfd, 2> fds{pollfd{impl_->notify, POLLIN, 0}, pollfd{impl_->woken, POLLIN, 0}};
  ::poll(fds.data(), fds.size(), static_cast<int>(most.count()));
  std::array<char, 4096> bytes;
  while (::read(impl_->notify, bytes.data(), bytes.size()) > 0) {
  }
  while (::read(impl_->woken, bytes.data(), bytes.size()) > 0) {
  }
}

void SnapshotFile::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(impl_->woken, &one, sizeof one);
}

}  // namespace proviso::gate_daemon
