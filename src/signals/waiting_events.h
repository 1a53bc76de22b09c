// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
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

/// Events as words, first in, first out, in blocks of memory: no event is split between two. One
/// thread.
class EventQueue {
 public:
  [[nodiscard]] bool empty() const { return events_ == 0; }
  [[nodiscard]] std::size_t size() const { return events_; }
  /// Not empty.
  [[nodiscard]] const std::uint64_t* front() const { return blocks_.front().words.get() + head_; }
  void push(std::span<const std::uint64_t> event);
  void pop();
  /// Calls `each` with the words of each event, first to last, but for the first `skipped`.
  template <class Each>
  void visit(std::size_t skipped, Each&& each) const;
  static std::uint32_t words_of(const std::uint64_t* event) {
    return static_cast<std::uint32_t>(event[5]) >> 1U;
  }

 private:
  static constexpr std::size_t kBlockWords = 8192;
  struct Block {
    std::unique_ptr<std::uint64_t[]> words;
    std::size_t used = 0;
    std::size_t capacity = 0;
  };
  std::deque<Block> blocks_;
  std::size_t head_ = 0;  ///< where the first event begins, in the first block
  std::size_t events_ = 0;
};

template <class Each>
void EventQueue::visit(std::size_t skipped, Each&& each) const {
  std::size_t at = head_;
  for (const Block& block : blocks_) {
    while (at < block.used) {
      const std::uint64_t* event = block.words.get() + at;
      at += words_of(event);
      if (skipped > 0) {
        --skipped;
      } else {
        each(std::span(event, words_of(event)));
      }
    }
    at = 0;
  }
}

/// Events in order of (time, line). What comes in order goes through a plain queue; what comes out
/// of order waits in a heap beside it. One thread.
class WaitingEvents {
 public:
  [[nodiscard]] bool empty() const { return size() == 0; }
  [[nodiscard]] std::size_t size() const { return queue_.size() + heap_.size(); }
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
  EventQueue queue_;
  std::size_t visited_ = 0;  ///< events at the front of the queue that visit() has seen
  Place queue_back_{Time::min(), 0};
  std::vector<Apart> heap_;
};

template <class Each>
void WaitingEvents::visit(bool only_new, Each&& each) {
  WaitingEvent event;
  queue_.visit(only_new ? visited_ : 0, [&](std::span<const std::uint64_t> words) {
    event.words.assign(words.begin(), words.end());
    each(event);
  });
  visited_ = queue_.size();
  for (Apart& apart : heap_) {
    const std::uint64_t* words = apart.words.get();
    event.words.assign(words, words + EventQueue::words_of(words));
    if (!only_new || (event.words[5] & 1U) == 0) each(event);
    apart.words[5] |= 1U;
  }
}

}  // namespace proviso::signals
