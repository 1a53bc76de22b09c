// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <mutex>
#include <utility>

namespace proviso::gate_daemon {

/// What one thread last said and others read, whole. Any thread; the lock is held for the copy of a
/// pointer. Shared, since a reader may still hold what was replaced.
template <class T>
class Latest {
 public:
  void set(T value) {
    auto next = std::make_shared<const T>(std::move(value));
    const std::lock_guard lock(mutex_);
    value_.swap(next);
  }
  /// Never null.
  [[nodiscard]] std::shared_ptr<const T> get() const {
    const std::lock_guard lock(mutex_);
    return value_;
  }

 private:
  mutable std::mutex mutex_;  // guards the pointer, not what it points to
  std::shared_ptr<const T> value_ = std::make_shared<const T>();
};

}  // namespace proviso::gate_daemon
