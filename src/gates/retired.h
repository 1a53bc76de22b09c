// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "gates/read_section.h"

namespace proviso::gates {

/// What has been replaced and may still be read: freed once its readers have left (read_section.h),
/// without waiting for them. A reader that the kernel has taken off its processor in the middle of
/// a check would hold up whoever replaces for as long as that lasts.
/// One thread at a time. At its end it waits for all readers.
template <class T>
class Retired {
 public:
  /// More than these are not kept: add() waits for the readers of the first.
  static constexpr std::size_t kMax = 16;

  Retired() = default;
  ~Retired() { drain(); }
  Retired(const Retired&) = delete;
  Retired& operator=(const Retired&) = delete;

  /// `old` can't be reached by sections that begin from now on.
  void add(std::unique_ptr<const T> old) {
    if (old == nullptr) return;
    held_.push_back({std::move(old), begin_grace()});
    free_what_nobody_reads();
    while (held_.size() > kMax) free_first();
  }
  void free_what_nobody_reads() {
    while (!held_.empty() && has_passed(held_.front().grace)) held_.pop_front();
  }
  /// Waits for all readers, and frees all.
  void drain() {
    while (!held_.empty()) free_first();
  }

 private:
  struct Held {
    std::unique_ptr<const T> value;
    std::uint64_t grace = 0;
  };

  void free_first() {
    while (!has_passed(held_.front().grace)) std::this_thread::yield();
    held_.pop_front();
  }

  std::deque<Held> held_;  // in the order in which they were replaced
};

}  // namespace proviso::gates
