// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

#include "base/time.h"
#include "signals/contributors.h"

namespace proviso::signals {

/// The names of a window's events. All of them while there are up to 64; of more, the newest eight
/// and of those before ever fewer, spread over the window (each second one goes when it is full).
/// One thread.
class EventNames {
 public:
  struct Named {
    Time time{};
    EventKey key{};
    bool operator==(const Named&) const = default;
  };
  static constexpr std::size_t kMax = 64;

  /// `time` is not before that of the call before.
  void add(Time time, const EventKey& key) {
    if (key == EventKey{}) return;
    if (named_.size() == kMax) thin();
    named_.push_back({time, key});
  }
  void forget_before(Time begin) {
    std::size_t gone = 0;
    while (gone < named_.size() && named_[gone].time < begin) ++gone;
    named_.erase(named_.begin(), named_.begin() + static_cast<std::ptrdiff_t>(gone));
  }
  void list(Contributors& out) const {
    const std::size_t size = named_.size();
    const std::size_t head = std::min(size, KeyList::kMax);
    for (std::size_t i = 0; i < head; ++i) out.first.push_back(named_[i].key);
    for (std::size_t i = std::max(head, size - head); i < size; ++i) {
      out.last.push_back(named_[i].key);
    }
  }
  [[nodiscard]] const std::vector<Named>& all() const { return named_; }
  void restore(std::vector<Named> named) { named_ = std::move(named); }
  [[nodiscard]] std::size_t heap_bytes() const { return named_.capacity() * sizeof(Named); }

 private:
  void thin() {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < named_.size(); ++i) {
      if (i % 2 == 0 || i + KeyList::kMax >= named_.size()) named_[kept++] = named_[i];
    }
    named_.resize(kept);
  }
  std::vector<Named> named_;
};

}  // namespace proviso::signals
