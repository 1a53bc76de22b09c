// SPDX-License-Identifier: Apache-2.0
#include "signals/counter_table.h"

#include <algorithm>
#include <tuple>

namespace proviso::signals {
namespace {

constexpr std::uint64_t kSweepEvery = 4096;

Time plus(Time t, Duration span) { return t > Time::max() - span ? Time::max() : t + span; }

}  // namespace

std::uint32_t CounterTable::find(GroupId group) const {
  return table_.find(groups_->hash(group),
                     [&](std::uint32_t id) { return windows_[id].group == signals::index(group); });
}

std::uint32_t CounterTable::open(GroupId group) {
  const std::uint32_t id = windows_.take();
  windows_[id].group = signals::index(group);
  groups_->hold(group);
  table_.insert(groups_->hash(group), id);
  return id;
}

Window* CounterTable::take(GroupId group, std::uint32_t likely, const Hit& hit) {
  if (table_.size() >= limits_->groups_max || held_ >= limits_->held_max) make_room();
  newest_ = std::max(newest_, hit.place.time);
  if (++since_sweep_ >= std::max<std::uint64_t>(kSweepEvery, 2 * table_.size())) sweep(newest_);
  const bool is_it = likely < windows_.end() && windows_[likely].group == signals::index(group);
  std::uint32_t id = is_it ? likely : find(group);
  const bool is_new = id == SlotTable::kNone;
  if (is_new) {
    id = open(group);
    windows_[id].incomplete = hit.place.time <= plus(evicted_newest_, counter_->timespan) &&
                              evicted_newest_ != Time::min();
  }
  Window& window = windows_[id];
  const std::size_t held = is_new ? 0 : window.held();
  below_zero_ = below_zero_ || hit.value < 0;
  if (window.add(*counter_, hit, limits_->records_max) == Window::Added::lost) {
    ++losses_.late_lost;
    return nullptr;
  }
  held_ += window.held() - held;
  mark_changed(id);
  return &window;
}

void CounterTable::note_unsure_hit(GroupId group, Time time) {
  evicted_newest_ = std::max(evicted_newest_, time);
  const std::uint32_t id = find(group);
  if (id == SlotTable::kNone) return;
  windows_[id].incomplete = true;
  mark_changed(id);
}

Missing CounterTable::missing(const Window& window) const {
  if (!window.incomplete) return Missing::none;
  if (window.newest() > plus(evicted_newest_, counter_->timespan)) return Missing::none;
  return below_zero_ ? Missing::some_below_zero : Missing::some;
}

void CounterTable::mark_changed(std::uint32_t id) {
  if (!was_saved_ || windows_[id].changed) return;
  windows_[id].changed = true;
  changed_.push_back(id);
}

void CounterTable::remove(std::uint32_t id) {
  Window& window = windows_[id];
  const GroupId group{window.group};
  if (was_saved_) removed_.emplace_back(groups_->bytes(group));
  held_ -= window.held();
  table_.erase(groups_->hash(group), id);
  windows_.give_back(id);
  groups_->let_go(group);
}

// Lets windows go to which nothing that comes in order can belong.
void CounterTable::sweep(Time now) {
  since_sweep_ = 0;
  if (now < sweep_from_) return;
  Time oldest = Time::max();
  for (std::uint32_t id = 0; id < windows_.end(); ++id) {
    if (windows_[id].held() <= 1) continue;  // not in use
    const Time newest = windows_[id].newest();
    if (plus(newest, counter_->timespan) < now) {
      remove(id);
    } else {
      oldest = std::min(oldest, newest);
    }
  }
  sweep_from_ = oldest == Time::max() ? Time::min() : plus(oldest, counter_->timespan);
}

void CounterTable::make_room() {
  sweep(newest_);
  while (table_.size() >= limits_->groups_max || held_ >= limits_->held_max) {
    if (table_.size() == 0) return;
    evict_oldest(std::max<std::size_t>(table_.size() / 8, 1));
  }
}

void CounterTable::evict_oldest(std::size_t count) {
  // Equal times are told apart by the hash of the group, which is the same in every run.
  using Age = std::tuple<Time, std::uint64_t, std::uint32_t>;
  std::vector<Age> ages;
  ages.reserve(table_.size());
  for (std::uint32_t id = 0; id < windows_.end(); ++id) {
    if (windows_[id].held() <= 1) continue;
    ages.emplace_back(windows_[id].newest(), groups_->hash(GroupId(windows_[id].group)), id);
  }
  const auto nth = ages.begin() + static_cast<std::ptrdiff_t>(std::min(count, ages.size()) - 1);
  std::ranges::nth_element(ages, nth);
  for (auto at = ages.begin(); at <= nth; ++at) {
    const std::uint32_t id = std::get<2>(*at);
    ++losses_.groups_evicted;
    losses_.hits_evicted += windows_[id].events();
    evicted_newest_ = std::max(evicted_newest_, windows_[id].newest());
    remove(id);
  }
}

std::size_t CounterTable::memory_bytes() const {
  std::size_t bytes = table_.memory_bytes() + windows_.end() * sizeof(Window);
  for (std::uint32_t id = 0; id < windows_.end(); ++id) bytes += windows_[id].heap_bytes();
  return bytes;
}

void CounterTable::save_windows(const std::vector<std::uint32_t>& ids, ByteWriter& out) {
  std::vector<std::uint32_t> sorted = ids;
  std::ranges::sort(sorted, {},
                    [&](std::uint32_t id) { return groups_->bytes(GroupId(windows_[id].group)); });
  out.small(sorted.size());
  for (const std::uint32_t id : sorted) {
    out.text(groups_->bytes(GroupId(windows_[id].group)));
    windows_[id].save(out);
  }
}

void CounterTable::save(Save what, ByteWriter& out) {
  for (const std::uint64_t n : {losses_.groups_evicted, losses_.hits_evicted, losses_.late_lost,
                                losses_.unsure, since_sweep_}) {
    out.small(n);
  }
  for (const Time t : {newest_, evicted_newest_, sweep_from_}) out.time(t);
  out.small(below_zero_ ? 1 : 0);
  std::vector<std::uint32_t> ids;
  const auto lives = [&](std::uint32_t id) { return windows_[id].held() > 1; };
  if (what == Save::changes && was_saved_) {
    std::ranges::sort(removed_);
    out.small(removed_.size());
    for (const std::string& group : removed_) out.text(group);
    std::ranges::copy_if(changed_, std::back_inserter(ids),
                         [&](std::uint32_t id) { return windows_[id].changed; });
    std::ranges::sort(ids);
    ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  } else {
    out.small(0);
    for (std::uint32_t id = 0; id < windows_.end(); ++id) {
      if (lives(id)) ids.push_back(id);
    }
  }
  save_windows(ids, out);
  for (const std::uint32_t id : changed_) windows_[id].changed = false;
  changed_.clear();
  removed_.clear();
  was_saved_ = true;
}

void CounterTable::load(ByteReader& in) {
  losses_ = {in.small(), in.small(), in.small(), in.small()};
  since_sweep_ = in.small();
  newest_ = in.time();
  evicted_newest_ = in.time();
  sweep_from_ = in.time();
  below_zero_ = in.small() != 0;
  std::string group;
  const auto drop = [&] {
    group = in.text();
    const GroupId id = groups_->hold(group);
    if (const std::uint32_t window = find(id); window != SlotTable::kNone) remove(window);
    return id;
  };
  const std::uint64_t removed = in.small_count(8);
  for (std::uint64_t i = 0; i < removed && in.ok(); ++i) groups_->let_go(drop());
  const std::uint64_t count = in.small_count(16);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    const GroupId id = drop();
    const std::uint32_t at = open(id);
    groups_->let_go(id);
    if (!windows_[at].load(*counter_, in)) return in.fail();
    held_ += windows_[at].held();
  }
  removed_.clear();
  was_saved_ = true;
}

}  // namespace proviso::signals
