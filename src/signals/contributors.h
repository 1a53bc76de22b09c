// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace proviso::signals {

/// Names an event without its content: intake's identity of it, or what the caller has. All zero:
/// the caller gave none; such an event is counted but not listed.
using EventKey = std::array<std::uint8_t, 16>;

/// Up to eight event keys, in the order of the events. Holds no memory of its own.
class KeyList {
 public:
  static constexpr std::size_t kMax = 8;
  void push_back(const EventKey& key) {
    if (size_ < kMax) keys_[size_++] = key;
  }
  [[nodiscard]] bool full() const { return size_ == kMax; }
  [[nodiscard]] std::span<const EventKey> view() const { return {keys_.data(), size_}; }
  bool operator==(const KeyList& other) const { return std::ranges::equal(view(), other.view()); }

 private:
  std::array<EventKey, kMax> keys_{};
  std::uint8_t size_ = 0;
};

/// The events that a firing or a signal rests on, by name, never their content (I1).
struct Contributors {
  /// A firing: events in its window. A signal: those of its first firing and one for each later.
  std::uint64_t total = 0;
  /// The oldest of them that are still known by name, oldest first.
  KeyList first;
  /// The newest, newest last; in a firing none that is in `first` already.
  KeyList last;
  bool operator==(const Contributors&) const = default;
};

}  // namespace proviso::signals
