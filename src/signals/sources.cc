// SPDX-License-Identifier: Apache-2.0
#include "signals/sources.h"

#include <algorithm>

namespace proviso::signals {
namespace {

Time bound_of(const Sources::Source& source) {
  if (source.lateness == Duration::max()) return Time::min();
  const bool stops = source.newest < Time::min() + source.lateness;
  return stops ? Time::min() : source.newest - source.lateness;
}

}  // namespace

Sources::Sources(Duration lateness) {
  all_.push_back({.name = {}, .lateness = lateness, .newest = Time::min(), .open = false});
}

SourceId Sources::open(std::string_view name, Duration lateness) {
  const auto known = std::ranges::find(all_, name, &Source::name);
  const auto at = static_cast<std::uint32_t>(known - all_.begin());
  if (known == all_.end()) {
    all_.push_back(
        {.name = std::string(name), .lateness = lateness, .newest = Time::min(), .open = true});
  } else {
    known->lateness = lateness;
    known->open = true;
  }
  find_slowest();
  return SourceId(at);
}

void Sources::close(SourceId id) {
  all_[index(id)].open = false;
  find_slowest();
}

std::vector<SourceId> Sources::open_only(std::span<const std::string> names, Duration lateness) {
  std::vector<Source> before = std::move(all_);
  all_ = {before.front()};
  all_.front().open = false;
  std::vector<SourceId> ids;
  for (const std::string& name : names) {
    const auto known = std::ranges::find(before, name, &Source::name);
    const Time newest = known == before.end() ? Time::min() : known->newest;
    ids.push_back(SourceId(static_cast<std::uint32_t>(all_.size())));
    all_.push_back({.name = name, .lateness = lateness, .newest = newest, .open = true});
  }
  find_slowest();
  return ids;
}

Time Sources::newest() const {
  Time newest = Time::min();
  for (const Source& source : all_) newest = std::max(newest, source.newest);
  return newest;
}

// What is settled stays so: the time does not go back when a slow source opens.
void Sources::find_slowest() {
  slowest_ = kNone;
  for (std::size_t i = 0; i < all_.size(); ++i) {
    if (!all_[i].open) continue;
    if (slowest_ == kNone || bound_of(all_[i]) < bound_of(all_[slowest_])) slowest_ = i;
  }
  if (slowest_ != kNone) settled_ = std::max(settled_, bound_of(all_[slowest_]));
}

void Sources::restore(std::vector<Source> all) {
  const Duration lateness = all_.front().lateness;
  all_ = std::move(all);
  all_.front().lateness = lateness;
  settled_ = Time::min();
  find_slowest();
}

}  // namespace proviso::signals
