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

void WaitingEvent::set_head(const Place& place, const EventKey& key, std::uint64_t weight,
                            std::uint32_t set, std::uint32_t subscription) {
  words[0] = static_cast<std::uint64_t>(place.time.time_since_epoch().count());
  words[1] = place.line;
  std::memcpy(&words[2], key.data(), key.size());
  words[4] = weight;
  words[5] = static_cast<std::uint64_t>(set) << 32U | words.size();
  words[6] = static_cast<std::uint64_t>(subscription) << 1U;
}

Place WaitingEvents::front() const {
  if (in_order_ == 0) return heap_.front().place;
  const Place first{Time(Duration(static_cast<std::int64_t>(queue_[0]))), queue_[1]};
  return heap_.empty() ? first : std::min(first, heap_.front().place);
}

void WaitingEvents::push(WaitingEvent& event) {
  const Place place = event.place();
  if (in_order_ == 0 || queue_back_ <= place) {
    queue_.insert(queue_.end(), event.words.begin(), event.words.end());
    ++in_order_;
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
  const bool from_queue =
      in_order_ > 0 &&
      queue_[0] == static_cast<std::uint64_t>(first.time.time_since_epoch().count()) &&
      queue_[1] == first.line;
  if (from_queue) {
    const auto end = queue_.begin() + words_of(queue_[5]);
    into.words.assign(queue_.begin(), end);
    queue_.erase(queue_.begin(), end);
    visited_ -= std::min(visited_, into.words.size());
    --in_order_;
    return;
  }
  std::pop_heap(heap_.begin(), heap_.end());
  const Apart& apart = heap_.back();
  into.words.assign(apart.words.get(), apart.words.get() + words_of(apart.words[5]));
  heap_.pop_back();
}

}  // namespace proviso::signals
