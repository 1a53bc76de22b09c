// SPDX-License-Identifier: Apache-2.0
#include "signals/rollup.h"

#include <algorithm>
#include <cstring>
#include <map>

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
  const std::int64_t end = event.window_end.time_since_epoch().count();
  std::int64_t start = std::min(event.window_start.time_since_epoch().count(), end);
  // Older hours of a very long window are nobody's to read any more; their share goes with them.
  const std::int64_t whole = end - start;
  if (floor_hour(end) - floor_hour(start) > kHoursMax) start = end - kHoursMax * kHour;
  const bool one_hour = start == end || floor_hour(start) == floor_hour(end - 1);
  if (one_hour) return add_to_hour(floor_hour(start), event, action_class, event.count, 1.0);
  std::vector<Share> shares = hours_of(start, end);
  const Wide kept = static_cast<Wide>(event.count) * static_cast<Wide>(end - start);
  share_out(shares, static_cast<std::uint64_t>(kept / static_cast<Wide>(whole)), end - start);
  for (const Share& s : shares) {
    const double part = static_cast<double>(s.nanoseconds) / static_cast<double>(whole);
    add_to_hour(s.hour, event, action_class, s.count, part);
  }
}

void Rollup::add_to_hour(std::int64_t hour, const model::UsageEvent& event, model::ActionClass c,
                         std::uint64_t count, double share) {
  key_.clear();
  for (unsigned i = 8; i-- > 0;) {
    key_.push_back(static_cast<char>((static_cast<std::uint64_t>(hour) >> (8 * i)) & 0xFFU));
  }
  key_.push_back(static_cast<char>(c));
  for (const std::string_view part : {event.subscription, event.service, event.region}) {
    for (unsigned i = 4; i-- > 0;) {
      key_.push_back(static_cast<char>((part.size() >> (8 * i)) & 0xFFU));
    }
    key_ += part;
  }
  Cell& cell = cell_of(key_);
  cell.count += count;
  for (const model::Amount& amount : event.used()) {
    const std::uint32_t unit = unit_number(amount.unit);
    auto q = std::ranges::find(cell.quantities, unit, &Part::unit);
    if (q == cell.quantities.end()) q = cell.quantities.insert(q, Part{unit, 0});
    q->value += amount.value * share;
  }
}

Rollup::Cell& Rollup::cell_of(std::string_view key) {
  const auto found = index_.find(key);
  if (found != index_.end()) return cells_[found->second];
  const std::string_view kept = keep(key);
  index_.emplace(kept, static_cast<std::uint32_t>(cells_.size()));
  return cells_.emplace_back(Cell{kept, 0, {}});
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

// There are few units; those of one log come in the same order again and again.
std::uint32_t Rollup::unit_number(std::string_view unit) {
  const auto found = std::ranges::find(units_, unit);
  const auto number = static_cast<std::uint32_t>(found - units_.begin());
  if (found == units_.end()) units_.emplace_back(unit);
  return number;
}

void Rollup::for_each(const std::function<void(const RollupView&)>& take) const {
  std::vector<RollupView::Part> parts;
  for (const Cell& cell : cells_) {
    std::string_view rest = cell.key;
    const auto number = [&](std::size_t bytes) {
      std::uint64_t n = 0;
      for (std::size_t i = 0; i < bytes; ++i) n = (n << 8U) | static_cast<unsigned char>(rest[i]);
      rest.remove_prefix(bytes);
      return n;
    };
    const auto text = [&] {
      const std::size_t size = number(4);
      const std::string_view part = rest.substr(0, size);
      rest.remove_prefix(size);
      return part;
    };
    parts.clear();
    for (const Part& part : cell.quantities) parts.push_back({units_[part.unit], part.value});
    RollupView view;
    view.hour = static_cast<std::int64_t>(number(8));
    view.action_class = static_cast<model::ActionClass>(number(1));
    view.subscription = text();
    view.service = text();
    view.region = text();
    view.count = cell.count;
    view.quantities = parts;
    take(view);
  }
}

void Rollup::clear() {
  cells_.clear();
  index_.clear();
  blocks_.clear();
  block_used_ = 0;
  units_.clear();
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
