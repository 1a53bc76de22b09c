// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "signals/window.h"

// A window as bytes (see state.h):
//
//   window = flags, [hits], what its counter keeps, [names]
//   flags  = front leaves | incomplete << 1 | sliced << 2 | named << 3
//   hits   = records, time of the front, packed records      (not where it is sliced)
//
// Figures are not written: they follow from the rest.
namespace proviso::signals {
namespace {

constexpr std::uint64_t kLeaves = 1;
constexpr std::uint64_t kIncomplete = 2;
constexpr std::uint64_t kSliced = 4;
constexpr std::uint64_t kNamed = 8;

void write_place(const Place& place, ByteWriter& out) {
  out.time(place.time);
  out.small(place.line);
}

Place read_place(ByteReader& in) {
  const Time time = in.time();
  return {time, in.small()};
}

void write_values(const DistinctValues& values, ByteWriter& out) {
  const auto all = values.values();
  out.small(values.halvings());
  out.time(values.upper_from());
  out.small(all.size());
  for (const DistinctValues::Seen& seen : all) {
    out.number(seen.value);
    out.time(seen.last);
  }
}

void read_values(DistinctValues& values, ByteReader& in) {
  const auto halvings = static_cast<unsigned>(in.small() & 63U);
  const Time upper_from = in.time();
  std::vector<DistinctValues::Seen> all(in.small_count(16));
  for (DistinctValues::Seen& seen : all) {
    seen.value = in.number();
    seen.last = in.time();
    if (seen.value == 0) in.fail();
  }
  if (in.ok()) values.restore(std::move(all), halvings, upper_from);
}

void write_slices(const ValueSlices& slices, ByteWriter& out) {
  out.small(slices.slices().size());
  for (const ValueSlices::Slice& slice : slices.slices()) {
    out.time(slice.first);
    out.time(slice.last);
    out.small(slice.classes.size());
    for (const auto& [size_class, events] : slice.classes) {
      out.small(size_class);
      out.small(events);
    }
  }
}

std::deque<ValueSlices::Slice> read_slices(ByteReader& in) {
  std::deque<ValueSlices::Slice> slices(in.small_count(17));
  for (ValueSlices::Slice& slice : slices) {
    slice.first = in.time();
    slice.last = in.time();
    const std::uint64_t classes = in.small_count(2);
    for (std::uint64_t i = 0; i < classes; ++i) {
      const auto size_class = static_cast<std::uint32_t>(in.small());
      const std::uint64_t events = in.small();
      slice.classes[size_class] += events;
      slice.events += events;
    }
  }
  return slices;
}

}  // namespace

void Window::save(ByteWriter& out) const {
  const bool sliced = is_sliced();
  out.small((front_leaves_ ? kLeaves : 0) | (incomplete ? kIncomplete : 0) |
            (sliced ? kSliced : 0) | (names() != nullptr ? kNamed : 0));
  if (!sliced) {
    out.small(hits_.size());
    out.time(hits_.empty() ? Time{} : hits_.front_time());
    out.text(hits_.packed());
  }
  if (const auto* seen = values()) write_values(*seen, out);
  if (sliced) write_slices(part<Ranks>()->slices, out);
  if (const auto* o = part<Occurrences>()) {
    for (const Time last : o->last) out.time(last);
    for (const Place& place : o->steps) write_place(place, out);
    for (const Place& place : o->before) write_place(place, out);
    write_place(o->now, out);
  }
  if (names() == nullptr) return;
  out.small(names()->all().size());
  for (const EventNames::Named& named : names()->all()) {
    out.time(named.time);
    out.key(named.key);
  }
}

bool Window::load(const Counter& counter, ByteReader& in) {
  start(counter);
  const std::uint64_t flags = in.small();
  front_leaves_ = (flags & kLeaves) != 0;
  incomplete = (flags & kIncomplete) != 0;
  if ((flags & kSliced) == 0) {
    const std::uint64_t records = in.small();
    const Time front = in.time();
    const std::string packed = in.text();
    if (!hits_.parse(packed, front, static_cast<std::uint32_t>(records))) return false;
  }
  if (auto* seen = values()) read_values(*seen, in);
  if ((flags & kSliced) != 0) {
    if (keeps_ != Keeps::ranks) return false;
    auto slices = read_slices(in);
    if (!in.ok() || slices.empty()) return false;
    const Time newest = slices.back().last;
    part<Ranks>()->slices.restore(std::move(slices), begin_of(newest, counter.timespan));
  }
  if (auto* o = part<Occurrences>()) {
    for (Time& last : o->last) last = in.time();
    for (Place& place : o->steps) place = read_place(in);
    for (Place& place : o->before) place = read_place(in);
    o->now = read_place(in);
  }
  if ((flags & kNamed) != 0) {
    std::vector<EventNames::Named> named(in.small_count(24));
    for (EventNames::Named& one : named) {
      one.time = in.time();
      one.key = in.key();
    }
    open_names().restore(std::move(named));
  }
  if (auto* ranks = part<Ranks>()) {
    for (const Record& r : hits_.unpack()) ranks->exact.insert(rules::from_billionths(r.value));
  }
  return in.ok();
}

}  // namespace proviso::signals
