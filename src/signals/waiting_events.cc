// SPDX-License-Identifier: Apache-2.0
#include "signals/waiting_events.h"

#include <algorithm>
#include <cstring>

namespace proviso::signals {

EventKey WaitingEvent::key() const {
  EventKey key;
  std::memcpy(key.data(), &words[2], key.size());
  return key;
}

void WaitingEvent::begin(const Place& place, const EventKey& key, std::uint64_t weight) {
  words.resize(kHead);
  words[0] = static_cast<std::uint64_t>(place.time.time_since_epoch().count());
  words[1] = place.line;
  std::memcpy(&words[2], key.data(), key.size());
  words[4] = weight;
}

void WaitingEvent::add_text(std::uint64_t kinds, std::uint64_t hash, std::string_view bytes) {
  words.push_back(kinds << 32U | bytes.size());
  words.push_back(hash);
  const std::size_t at = words.size();
  words.resize(at + (bytes.size() + 7) / 8);
  if (!bytes.empty()) std::memcpy(&words[at], bytes.data(), bytes.size());
}

void WaitingEvent::end(std::uint32_t set) {
  words[5] = static_cast<std::uint64_t>(set) << 32U | words.size() << 1U;
}

bool WaitingEvent::take_text(std::size_t& at, Text& text) const {
  if (at >= words.size()) return false;
  const std::uint64_t head = words[at++];
  text.kinds = head >> 32U;
  const auto size = static_cast<std::uint32_t>(head);
  text.is_same = size == kSame;
  if (text.is_same) return true;
  const std::size_t padded = (std::size_t{size} + 7) / 8;
  if (at >= words.size() || padded > words.size() - at - 1) return false;
  text.hash = words[at++];
  text.bytes = {reinterpret_cast<const char*>(words.data() + at), size};
  at += padded;
  return true;
}

void EventQueue::push(std::span<const std::uint64_t> event) {
  if (blocks_.empty() || blocks_.back().capacity - blocks_.back().used < event.size()) {
    const std::size_t capacity = std::max(kBlockWords, event.size());
    blocks_.push_back({std::make_unique_for_overwrite<std::uint64_t[]>(capacity), 0, capacity});
  }
  Block& block = blocks_.back();
  std::memcpy(block.words.get() + block.used, event.data(), event.size_bytes());
  block.used += event.size();
  ++events_;
}

void EventQueue::pop() {
  head_ += words_of(front());
  --events_;
  if (head_ < blocks_.front().used) return;
  head_ = 0;
  if (blocks_.size() == 1) {
    blocks_.front().used = 0;
  } else {
    blocks_.pop_front();
  }
}

Place WaitingEvents::front() const {
  if (queue_.empty()) return heap_.front().place;
  const std::uint64_t* words = queue_.front();
  const Place first{Time(Duration(static_cast<std::int64_t>(words[0]))), words[1]};
  return heap_.empty() ? first : std::min(first, heap_.front().place);
}

void WaitingEvents::push(const WaitingEvent& event) {
  const Place place = event.place();
  if (queue_.empty() || queue_back_ <= place) {
    queue_.push(event.words);
    queue_back_ = place;
    return;
  }
  auto words = std::make_unique_for_overwrite<std::uint64_t[]>(event.words.size());
  std::ranges::copy(event.words, words.get());
  heap_.push_back({place, std::move(words)});
  std::push_heap(heap_.begin(), heap_.end());
}

void WaitingEvents::pop(WaitingEvent& into) {
  const Place first = front();
  const auto time = static_cast<std::uint64_t>(first.time.time_since_epoch().count());
  if (!queue_.empty() && queue_.front()[0] == time && queue_.front()[1] == first.line) {
    const std::uint64_t* words = queue_.front();
    into.words.assign(words, words + EventQueue::words_of(words));
    queue_.pop();
    visited_ -= std::min<std::size_t>(visited_, 1);
    return;
  }
  std::pop_heap(heap_.begin(), heap_.end());
  const std::uint64_t* words = heap_.back().words.get();
  into.words.assign(words, words + EventQueue::words_of(words));
  heap_.pop_back();
}

}  // namespace proviso::signals
