// SPDX-License-Identifier: Apache-2.0
#include "signals/rollup.h"

#include <algorithm>
#include <cstring>
#include <map>

// A log of hours gives a cell for nearly every record, so making one must be cheap: cells and their
// quantities are plain numbers that lie one after the other, and are let go together. The texts of
// a key are kept once per stream: a (subscription, service, action class, region).
//
// Logs come more or less in the order of time. A stream therefore knows its newest hour: an event
// of that hour finds its cell there, and one of a later hour begins a cell that cannot exist yet.
// Only when some event is of an earlier hour are all cells put into an index, and from then on,
// until clear(), kept in it. tests/rollup_test.cc has the simple version, a map by the whole key.
namespace proviso::signals {
namespace {

constexpr std::int64_t kHour = 3'600'000'000'000;
constexpr std::size_t kBlockBytes = 1U << 20U;

std::int64_t floor_hour(std::int64_t nanoseconds) {
  const std::int64_t hour = nanoseconds / kHour;
  return nanoseconds % kHour < 0 ? hour - 1 : hour;
}

struct Share {
  std::int64_t hour = 0;
  std::int64_t nanoseconds = 0;
  std::uint64_t count = 0;
  std::uint64_t remainder = 0;
};

__extension__ typedef unsigned __int128 Wide;

// Whole parts by the floor, what is left over one by one to the largest remainders.
void share_out(std::vector<Share>& shares, std::uint64_t count, std::int64_t total) {
  std::uint64_t given = 0;
  const auto all = static_cast<Wide>(total);
  for (Share& s : shares) {
    const Wide product = static_cast<Wide>(count) * static_cast<Wide>(s.nanoseconds);
    s.count = static_cast<std::uint64_t>(product / all);
    s.remainder = static_cast<std::uint64_t>(product % all);
    given += s.count;
  }
  std::vector<Share*> order;
  for (Share& s : shares) order.push_back(&s);
  std::ranges::sort(order, [](const Share* a, const Share* b) {
    return std::pair(b->remainder, a->hour) < std::pair(a->remainder, b->hour);
  });
  for (std::uint64_t i = 0; i < count - given; ++i) ++order[i]->count;
}

// The hours of (start, end]'s window; the time of an instant at `end` is its own hour.
std::vector<Share> hours_of(std::int64_t start, std::int64_t end) {
  std::vector<Share> shares;
  for (std::int64_t hour = floor_hour(start); hour * kHour < end; ++hour) {
    const std::int64_t from = std::max(start, hour * kHour);
    const std::int64_t to = std::min(end, (hour + 1) * kHour);
    shares.push_back({hour, to - from, 0, 0});
  }
  return shares;
}

}  // namespace

void Rollup::add(const model::UsageEvent& event, model::ActionClass action_class) {
  Place place;
  add(event, action_class, place);
}

void Rollup::add(const model::UsageEvent& event, model::ActionClass action_class, Place& place) {
  if (place.era != era_) place = {era_, stream_of(event, action_class)};
  const std::int64_t end = event.window_end.time_since_epoch().count();
  const std::int64_t start = std::min(event.window_start.time_since_epoch().count(), end);
  const std::int64_t hour = floor_hour(start);
  if (start == end || end <= (hour + 1) * kHour) {
    return add_to_hour(place.stream, hour, event, event.count, 1.0);
  }
  add_shares(place.stream, event, start, end);
}

void Rollup::add_shares(std::uint32_t stream, const model::UsageEvent& event, std::int64_t start,
                        std::int64_t end) {
  // Older hours of a very long window are nobody's to read any more; their share goes with them.
  const std::int64_t whole = end - start;
  if (floor_hour(end) - floor_hour(start) > kHoursMax) start = end - kHoursMax * kHour;
  std::vector<Share> shares = hours_of(start, end);
  const Wide kept = static_cast<Wide>(event.count) * static_cast<Wide>(end - start);
  share_out(shares, static_cast<std::uint64_t>(kept / static_cast<Wide>(whole)), end - start);
  for (const Share& s : shares) {
    const double part = static_cast<double>(s.nanoseconds) / static_cast<double>(whole);
    add_to_hour(stream, s.hour, event, s.count, part);
  }
}

void Rollup::prefetch(const Place& place) const {
  if (place.era != era_) return;
  const std::uint32_t newest = streams_[place.stream].newest;
  if (newest != kNone) __builtin_prefetch(&cells_[newest], 1);
}

std::uint32_t Rollup::stream_of(const model::UsageEvent& event, model::ActionClass c) {
  key_.assign(1, static_cast<char>(c));
  for (const std::string_view part : {event.subscription, event.service, event.region}) {
    const auto size = static_cast<std::uint32_t>(part.size());
    char bytes[sizeof size];
    std::memcpy(bytes, &size, sizeof size);
    key_.append(bytes, sizeof bytes).append(part);
  }
  const auto found = stream_at_.find(key_);
  if (found != stream_at_.end()) return found->second;
  const std::string_view kept = keep(key_);
  const auto stream = static_cast<std::uint32_t>(streams_.size());
  stream_at_.emplace(kept, stream);
  streams_.push_back({kept, 0, kNone});
  return stream;
}

std::size_t Rollup::CellKeyHash::operator()(const CellKey& k) const {
  const auto hour = static_cast<std::uint64_t>(k.hour);
  return (((std::uint64_t{k.stream} << 32U) ^ hour) * 0x9E3779B97F4A7C15) >> 7U;
}

void Rollup::add_to_hour(std::uint32_t stream, std::int64_t hour, const model::UsageEvent& event,
                         std::uint64_t count, double share) {
  Cell& cell = cells_[cell_of(stream, hour)];
  cell.count += count;
  for (const model::Amount& amount : event.used()) {
    add_part(cell, unit_number(amount.unit), amount.value * share);
  }
}

void Rollup::add_part(Cell& cell, std::uint32_t unit, double value) {
  std::uint32_t* link = &cell.parts;
  while (*link != kNone) {
    Part& part = parts_[*link];
    if (part.unit == unit) {
      part.value += value;
      return;
    }
    link = &part.next;
  }
  *link = static_cast<std::uint32_t>(parts_.size());
  parts_.push_back({unit, kNone, value});  // `link` may point into parts_: not used after this
}

std::uint32_t Rollup::cell_of(std::uint32_t stream, std::int64_t hour) {
  const Stream& s = streams_[stream];
  if (s.newest == kNone || hour > s.newest_hour) return new_cell(stream, hour);
  if (hour == s.newest_hour) return s.newest;
  index_all();
  const auto found = cell_at_.find(CellKey{stream, hour});
  return found != cell_at_.end() ? found->second : new_cell(stream, hour);
}

std::uint32_t Rollup::new_cell(std::uint32_t stream, std::int64_t hour) {
  const auto cell = static_cast<std::uint32_t>(cells_.size());
  cells_.push_back({hour, 0, stream, kNone});
  Stream& s = streams_[stream];
  if (s.newest == kNone || hour > s.newest_hour) {
    s.newest = cell;
    s.newest_hour = hour;
  }
  if (is_indexed_) cell_at_.emplace(CellKey{stream, hour}, cell);
  return cell;
}

void Rollup::index_all() {
  if (is_indexed_) return;
  is_indexed_ = true;
  cell_at_.reserve(2 * cells_.size());
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    cell_at_.emplace(CellKey{cells_[i].stream, cells_[i].hour}, static_cast<std::uint32_t>(i));
  }
}

std::string_view Rollup::keep(std::string_view key) {
  if (blocks_.empty() || block_used_ + key.size() > kBlockBytes) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(std::max(kBlockBytes, key.size())));
    block_used_ = 0;
  }
  char* at = blocks_.back().get() + block_used_;
  std::memcpy(at, key.data(), key.size());
  block_used_ += key.size();
  return {at, key.size()};
}

// There are few units, and looking at them is quicker than a table; but nobody promised that.
std::uint32_t Rollup::unit_number(std::string_view unit) {
  const std::size_t few = std::min<std::size_t>(units_.size(), 8);
  for (std::size_t i = 0; i < few; ++i) {
    if (units_[i] == unit) return static_cast<std::uint32_t>(i);
  }
  const auto number = static_cast<std::uint32_t>(units_.size());
  const auto [at, added] = unit_at_.emplace(unit, number);
  if (added) units_.emplace_back(unit);
  return at->second;
}

void Rollup::for_each(const std::function<void(const RollupView&)>& take) const {
  std::vector<RollupView::Part> parts;
  for (const Cell& cell : cells_) {
    std::string_view rest = streams_[cell.stream].key;
    RollupView view;
    view.action_class = static_cast<model::ActionClass>(rest.front());
    rest.remove_prefix(1);
    const auto text = [&] {
      std::uint32_t size = 0;
      std::memcpy(&size, rest.data(), sizeof size);
      const std::string_view part = rest.substr(sizeof size, size);
      rest.remove_prefix(sizeof size + size);
      return part;
    };
    view.subscription = text();
    view.service = text();
    view.region = text();
    view.hour = cell.hour;
    view.count = cell.count;
    parts.clear();
    for (std::uint32_t i = cell.parts; i != kNone; i = parts_[i].next) {
      parts.push_back({units_[parts_[i].unit], parts_[i].value});
    }
    view.quantities = parts;
    take(view);
  }
}

void Rollup::clear() {
  cells_.clear();
  parts_.clear();
  streams_.clear();
  stream_at_.clear();
  cell_at_.clear();
  is_indexed_ = false;
  blocks_.clear();
  block_used_ = 0;
  units_.clear();
  unit_at_.clear();
  ++era_;
}

std::vector<RollupCell> Rollup::drain() {
  std::vector<RollupCell> out;
  out.reserve(cells_.size());
  for_each([&](const RollupView& view) {
    RollupCell& one = out.emplace_back();
    one.hour = Time(Duration(view.hour * kHour));
    one.action_class = view.action_class;
    one.subscription = view.subscription;
    one.service = view.service;
    one.region = view.region;
    one.count = view.count;
    for (const auto& part : view.quantities) {
      one.quantities.push_back({std::string(part.unit), part.value});
    }
    std::ranges::sort(one.quantities, {}, &Quantity::unit);
  });
  clear();
  std::ranges::sort(out, [](const RollupCell& a, const RollupCell& b) {
    return std::tie(a.hour, a.subscription, a.service, a.action_class, a.region) <
           std::tie(b.hour, b.subscription, b.service, b.action_class, b.region);
  });
  return out;
}

}  // namespace proviso::signals
