// SPDX-License-Identifier: Apache-2.0
#include "signals/distinct_values.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "signals/prefetch.h"

namespace proviso::signals {
namespace {

constexpr std::size_t kNowhere = static_cast<std::size_t>(-1);
constexpr unsigned kHalvingsMax = 20;

}  // namespace

static_assert(sizeof(DistinctValues) == 64);

void DistinctValues::add(std::uint64_t value, Time time, std::size_t values_max, Duration span) {
  if (!many_) {
    if (add_to_few(value, time, values_max)) return;
    become_many();
  }
  if (many_->add(value, time)) many_->adjust(time, values_max, span);
}

bool DistinctValues::add_to_few(std::uint64_t value, Time time, std::size_t values_max) {
  Seen* const end = few_.data() + few_size_;
  Seen* const known = std::ranges::find(few_.data(), end, value, &Seen::value);
  if (known == end) {
    if (few_size_ >= std::min(kFew, values_max)) return false;
    few_[few_size_++] = {value, time};
    return true;
  }
  std::rotate(known, known + 1, end);
  few_[few_size_ - 1].last = time;
  return true;
}

void DistinctValues::become_many() {
  auto many = std::make_unique<Many>();
  many->rebuild(values());
  many_ = std::move(many);
  few_size_ = 0;
}

// Where a few are all that there is to know.
void DistinctValues::become_few() {
  if (many_->live > kFew || many_->halvings > 0 || many_->upper_from != Time::min()) return;
  const std::vector<Seen> all = many_->values();
  std::ranges::copy(all, few_.begin());
  few_size_ = static_cast<std::uint32_t>(all.size());
  many_.reset();
}

std::size_t DistinctValues::Many::find(std::uint64_t value) const {
  if (index.size() > 0) {
    const std::uint32_t at =
        index.find(value, [&](std::uint32_t i) { return seen[i].value == value; });
    return at == SlotTable::kNone ? kNowhere : at;
  }
  for (std::size_t i = head; i < seen.size(); ++i) {
    if (seen[i].value == value) return i;
  }
  return kNowhere;
}

bool DistinctValues::Many::add(std::uint64_t value, Time time) {
  if (halvings > 0 && !is_kept(value)) return false;
  const std::size_t at = find(value);
  if (at != kNowhere && seen[at].last == time) return false;
  if (at != kNowhere && index.size() == 0) {
    seen.erase(seen.begin() + static_cast<std::ptrdiff_t>(at));
    --live;
  } else if (at != kNowhere) {
    seen[at].value = 0;
    index.erase(value, static_cast<std::uint32_t>(at));
    --live;
  }
  seen.push_back({value, time});
  ++live;
  if (index.size() > 0) {
    index.insert(value, static_cast<std::uint32_t>(seen.size() - 1));
    if (seen.size() > 2 * live + kSearchedMax) rebuild(values());
  } else if (live > kSearchedMax || head > kSearchedMax) {
    rebuild(values());
  }
  return true;
}

// Too many values: half of them go, by hash. Few again: the next half comes back, and the upper
// bound is not known until a whole window has been seen with it.
void DistinctValues::Many::adjust(Time time, std::size_t values_max, Duration span) {
  while (live > values_max && halvings < kHalvingsMax) {
    ++halvings;
    std::vector<Seen> kept = values();
    std::erase_if(kept, [&](const Seen& s) { return !is_kept(s.value); });
    rebuild(std::move(kept));
  }
  if (halvings > 0 && live * 4 < values_max) {
    --halvings;
    upper_from = time + span;
  }
}

void DistinctValues::add_late(std::uint64_t value, Time time) {
  if (many_ && many_->halvings > 0 && !many_->is_kept(value)) return;
  std::vector<Seen> all = values();
  const auto known = std::ranges::find(all, value, &Seen::value);
  if (known != all.end()) {
    if (known->last >= time) return;
    all.erase(known);
  }
  all.insert(std::ranges::upper_bound(all, time, {}, &Seen::last), {value, time});
  restore(std::move(all), halvings(), upper_from());
}

void DistinctValues::forget_before(Time begin) {
  if (many_) {
    // One, not three: else a window of three and four values would change its form all the time.
    if (many_->forget_before(begin) && many_->live <= 1) become_few();
    return;
  }
  std::uint32_t gone = 0;
  while (gone < few_size_ && few_[gone].last < begin) ++gone;
  std::shift_left(few_.begin(), few_.begin() + few_size_, gone);
  few_size_ -= gone;
}

bool DistinctValues::Many::forget_before(Time begin) {
  const std::size_t before = live;
  while (head < seen.size() && (seen[head].value == 0 || seen[head].last < begin)) {
    const Seen& gone = seen[head];
    if (gone.value != 0) {
      if (index.size() > 0) index.erase(gone.value, static_cast<std::uint32_t>(head));
      --live;
    }
    ++head;
  }
  if (head == seen.size()) rebuild({});
  return live < before;
}

Between DistinctValues::count(Time now) const {
  const auto n = static_cast<double>(held());
  if (!many_) return {n, n};
  const double infinite = std::numeric_limits<double>::infinity();
  const double scale = std::ldexp(1.0, static_cast<int>(many_->halvings));
  Between out{n, n};
  if (many_->halvings > 0) {
    out.lower = std::max(n, std::floor((n - 8 * std::sqrt(n)) * scale));
    out.upper = std::ceil((n + 8 * std::sqrt(n + 16) + 32) * scale);
  }
  if (now < many_->upper_from) out.upper = infinite;
  return out;
}

std::vector<DistinctValues::Seen> DistinctValues::Many::values() const {
  std::vector<Seen> out;
  out.reserve(live);
  for (std::size_t i = head; i < seen.size(); ++i) {
    if (seen[i].value != 0) out.push_back(seen[i]);
  }
  return out;
}

std::vector<DistinctValues::Seen> DistinctValues::values() const {
  if (many_) return many_->values();
  return {few_.begin(), few_.begin() + few_size_};
}

void DistinctValues::restore(std::vector<Seen> values, unsigned halvings, Time upper_from) {
  few_size_ = 0;
  if (!many_) many_ = std::make_unique<Many>();
  many_->halvings = std::min(halvings, kHalvingsMax);
  many_->upper_from = upper_from;
  many_->rebuild(std::move(values));
  become_few();
}

void DistinctValues::Many::rebuild(std::vector<Seen> values) {
  seen = std::move(values);
  head = 0;
  live = seen.size();
  index.clear();
  if (live <= kSearchedMax) return;
  for (std::size_t i = 0; i < live; ++i) {
    index.insert(seen[i].value, static_cast<std::uint32_t>(i));
  }
}

std::size_t DistinctValues::heap_bytes() const {
  if (!many_) return 0;
  return sizeof(Many) + many_->seen.capacity() * sizeof(Seen) + many_->index.memory_bytes();
}

void DistinctValues::prefetch(unsigned step, std::uint64_t value) const {
  if (!many_) return;
  const Many& many = *many_;
  if (step == 0) {
    signals::prefetch(&many.seen);
    signals::prefetch(&many.upper_from);
  } else if (step == 1) {
    signals::prefetch(many.seen.data() + many.head);
    signals::prefetch(many.seen.data() + many.seen.size());
    many.index.prefetch(value);
  } else if (const std::uint32_t at = many.index.likely(value); at != SlotTable::kNone) {
    signals::prefetch(many.seen.data() + at);
  }
}

}  // namespace proviso::signals
