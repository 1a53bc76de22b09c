// SPDX-License-Identifier: Apache-2.0
#include "signals/window.h"

#include <algorithm>
#include <cmath>

// Sliding windows over event time.
//
// The meaning: at an event at time t, a correlation holds for a group if its condition holds over
// the hits of that group in [t - timespan, t], both ends inclusive. The simple way counts those
// hits anew each time; tests/window_twin.h does just that.
//
// Here the hits lie in a queue in order of (time, line), and the figures follow each hit that comes
// or goes. Sums are integers of billionths, so nothing drifts. Hits of one time are one entry where
// only their number matters (event_count).
//
// temporal_ordered needs no search: stage k keeps the latest beginning of any sequence that has met
// the first k + 1 rules. A hit of rule k extends the best sequence of stage k - 1; later beginnings
// are never worse, as they stay in the window longer. Two plain rules that hit at one event are no
// sequence: a step begins from the stages before its event. Only the firing of a correlation may be
// followed by a plain rule of the same event, as it says that something came to an end there.
//
// A late event (behind the newest of its window) is put in its place, judged by counting anew what
// is still there of its own window, and then the figures are made anew.
namespace proviso::signals {

using rules::Billionths;
using rules::CorrelationType;
using rules::RefCondition;

Figures::Figures(const rules::Correlation& correlation)
    : correlation_(&correlation),
      hits_of_ref_(correlation.refs.size()),
      stages_(correlation.refs.size()),
      stages_before_(correlation.refs.size()) {}

void Figures::add(const WindowHit& hit) {
  weight_ += hit.weight;
  ++hits_;
  sum_ += hit.value;
  ++hits_of_ref_[hit.ref];
  if (correlation_->type == CorrelationType::temporal_ordered) extend_sequence(hit);
  if (correlation_->type == CorrelationType::value_count) ++texts_[hit.text];
  if (correlation_->type == CorrelationType::value_percentile) {
    sorted_.insert(std::ranges::upper_bound(sorted_, hit.value), hit.value);
  }
}

void Figures::remove(const WindowHit& hit) {
  weight_ -= hit.weight;
  --hits_;
  sum_ -= hit.value;
  --hits_of_ref_[hit.ref];
  if (correlation_->type == CorrelationType::value_count) {
    const auto at = texts_.find(hit.text);
    if (--at->second == 0) texts_.erase(at);
  }
  if (correlation_->type == CorrelationType::value_percentile) {
    sorted_.erase(std::ranges::lower_bound(sorted_, hit.value));
  }
}

void Figures::extend_sequence(const WindowHit& hit) {
  if (hit.place != now_) stages_before_ = stages_;
  now_ = hit.place;
  const std::size_t stage = hit.ref;
  std::optional<Place> start = hit.place;
  if (stage > 0) {
    const bool same_event_counts =
        correlation_->ref_is_correlation[stage - 1] && !correlation_->ref_is_correlation[stage];
    start = same_event_counts ? stages_[stage - 1] : stages_before_[stage - 1];
  }
  stages_[stage] = std::max(stages_[stage], start);
}

std::size_t Figures::refs_seen() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(hits_of_ref_, [](auto n) { return n > 0; }));
}

bool Figures::condition_holds(const RefCondition& condition) const {
  const auto child_holds = [&](const RefCondition& child) { return condition_holds(child); };
  switch (condition.kind) {
    case RefCondition::Kind::ref: return hits_of_ref_[condition.ref] > 0;
    case RefCondition::Kind::all_of: return std::ranges::all_of(condition.children, child_holds);
    case RefCondition::Kind::any_of: return std::ranges::any_of(condition.children, child_holds);
    case RefCondition::Kind::none_of: return std::ranges::none_of(condition.children, child_holds);
  }
  return false;
}

// Linear interpolation between the neighbours of rank p/100 * (n - 1).
double Figures::percentile() const {
  const double rank = correlation_->percentile / 100 * static_cast<double>(sorted_.size() - 1);
  const auto low = static_cast<std::size_t>(rank);
  const double below = rules::from_billionths(sorted_[low]);
  if (low + 1 == sorted_.size()) return below;
  const double above = rules::from_billionths(sorted_[low + 1]);
  return below + (above - below) * (rank - static_cast<double>(low));
}

bool Figures::thresholds_hold(double value) const {
  return std::ranges::all_of(correlation_->thresholds, [&](const rules::Threshold& t) {
    if (correlation_->type == CorrelationType::value_sum) {
      return rules::holds(t.comparison, sum_, t.exact);
    }
    return rules::holds(t.comparison, value, t.limit);
  });
}

std::optional<double> Figures::holds(Time begin) const {
  if (hits_ == 0) return std::nullopt;
  double value = 0;
  bool good = true;
  switch (correlation_->type) {
    case CorrelationType::event_count: value = static_cast<double>(weight_); break;
    case CorrelationType::value_count: value = static_cast<double>(texts_.size()); break;
    case CorrelationType::value_sum: value = rules::from_billionths(sum_); break;
    case CorrelationType::value_avg:
      value = rules::from_billionths(sum_) / static_cast<double>(hits_);
      break;
    case CorrelationType::value_percentile: value = percentile(); break;
    case CorrelationType::temporal:
      value = static_cast<double>(refs_seen());
      if (correlation_->condition) {
        good = condition_holds(*correlation_->condition);
      } else if (correlation_->thresholds.empty()) {
        good = refs_seen() == hits_of_ref_.size();
      }
      break;
    case CorrelationType::temporal_ordered:
      value = static_cast<double>(stages_.size());
      good = stages_.back() && stages_.back()->time >= begin;
      break;
  }
  if (!good || !thresholds_hold(value)) return std::nullopt;
  return value;
}

namespace {

Time window_begin(Time end, Duration timespan) {
  return end < Time::min() + timespan ? Time::min() : end - timespan;
}

}  // namespace

void Window::append(const WindowHit& hit) {
  figures_.add(hit);
  const bool merges = correlation_->type == CorrelationType::event_count && !hits_.empty() &&
                      hits_.back().place.time == hit.place.time && hits_.back().ref == hit.ref;
  if (merges) {
    hits_.back().weight += hit.weight;
    figures_.remove({hit.place, hit.ref, 0, 0, {}, {}});
  } else {
    hits_.push_back(hit);
  }
}

void Window::evict(Time begin) {
  while (!hits_.empty() && hits_.front().place.time < begin) {
    figures_.remove(hits_.front());
    hits_.pop_front();
  }
}

std::optional<WindowVerdict> Window::add(const WindowHit& hit, std::size_t hits_max,
                                         std::uint64_t& evicted) {
  if (hit.place < newest_) return add_late(hit);
  newest_ = hit.place;
  const Time begin = window_begin(hit.place.time, correlation_->timespan);
  evict(begin);
  append(hit);
  while (hits_.size() > hits_max) {
    figures_.remove(hits_.front());
    hits_.pop_front();
    ++evicted;
  }
  const auto value = figures_.holds(begin);
  if (!value || hits_.empty()) return std::nullopt;
  return WindowVerdict{hits_.front().place.time, *value, contributors()};
}

// One event is one hit for each of its rules; hits of one time in event_count have one name.
Contributors Window::contributors() const {
  Contributors out{.total = hits_.size(), .first = {}, .last = {}};
  const std::size_t size = hits_.size();
  const std::size_t head = std::min(size, KeyList::kMax);
  for (std::size_t i = 0; i < head; ++i) out.first.push_back(hits_[i].event_key);
  for (std::size_t i = std::max(head, size - head); i < size; ++i) {
    out.last.push_back(hits_[i].event_key);
  }
  return out;
}

std::optional<WindowVerdict> Window::add_late(const WindowHit& hit) {
  hits_.insert(std::ranges::upper_bound(hits_, hit.place, {}, &WindowHit::place), hit);
  const auto verdict = verdict_at(hit.place);
  rebuild();
  return verdict;
}

std::optional<WindowVerdict> Window::verdict_at(Place place) const {
  const Time begin = window_begin(place.time, correlation_->timespan);
  Figures figures(*correlation_);
  std::optional<Time> from;
  for (const WindowHit& hit : hits_) {
    if (hit.place > place) break;
    if (hit.place.time < begin) continue;
    if (!from) from = hit.place.time;
    figures.add(hit);
  }
  const auto value = figures.holds(begin);
  if (!value || !from) return std::nullopt;
  return WindowVerdict{*from, *value, {}};
}

void Window::rebuild() {
  const Time begin = window_begin(newest_.time, correlation_->timespan);
  while (!hits_.empty() && hits_.front().place.time < begin) hits_.pop_front();
  figures_ = Figures(*correlation_);
  for (const WindowHit& hit : hits_) figures_.add(hit);
}

void Window::save(ByteWriter& out) const {
  out.number(static_cast<std::uint64_t>(newest_.time.time_since_epoch().count()));
  out.number(newest_.line);
  out.number(hits_.size());
  for (const WindowHit& hit : hits_) {
    out.number(static_cast<std::uint64_t>(hit.place.time.time_since_epoch().count()));
    out.number(hit.place.line);
    out.number(hit.ref);
    out.number(hit.weight);
    out.number(static_cast<std::uint64_t>(hit.value));
    out.number(static_cast<std::uint64_t>(hit.value >> 64));
    out.text(hit.text);
    out.key(hit.event_key);
  }
}

void Window::load(ByteReader& in) {
  const auto time = [&] { return Time(Duration(static_cast<std::int64_t>(in.number()))); };
  newest_.time = time();
  newest_.line = in.number();
  const std::uint64_t count = in.count(56);
  for (std::uint64_t i = 0; i < count; ++i) {
    WindowHit hit;
    hit.place.time = time();
    hit.place.line = in.number();
    hit.ref = static_cast<std::uint32_t>(in.number() % correlation_->refs.size());
    hit.weight = in.number();
    const std::uint64_t low = in.number();
    const auto high = static_cast<std::int64_t>(in.number());
    hit.value = (static_cast<Billionths>(high) << 64) | static_cast<Billionths>(low);
    hit.text = in.text();
    hit.event_key = in.key();
    hits_.push_back(std::move(hit));
  }
  rebuild();
}

}  // namespace proviso::signals
