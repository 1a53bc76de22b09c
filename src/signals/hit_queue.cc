// SPDX-License-Identifier: Apache-2.0
#include "signals/hit_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

// The gap of the front record is to a record that is gone: it is read over, and the front's time is
// kept apart. So a record is written once and never rewritten while others go and come.
namespace proviso::signals {

HitQueue& HitQueue::operator=(HitQueue&& other) noexcept {
  heap_ = std::move(other.heap_);
  inline_ = other.inline_;
  capacity_ = std::exchange(other.capacity_, static_cast<std::uint32_t>(kInline));
  head_ = std::exchange(other.head_, 0);
  last_ = std::exchange(other.last_, 0);
  tail_ = std::exchange(other.tail_, 0);
  records_ = std::exchange(other.records_, 0);
  front_ = other.front_;
  back_ = other.back_;
  return *this;
}

void HitQueue::clear() {
  heap_.reset();
  capacity_ = kInline;
  head_ = last_ = tail_ = records_ = 0;
}

Record HitQueue::front() const {
  const std::uint8_t* at = data() + head_;
  Record record = decode_record(at, Time{});
  record.last = front_ + (record.last - record.first);
  record.first = front_;
  return record;
}

Time HitQueue::second_time() const {
  if (records_ < 2) return back_;
  const std::uint8_t* at = data() + head_;
  const Record record = decode_record(at, Time{});
  return decode_record(at, front_ + (record.last - record.first)).first;
}

Record HitQueue::back() const {
  const std::uint8_t* at = data() + last_;
  Record record = decode_record(at, Time{});
  record.first = back_ - (record.last - record.first);
  record.last = back_;
  return record;
}

void HitQueue::push_back(const Record& record) {
  if (records_ == 0) {
    front_ = record.first;
    back_ = record.first;
  }
  std::array<std::uint8_t, kRecordBytesMax> bytes;
  const std::uint8_t* end = encode_record(record, back_, bytes.data());
  append({bytes.data(), end});
  back_ = record.last;
  ++records_;
}

void HitQueue::add_to_back(const Record& record) {
  const std::uint8_t* at = data() + last_;
  Record whole = decode_record(at, Time{});
  const Time before = Time{};
  whole.events += record.events;
  whole.weight += record.weight;
  whole.value += record.value;
  whole.below = std::min<rules::Billionths>(whole.value, 0);
  std::array<std::uint8_t, kRecordBytesMax> bytes;
  const std::uint8_t* end = encode_record(whole, before, bytes.data());
  tail_ = last_;
  append({bytes.data(), end});
}

void HitQueue::append(std::span<const std::uint8_t> bytes) {
  if (tail_ + bytes.size() > capacity_) {
    const std::uint32_t held = tail_ - head_;
    const std::size_t needed = held + bytes.size();
    // Half of it is enough room to move into, else moving would cost more than what is won.
    if (needed * 2 > capacity_) {
      const auto wider = static_cast<std::uint32_t>(std::max<std::size_t>(needed * 3 / 2, 40));
      auto fresh = std::make_unique_for_overwrite<std::uint8_t[]>(wider);
      std::memcpy(fresh.get(), data() + head_, held);
      heap_ = std::move(fresh);
      capacity_ = wider;
    } else {
      std::memmove(data(), data() + head_, held);
    }
    head_ = 0;
    tail_ = held;
  }
  last_ = tail_;
  std::memcpy(data() + tail_, bytes.data(), bytes.size());
  tail_ += static_cast<std::uint32_t>(bytes.size());
}

void HitQueue::pop_front() {
  if (records_ == 1) return clear();
  const std::uint8_t* at = data() + head_;
  const Record gone = decode_record(at, Time{});
  const Time end = front_ + (gone.last - gone.first);
  head_ = static_cast<std::uint32_t>(at - data());
  --records_;
  front_ = decode_record(at, end).first;
}

std::vector<Record> HitQueue::unpack() const {
  std::vector<Record> out;
  const std::uint8_t* at = data() + head_;
  for (std::uint32_t i = 0; i < records_; ++i) {
    if (i > 0) {
      out.push_back(decode_record(at, out.back().last));
      continue;
    }
    out.push_back(front());
    static_cast<void>(decode_record(at, Time{}));
  }
  return out;
}

void HitQueue::assign(std::span<const Record> records) {
  clear();
  for (const Record& record : records) push_back(record);
}

// The front's gap is to a record that is gone: it is written as none, so that the same records give
// the same bytes.
std::string HitQueue::packed() const {
  if (records_ == 0) return {};
  std::array<std::uint8_t, kRecordBytesMax> bytes;
  const std::uint8_t* end = encode_record(front(), front_, bytes.data());
  std::string out(static_cast<const std::uint8_t*>(bytes.data()), end);
  const std::uint8_t* rest = data() + head_;
  static_cast<void>(decode_record(rest, Time{}));
  out.append(rest, static_cast<const std::uint8_t*>(data() + tail_));
  return out;
}

bool HitQueue::parse(std::string_view bytes, Time front, std::uint32_t records) {
  clear();
  // A torn record must not be read beyond the end: behind the bytes lies what ends any number.
  std::vector<std::uint8_t> copy(bytes.size() + kRecordBytesMax, 0);
  std::memcpy(copy.data(), bytes.data(), bytes.size());
  const std::uint8_t* at = copy.data();
  const std::uint8_t* end = at + bytes.size();
  Time before = front;
  for (std::uint32_t i = 0; i < records; ++i) {
    if (at >= end) return false;
    Record record = decode_record(at, before);
    if (at > end) return false;
    if (i == 0) {
      record.last = front + (record.last - record.first);
      record.first = front;
    }
    push_back(record);
    before = record.last;
  }
  return at == end;
}

}  // namespace proviso::signals
