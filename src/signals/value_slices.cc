// SPDX-License-Identifier: Apache-2.0
#include "signals/value_slices.h"

#include <bit>
#include <cmath>
#include <limits>

namespace proviso::signals {
namespace {

constexpr unsigned kShift = 46;  // sign, 11 bits of exponent and 6 of the digits are left
constexpr std::uint64_t kSign = std::uint64_t{1} << 63U;

// Ordered like the numbers.
std::uint32_t class_of(double value) {
  const auto bits = std::bit_cast<std::uint64_t>(value);
  return static_cast<std::uint32_t>(((bits & kSign) != 0 ? ~bits : bits | kSign) >> kShift);
}

double number_of(std::uint64_t ordered) {
  return std::bit_cast<double>((ordered & kSign) != 0 ? ordered & ~kSign : ~ordered);
}

double least_of(std::uint32_t size_class) {
  return number_of(static_cast<std::uint64_t>(size_class) << kShift);
}

double greatest_of(std::uint32_t size_class) {
  return number_of(((static_cast<std::uint64_t>(size_class) + 1) << kShift) - 1);
}

}  // namespace

void ValueSlices::add(Time time, double value, Duration width) {
  const bool same_slice = !slices_.empty() && time - slices_.back().first <= width &&
                          !(front_leaves_ && slices_.size() == 1);
  if (!same_slice) slices_.push_back({.first = time, .last = time, .events = 0, .classes = {}});
  Slice& slice = slices_.back();
  slice.last = time;
  ++slice.events;
  ++slice.classes[class_of(value)];
  ++classes_[class_of(value)];
  ++events_;
}

bool ValueSlices::add_late(Time time, double value) {
  for (std::size_t i = slices_.size(); i-- > 0;) {
    Slice& slice = slices_[i];
    if (slice.first > time) continue;
    ++slice.events;
    ++slice.classes[class_of(value)];
    slice.last = std::max(slice.last, time);
    if (i == 0 && front_leaves_) return true;
    ++classes_[class_of(value)];
    ++events_;
    return true;
  }
  return false;
}

void ValueSlices::leave(const Slice& slice) {
  for (const auto& [size_class, events] : slice.classes) {
    const auto at = classes_.find(size_class);
    at->second -= events;
    if (at->second == 0) classes_.erase(at);
  }
  events_ -= slice.events;
}

void ValueSlices::forget_before(Time begin) {
  while (!slices_.empty() && slices_.front().first < begin) {
    if (!front_leaves_) leave(slices_.front());
    front_leaves_ = slices_.front().last >= begin;
    if (front_leaves_) return;
    slices_.pop_front();
  }
}

Time ValueSlices::from() const {
  return slices_[front_leaves_ && slices_.size() > 1 ? 1 : 0].first;
}

std::uint32_t ValueSlices::class_at(std::uint64_t rank) const {
  for (const auto& [size_class, events] : classes_) {
    if (rank < events) return size_class;
    rank -= events;
  }
  return classes_.rbegin()->first;
}

// What may or may not be in counts as below everything for the lower bound, as above for the upper.
Between ValueSlices::percentile(double p) const {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  const std::uint64_t unsure = front_leaves_ ? slices_.front().events : 0;
  const double rank = p / 100 * static_cast<double>(events_ + unsure - 1);
  const auto low = static_cast<std::uint64_t>(std::floor(rank));
  // With fewer of the unsure ones the rank is lower: for the upper bound take all as above, and the
  // rank as if all were there; for the lower bound as many ranks below as there are unsure ones.
  const auto high = static_cast<std::uint64_t>(std::ceil(rank));
  Between out{-kInfinite, kInfinite};
  if (low >= unsure) out.lower = least_of(class_at(low - unsure));
  if (high < events_) out.upper = greatest_of(class_at(high));
  return out;
}

std::size_t ValueSlices::held() const {
  std::size_t held = 0;
  for (const Slice& slice : slices_) held += slice.classes.size() + 4;
  return held;
}

void ValueSlices::restore(std::deque<Slice> slices, Time begin) {
  slices_ = std::move(slices);
  classes_.clear();
  events_ = 0;
  front_leaves_ = false;
  for (const Slice& slice : slices_) {
    for (const auto& [size_class, events] : slice.classes) classes_[size_class] += events;
    events_ += slice.events;
  }
  forget_before(begin);
}

}  // namespace proviso::signals
