// SPDX-License-Identifier: Apache-2.0
#include "signals/distinct_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace proviso::signals {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
constexpr unsigned kHalvingsMax = 20;

}  // namespace

std::size_t DistinctValues::find(std::uint64_t value) const {
  if (index_.size() > 0) {
    const std::uint32_t at =
        index_.find(value, [&](std::uint32_t i) { return seen_[i].value == value; });
    return at == SlotTable::kNone ? kNowhere : at;
  }
  for (std::size_t i = head_; i < seen_.size(); ++i) {
    if (seen_[i].value == value) return i;
  }
  return kNowhere;
}

void DistinctValues::add(std::uint64_t value, Time time, std::size_t values_max, Duration span) {
  if (halvings_ > 0 && !is_kept(value)) return;
  const std::size_t at = find(value);
  if (at != kNowhere && seen_[at].last == time) return;
  if (at != kNowhere && index_.size() == 0) {
    seen_.erase(seen_.begin() + static_cast<std::ptrdiff_t>(at));
    --live_;
  } else if (at != kNowhere) {
    seen_[at].value = 0;
    index_.erase(value, static_cast<std::uint32_t>(at));
    --live_;
  }
  seen_.push_back({value, time});
  ++live_;
  if (index_.size() > 0) {
    index_.insert(value, static_cast<std::uint32_t>(seen_.size() - 1));
    if (seen_.size() > 2 * live_ + kSearchedMax) rebuild(values());
  } else if (live_ > kSearchedMax || head_ > kSearchedMax) {
    rebuild(values());
  }
  adjust(time, values_max, span);
}

// Too many values: half of them go, by hash. Few again: the next half comes back, and the upper
// bound is not known until a whole window has been seen with it.
void DistinctValues::adjust(Time time, std::size_t values_max, Duration span) {
  while (live_ > values_max && halvings_ < kHalvingsMax) {
    ++halvings_;
    std::vector<Seen> kept = values();
    std::erase_if(kept, [&](const Seen& s) { return !is_kept(s.value); });
    rebuild(std::move(kept));
  }
  if (halvings_ > 0 && live_ * 4 < values_max) {
    --halvings_;
    upper_from_ = time + span;
  }
}

void DistinctValues::add_late(std::uint64_t value, Time time) {
  if (halvings_ > 0 && !is_kept(value)) return;
  std::vector<Seen> all = values();
  const auto known = std::ranges::find(all, value, &Seen::value);
  if (known != all.end()) {
    if (known->last >= time) return;
    all.erase(known);
  }
  all.insert(std::ranges::upper_bound(all, time, {}, &Seen::last), {value, time});
  rebuild(std::move(all));
}

void DistinctValues::forget_before(Time begin) {
  while (head_ < seen_.size() && (seen_[head_].value == 0 || seen_[head_].last < begin)) {
    const Seen& gone = seen_[head_];
    if (gone.value != 0) {
      if (index_.size() > 0) index_.erase(gone.value, static_cast<std::uint32_t>(head_));
      --live_;
    }
    ++head_;
  }
  if (head_ == seen_.size()) rebuild({});
}

Between DistinctValues::count(Time now) const {
  const auto n = static_cast<double>(live_);
  const double infinite = std::numeric_limits<double>::infinity();
  const double scale = std::ldexp(1.0, static_cast<int>(halvings_));
  Between out{n, n};
  if (halvings_ > 0) {
    out.lower = std::max(n, std::floor((n - 8 * std::sqrt(n)) * scale));
    out.upper = std::ceil((n + 8 * std::sqrt(n + 16) + 32) * scale);
  }
  if (now < upper_from_) out.upper = infinite;
  return out;
}

std::vector<DistinctValues::Seen> DistinctValues::values() const {
  std::vector<Seen> out;
  out.reserve(live_);
  for (std::size_t i = head_; i < seen_.size(); ++i) {
    if (seen_[i].value != 0) out.push_back(seen_[i]);
  }
  return out;
}

void DistinctValues::restore(std::vector<Seen> values, unsigned halvings, Time upper_from) {
  halvings_ = std::min(halvings, kHalvingsMax);
  upper_from_ = upper_from;
  rebuild(std::move(values));
}

void DistinctValues::rebuild(std::vector<Seen> values) {
  seen_ = std::move(values);
  head_ = 0;
  live_ = seen_.size();
  index_.clear();
  if (live_ <= kSearchedMax) return;
  for (std::size_t i = 0; i < live_; ++i) {
    index_.insert(seen_[i].value, static_cast<std::uint32_t>(i));
  }
}

}  // namespace proviso::signals
