// SPDX-License-Identifier: Apache-2.0
#include "signals/window.h"

#include <algorithm>
#include <limits>

#include "signals/prefetch.h"

// Sliding windows over event time.
//
// The meaning: at an event at time t, a correlation holds for a group if its condition holds over
// the hits of that group in [t - timespan, t], both ends inclusive. The simple way counts those
// hits anew each time; tests/window_twin.h does just that.
//
// Here records of the hits lie in a queue in order of time, and the figures follow each record that
// comes or goes (of a handful they are added up when asked for). Sums are integers of billionths,
// so nothing drifts. Hits of one time are one
// record where only their sum matters. What need not be known about a hit is not in its record:
// different values are kept by when each was seen last, rules by when each last occurred.
//
// A window of more than `records_max` instants keeps buckets: neighbours become one record, of at
// most 8 / records_max of the timespan. A bucket leaves the certain figures with its oldest hit,
// and what may still be in it stands between two bounds until its newest has left. Thresholds ask
// the bound that is against them (judge.h), so a signal can come later, but none comes wrongly.
//
// temporal_ordered needs no search: each step of a sequence (rules/order.h) keeps the latest
// beginning of any sequence that has come so far. A hit of its rule extends the best sequence of
// the steps that it may follow; later beginnings are never worse, as they stay in the window
// longer. Two plain rules that hit at one event are no sequence: a step goes on from what was
// before its event. Only the firing of a correlation may be followed by a plain rule of the same
// event, as it says that something came to an end there.
//
// With a million groups an update costs what it waits for memory. So a window is one line: group,
// flags, times of the oldest and newest hit, and 28 bytes of packed records, which is what most
// groups have in a window. What is longer, and what counters of values, ranks and occurrences keep,
// lies beside it (hit_queue.h, Extra) and is asked for ahead (prefetch()).
//
// A late hit (the engine puts events in order; this one came after its place had passed) is put
// among the others, and the window that ends at the newest hit is judged with it. It extends no
// ordered sequence: the order in which the others were met is no longer known.
namespace proviso::signals {

using rules::Billionths;

namespace {

constexpr int kSlices = 64;

Record record_of(Keeps keeps, const Hit& hit) {
  Record r;
  r.first = r.last = hit.place.time;
  if (keeps == Keeps::operations) r.weight = hit.weight;
  if (keeps == Keeps::sums || keeps == Keeps::ranks) {
    r.value = hit.value;
    r.below = std::min<Billionths>(hit.value, 0);
  }
  return r;
}

HitQueue::Summed summed(Keeps keeps) {
  if (keeps == Keeps::operations) return HitQueue::Summed::weights;
  return keeps == Keeps::sums ? HitQueue::Summed::values : HitQueue::Summed::nothing;
}

}  // namespace

static_assert(sizeof(Window) == 64);

void Window::start(const Counter& counter) {
  keeps_ = counter.keeps;
  hits_ = HitQueue(summed(keeps_));
  if (keeps_ == Keeps::distinct) extra_ = std::make_unique<Values>();
  if (keeps_ == Keeps::ranks) extra_ = std::make_unique<Ranks>();
  if (keeps_ != Keeps::occurrences) return;
  auto o = std::make_unique<Occurrences>();
  o->last.assign(counter.refs.size(), Time::min());
  o->steps.assign(counter.order.size(), {Time::min(), 0});
  o->before = o->steps;
  extra_ = std::move(o);
}

Window::Added Window::add(const Counter& counter, const Hit& hit, std::size_t records_max) {
  const bool has_any = !hits_.empty() || is_sliced();
  if (has_any && hit.place.time < newest()) return add_late(counter, hit);
  if (!has_any && !extra_) start(counter);
  forget_before(begin_of(hit.place.time, counter.timespan));
  count(counter, hit);
  append(counter, record_of(keeps_, hit), records_max);
  name(counter, hit);
  return Added::in_order;
}

void Window::forget_before(Time begin) {
  while (!hits_.empty() && hits_.front_time() < begin) {
    if (Ranks* ranks = part<Ranks>()) {
      ranks->exact.erase(rules::from_billionths(hits_.front().value));
    }
    front_leaves_ = hits_.front_is_bucket() && hits_.front().last >= begin;
    if (front_leaves_) break;
    hits_.pop_front();
  }
  if (!extra_) return;
  if (auto* seen = values()) seen->forget_before(begin);
  if (extra_->names) extra_->names->forget_before(begin);
  if (is_sliced()) part<Ranks>()->slices.forget_before(begin);
}

// Counts and sums follow from the hits.
void Window::count(const Counter& counter, const Hit& hit) {
  switch (keeps_) {
    case Keeps::operations:
    case Keeps::sums: return;
    case Keeps::distinct:
      values()->add(hit.text, hit.place.time, counter.values_max, counter.timespan);
      return;
    case Keeps::ranks:
      if (!is_sliced()) part<Ranks>()->exact.insert(rules::from_billionths(hit.value));
      return;
    case Keeps::occurrences: extend(counter, hit, *part<Occurrences>()); return;
  }
}

void Window::extend(const Counter& counter, const Hit& hit, Occurrences& o) {
  o.last[hit.ref] = hit.place.time;
  if (counter.order.empty()) return;
  if (hit.place != o.now) o.before = o.steps;
  o.now = hit.place;
  for (const std::uint32_t step : counter.steps_of_ref[hit.ref]) {
    const rules::OrderStep& at = counter.order[step];
    Place start = at.after.empty() ? hit.place : Place{Time::min(), 0};
    for (const std::uint32_t earlier : at.after) {
      const bool same_event_counts = counter.ref_is_correlation[counter.order[earlier].ref] &&
                                     !counter.ref_is_correlation[hit.ref];
      start = std::max(start, same_event_counts ? o.steps[earlier] : o.before[earlier]);
    }
    o.steps[step] = std::max(o.steps[step], start);
  }
}

void Window::append(const Counter& counter, const Record& record, std::size_t records_max) {
  if (is_sliced()) {
    part<Ranks>()->slices.add(record.first, rules::from_billionths(record.value),
                              counter.timespan / kSlices);
    return;
  }
  if (keeps_ != Keeps::ranks && !hits_.empty() && hits_.back_time() == record.first) {
    const Record back = hits_.back();
    const bool fits = back.weight <= std::numeric_limits<std::uint64_t>::max() - record.weight;
    if (!back.is_bucket() && fits) return hits_.add_to_back(record);
  }
  hits_.push_back(record);
  if (hits_.size() <= records_max) return;
  if (keeps_ == Keeps::ranks) return make_slices(counter.timespan / kSlices);
  make_buckets(counter.timespan / static_cast<int>(std::max<std::size_t>(records_max / 8, 1)));
}

void Window::make_buckets(Duration width) {
  const std::vector<Record> all = hits_.unpack();
  std::vector<Record> buckets;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // What is leaving is out of the figures already and must not come back into them.
    const bool alone = i <= (front_leaves_ ? 1U : 0U);
    if (!alone && all[i].last - buckets.back().first <= width) {
      buckets.back().absorb(all[i]);
    } else {
      buckets.push_back(all[i]);
    }
  }
  hits_.assign(buckets);
}

void Window::make_slices(Duration width) {
  Ranks& ranks = *part<Ranks>();
  for (const Record& r : hits_.unpack()) {
    ranks.slices.add(r.first, rules::from_billionths(r.value), width);
  }
  ranks.exact = RankedValues{};
  hits_.assign({});
}

Window::Added Window::add_late(const Counter& counter, const Hit& hit) {
  if (hit.place.time < begin_of(newest(), counter.timespan)) return Added::lost;
  const Record record = record_of(keeps_, hit);
  if (is_sliced()) {
    ValueSlices& slices = part<Ranks>()->slices;
    const double value = rules::from_billionths(record.value);
    return slices.add_late(record.first, value) ? Added::late : Added::lost;
  }
  insert(counter, record);
  if (auto* seen = values()) seen->add_late(hit.text, hit.place.time);
  if (auto* o = part<Occurrences>()) o->last[hit.ref] = std::max(o->last[hit.ref], hit.place.time);
  return Added::late;
}

// Among the others; into the bucket that spans its time.
void Window::insert(const Counter& counter, const Record& record) {
  std::vector<Record> all = hits_.unpack();
  const auto after = std::ranges::upper_bound(all, record.first, {}, &Record::first);
  const bool merges = counter.keeps != Keeps::ranks && after != all.begin() &&
                      std::prev(after)->last >= record.first;
  if (merges) {
    Record& into = *std::prev(after);
    const Time last = into.last;
    into.absorb(record);
    into.last = last;
  } else {
    all.insert(after, record);
  }
  hits_.assign(all);
  if (keeps_ == Keeps::ranks) part<Ranks>()->exact.insert(rules::from_billionths(record.value));
}

void Window::name(const Counter& counter, const Hit& hit) {
  const auto* seen = values();
  const Billionths figure = seen != nullptr ? static_cast<Billionths>(seen->held()) : sum();
  if (figure >= counter.names_from) open_names().add(hit.place.time, hit.key);
}

EventNames& Window::open_names() {
  if (!extra_) extra_ = std::make_unique<Extra>();
  if (!extra_->names) extra_->names = std::make_unique<EventNames>();
  return *extra_->names;
}

void Window::prefetch() const {
  hits_.prefetch();
  if (!extra_) return;
  signals::prefetch(extra_.get());
  if (keeps_ == Keeps::distinct) {  // its 64 bytes lie across two lines
    signals::prefetch(reinterpret_cast<const char*>(extra_.get()) + 64);
  }
}

std::uint64_t Window::events() const {
  if (is_sliced()) return part<Ranks>()->slices.events();
  return hits_.events() - (front_leaves_ ? hits_.front().events : 0);
}

Billionths Window::sum() const {
  return front_leaves_ ? hits_.sum() - hits_.counted(hits_.front()) : hits_.sum();
}

Time Window::newest() const {
  return is_sliced() ? part<Ranks>()->slices.newest() : hits_.back_time();
}

Time Window::from() const {
  if (is_sliced()) return part<Ranks>()->slices.from();
  return front_leaves_ ? hits_.second_time() : hits_.front_time();
}

Window::Sums Window::sums() const {
  const Billionths sure = sum();
  if (!front_leaves_) return {sure, sure};
  const Record front = hits_.front();
  if (keeps_ == Keeps::operations) return {sure, sure + static_cast<Billionths>(front.weight)};
  return {sure + front.below, sure + front.value - front.below};
}

// Any part of the bucket that is leaving may be in: between no and all hits of it, with the least
// or the greatest sum.
Between Window::average() const {
  const Sums bounds = sums();
  const double sure = static_cast<double>(events());
  const double lower = rules::from_billionths(bounds.lower);
  const double upper = rules::from_billionths(bounds.upper);
  if (!front_leaves_) return {lower / sure, upper / sure};
  const double most = sure + static_cast<double>(hits_.front().events);
  return {std::min(lower / sure, lower / most), std::max(upper / sure, upper / most)};
}

Between Window::distinct() const { return values()->count(newest()); }

Between Window::percentile(double p) const {
  const Ranks& ranks = *part<Ranks>();
  if (!ranks.slices.empty()) return ranks.slices.percentile(p);
  const double value = ranks.exact.percentile(p);
  return {value, value};
}

bool Window::occurred(std::size_t ref, Time begin) const {
  const Time last = part<Occurrences>()->last[ref];
  return last != Time::min() && last >= begin;
}

bool Window::in_order_since(std::uint32_t step, Time begin) const {
  const Place start = part<Occurrences>()->steps[step];
  return start.time != Time::min() && start.time >= begin;
}

Contributors Window::contributors() const {
  Contributors out{.total = events(), .first = {}, .last = {}};
  if (const EventNames* named = names()) named->list(out);
  return out;
}

std::size_t Window::held() const {
  std::size_t held = 1 + hits_.size();
  if (!extra_) return held;
  if (const auto* seen = values()) held += seen->held();
  if (is_sliced()) held += part<Ranks>()->slices.held();
  if (extra_->names) held += extra_->names->all().size();
  return held;
}

std::size_t Window::heap_bytes() const {
  std::size_t bytes = hits_.heap_bytes();
  if (!extra_) return bytes;
  if (extra_->names) bytes += sizeof(EventNames) + extra_->names->heap_bytes();
  if (const auto* v = part<Values>()) return bytes + sizeof *v + v->values.heap_bytes();
  if (const auto* r = part<Ranks>()) return bytes + sizeof *r + r->exact.heap_bytes();
  if (const auto* o = part<Occurrences>()) {
    return bytes + sizeof *o + o->last.capacity() * sizeof(Time) +
           (o->steps.capacity() + o->before.capacity()) * sizeof(Place);
  }
  return bytes + sizeof(Extra);
}

}  // namespace proviso::signals
