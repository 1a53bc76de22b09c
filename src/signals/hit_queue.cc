// SPDX-License-Identifier: Apache-2.0
#include "signals/hit_queue.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "signals/prefetch.h"

// The gap of the front record is to a record that is gone: it is read over, and the front's time is
// kept apart. So a record is written once and never rewritten while others go and come.
//
// Most groups have few hits in a window. Their records lie beside the times of front and back, so
// that an update touches one line of memory; figures of so few records cost less to add up than to
// keep. A long queue has its figures at the head of its block, which is fetched for its end anyway.
namespace proviso::signals {

static_assert(sizeof(HitQueue) == 48);

HitQueue& HitQueue::operator=(HitQueue&& other) noexcept {
  if (this == &other) return *this;
  clear();
  front_ = other.front_;
  back_ = other.back_;
  inline_ = other.inline_;
  small_ = std::exchange(other.small_, std::uint8_t{0});
  last_ = std::exchange(other.last_, std::uint8_t{0});
  tail_ = std::exchange(other.tail_, std::uint8_t{0});
  summed_ = other.summed_;
  return *this;
}

void HitQueue::clear() {
  if (is_spilled()) ::operator delete(block());
  small_ = last_ = tail_ = 0;
}

void HitQueue::prefetch() const {
  if (!is_spilled()) return;
  const auto* at = reinterpret_cast<const char*>(block());
  signals::prefetch(at);
  signals::prefetch(at + 64);
}

HitQueue::Totals HitQueue::added_up() const {
  Totals out;
  const std::uint8_t* at = inline_.data();
  for (std::uint8_t i = 0; i < small_; ++i) {
    const Record record = decode_record(at, Time{});
    out.events += record.events;
    out.sum += counted(record);
  }
  return out;
}

Record HitQueue::front() const {
  const std::uint8_t* at = first_record();
  Record record = decode_record(at, Time{});
  record.last = front_ + (record.last - record.first);
  record.first = front_;
  return record;
}

Time HitQueue::second_time() const {
  if (size() < 2) return back_;
  const std::uint8_t* at = first_record();
  const Record record = decode_record(at, Time{});
  return decode_time(at, front_ + (record.last - record.first));
}

Record HitQueue::back() const {
  const std::uint8_t* at = last_record();
  Record record = decode_record(at, Time{});
  record.first = back_ - (record.last - record.first);
  record.last = back_;
  return record;
}

void HitQueue::push_back(const Record& record) {
  if (empty()) front_ = back_ = record.first;
  std::array<std::uint8_t, kRecordBytesMax> bytes;
  const std::uint8_t* end = encode_record(record, back_, bytes.data());
  append({bytes.data(), end});
  back_ = record.last;
  if (!is_spilled()) {
    ++small_;
    return;
  }
  ++block()->records;
  block()->events += record.events;
  block()->sum += counted(record);
}

void HitQueue::add_to_back(const Record& record) {
  const std::uint8_t* at = last_record();
  Record whole = decode_record(at, Time{});
  whole.events += record.events;
  whole.weight += record.weight;
  whole.value += record.value;
  whole.below = std::min<rules::Billionths>(whole.value, 0);
  std::array<std::uint8_t, kRecordBytesMax> bytes;
  const std::uint8_t* end = encode_record(whole, Time{}, bytes.data());
  const bool was_spilled = is_spilled();
  if (was_spilled) {
    block()->tail = block()->last;
  } else {
    tail_ = last_;
    --small_;  // it is written anew: should all become a block, the block has it once
  }
  append({bytes.data(), end});
  if (!is_spilled()) {
    ++small_;
    return;
  }
  if (!was_spilled) ++block()->records;
  block()->events += was_spilled ? record.events : whole.events;
  block()->sum += counted(was_spilled ? record : whole);
}

void HitQueue::append(std::span<const std::uint8_t> bytes) {
  if (!is_spilled() && tail_ + bytes.size() <= kInline) {
    last_ = tail_;
    std::memcpy(inline_.data() + tail_, bytes.data(), bytes.size());
    tail_ = static_cast<std::uint8_t>(tail_ + bytes.size());
    return;
  }
  widen(bytes.size());
  append_to(*block(), bytes);
}

void HitQueue::append_to(Block& block, std::span<const std::uint8_t> bytes) {
  block.last = block.tail;
  std::memcpy(block.bytes() + block.tail, bytes.data(), bytes.size());
  block.tail += static_cast<std::uint32_t>(bytes.size());
}

// Makes room for so many bytes in a block. Nothing else changes: not the number of records either.
void HitQueue::widen(std::size_t room) {
  const auto held = static_cast<std::size_t>(end() - first_record());
  const std::size_t needed = held + room;
  Block head;
  if (is_spilled()) {
    Block& old = *block();
    if (old.tail + room <= old.capacity) return;
    // A fifth of it is enough room to move into, else moving would cost more than what is won.
    if (needed * 5 / 4 <= old.capacity) {
      std::memmove(old.bytes(), old.bytes() + old.head, held);
      old.head = 0;
      old.tail = static_cast<std::uint32_t>(held);
      return;
    }
    head = old;
  } else {
    const Totals totals = added_up();
    head.sum = totals.sum;
    head.events = totals.events;
    head.records = small_;
  }
  // A whole number of the 16 bytes that malloc deals in, less the 8 that it needs itself.
  const std::size_t wanted = sizeof(Block) + needed + std::max<std::size_t>(needed / 3, 8);
  const std::size_t size = (wanted + 8 + 15) / 16 * 16 - 8;
  auto* fresh = new (::operator new(size)) Block(head);
  fresh->capacity = static_cast<std::uint32_t>(size - sizeof(Block));
  fresh->head = 0;
  fresh->tail = static_cast<std::uint32_t>(held);
  std::memcpy(fresh->bytes(), first_record(), held);
  clear();
  small_ = kSpilled;
  const auto address = reinterpret_cast<std::uintptr_t>(fresh);
  std::memcpy(inline_.data(), &address, sizeof(std::uintptr_t));
}

void HitQueue::pop_front() {
  if (size() == 1) return clear();
  const std::uint8_t* const begin = first_record();
  const std::uint8_t* at = begin;
  const Record gone = decode_record(at, Time{});
  const auto bytes = at - begin;
  front_ = decode_time(at, front_ + (gone.last - gone.first));
  if (is_spilled()) {
    Block& b = *block();
    b.head += static_cast<std::uint32_t>(bytes);
    --b.records;
    b.events -= gone.events;
    b.sum -= counted(gone);
    return;
  }
  std::memmove(inline_.data(), inline_.data() + bytes, static_cast<std::size_t>(tail_ - bytes));
  tail_ = static_cast<std::uint8_t>(tail_ - bytes);
  last_ = static_cast<std::uint8_t>(last_ - bytes);
  --small_;
}

std::vector<Record> HitQueue::unpack() const {
  std::vector<Record> out;
  const std::uint8_t* at = first_record();
  const std::size_t records = size();
  for (std::size_t i = 0; i < records; ++i) {
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
  if (empty()) return {};
  std::array<std::uint8_t, kRecordBytesMax> bytes;
  const std::uint8_t* front_end = encode_record(front(), front_, bytes.data());
  std::string out(static_cast<const std::uint8_t*>(bytes.data()), front_end);
  const std::uint8_t* rest = first_record();
  static_cast<void>(decode_record(rest, Time{}));
  out.append(rest, end());
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
