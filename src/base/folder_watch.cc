// SPDX-License-Identifier: Apache-2.0
#include "base/folder_watch.h"

#include <array>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

namespace proviso {
namespace {

void drain(int fd) {
  std::array<char, 4096> bytes;
  while (::read(fd, bytes.data(), bytes.size()) > 0) {
  }
}

}  // namespace

FolderWatch::FolderWatch(std::vector<Folder> folders)
    : folders_(std::move(folders)),
      notify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)),
      woken_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {}

FolderWatch::~FolderWatch() {
  if (notify_ >= 0) ::close(notify_);
  if (woken_ >= 0) ::close(woken_);
}

bool FolderWatch::wait(std::chrono::milliseconds most) {
  // Each time anew, since a folder may be another one now; for the same one it changes nothing.
  for (const Folder& folder : folders_) {
    const std::uint32_t events = IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE;
    ::inotify_add_watch(notify_, folder.path.c_str(), folder.growing ? events | IN_MODIFY : events);
  }
  std::array<pollfd, 2> fds{pollfd{notify_, POLLIN, 0}, pollfd{woken_, POLLIN, 0}};
  const int ready = ::poll(fds.data(), fds.size(), static_cast<int>(most.count()));
  drain(notify_);
  drain(woken_);
  return ready > 0;
}

void FolderWatch::wake() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(woken_, &one, sizeof one);
}

}  // namespace proviso
