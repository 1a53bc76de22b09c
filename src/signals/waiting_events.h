// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

#include "signals/contributors.h"
#include "signals/hit.h"

namespace proviso::signals {

/// An event that waits for those before it, as words of 64 bits:
///
///   event = time, line, key (2), weight, set << 32 | number of words << 1 | visited,
///           subscription, one text for each group of its match set, one word for each value
///   text  = kinds << 32 | length, hash, bytes (padded); or kinds << 32 | kSame: the subscription's
///
/// Texts are bytes of groups (group_table.h): looked up when the event's turn comes, many at once.
struct WaitingEvent {
  static constexpr std::size_t kHead = 6;
  static constexpr std::uint32_t kSame = 0xFFFFFFFFU;
  struct Text {
    std::uint64_t kinds = 0;
    std::uint64_t hash = 0;
    std::string_view bytes;  ///< empty where it is the subscription's
    bool is_same = false;
  };
  std::vector<std::uint64_t> words = std::vector<std::uint64_t>(kHead);

  [[nodiscard]] Place place() const {
    return {Time(Duration(static_cast<std::int64_t>(words[0]))), words[1]};
  }
  [[nodiscard]] EventKey key() const;
  [[nodiscard]] std::uint64_t weight() const { return words[4]; }
  [[nodiscard]] std::uint32_t set() const { return static_cast<std::uint32_t>(words[5] >> 32U); }

  void begin(const Place& place, const EventKey& key, std::uint64_t weight);
  void add_text(std::uint64_t kinds, std::uint64_t hash, std::string_view bytes);
  void add_same(std::uint64_t kinds) { words.push_back(kinds << 32U | kSame); }
  /// Writes the set and the number of words: the event is complete.
  void end(std::uint32_t set);
  /// The text at a word, moved behind it; false where it would end behind the event.
  bool take_text(std::size_t& at, Text& text) const;
};

/// Events in order of (time, line). What comes in order goes through a plain queue; what comes out
/// of order waits in a heap beside it. One thread.
class WaitingEvents {
 public:
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return in_order_ + heap_.size(); }
  /// The first; not empty.
  [[nodiscard]] Place front() const;
  void push(const WaitingEvent& event);
  /// Takes the first.
  void pop(WaitingEvent& into);
  /// Calls `each` for all, or for those that it was not called for before, in no certain order.
  template <class Each>
  void visit(bool only_new, Each&& each);

 private:
  struct Apart {
    Place place;
    std::unique_ptr<std::uint64_t[]> words;
    // The heap's top is its greatest: turned round, the first.
    friend bool operator<(const Apart& a, const Apart& b) { return b.place < a.place; }
  };
  static std::uint32_t words_of(std::uint64_t word) {
    return static_cast<std::uint32_t>(word) >> 1U;
  }
  std::deque<std::uint64_t> queue_;
  std::size_t in_order_ = 0;
  std::size_t visited_ = 0;  ///< words at the front of the queue that visit() has seen
  Place queue_back_{Time::min(), 0};
  std::vector<Apart> heap_;
};

template <class Each>
void WaitingEvents::visit(bool only_new, Each&& each) {
  WaitingEvent event;
  for (std::size_t at = only_new ? visited_ : 0; at < queue_.size();) {
    const std::uint32_t words = words_of(queue_[at + 5]);
    const auto begin = queue_.begin() + static_cast<std::ptrdiff_t>(at);
    event.words.assign(begin, begin + words);
    each(event);
    at += words;
  }
  visited_ = queue_.size();
  for (Apart& apart : heap_) {
    event.words.assign(apart.words.get(), apart.words.get() + words_of(apart.words[5]));
    if (!only_new || (event.words[5] & 1U) == 0) each(event);
    apart.words[5] |= 1U;
  }
}

}  // namespace proviso::signals
