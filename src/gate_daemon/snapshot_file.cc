// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/snapshot_file.h"

#include <tuple>

#include <sys/stat.h>

#include "base/folder_watch.h"
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
      : path(std::move(file)), fs(the_fs), watch({{folder_of(path)}}) {}

  const std::string path;
  FileSystem& fs;
  FolderWatch watch;
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

void SnapshotFile::wait(std::chrono::milliseconds most) { impl_->watch.wait(most); }

void SnapshotFile::wake() { impl_->watch.wake(); }

}  // namespace proviso::gate_daemon
