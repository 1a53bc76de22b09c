// SPDX-License-Identifier: Apache-2.0
#include "gates/live_clock.h"

#include <algorithm>
#include <cstdlib>
#include <ctime>

namespace proviso::gates {
namespace {

std::int64_t seconds_of(clockid_t clock) noexcept {
  timespec time{};
  ::clock_gettime(clock, &time);
  return time.tv_sec;
}

bool within(std::int64_t difference) noexcept {
  return std::abs(difference) <= LiveClock::kStepSeconds;
}

}  // namespace

std::int64_t SystemClocks::wall() const noexcept { return seconds_of(CLOCK_REALTIME_COARSE); }
std::int64_t SystemClocks::steady() const noexcept { return seconds_of(CLOCK_MONOTONIC_COARSE); }

LiveClock::LiveClock(const Clocks& clocks, std::optional<std::int64_t> last_seen)
    : clocks_(clocks),
      ahead_(std::max(clocks.wall(), last_seen.value_or(clocks.wall())) - clocks.steady()) {}

Instants LiveClock::now() const noexcept {
  const std::int64_t wall = clocks_.wall();
  const std::int64_t expected = clocks_.steady() + ahead_.load(std::memory_order_relaxed);
  return within(wall - expected) ? Instants{wall, wall} : Instants{wall, expected};
}

void LiveClock::tick() noexcept {
  const std::int64_t steady = clocks_.steady();
  const std::int64_t difference = step();
  if (difference == 0) {
    doubt_began_.reset();
  } else if (!doubt_began_ || !within(difference - doubted_)) {
    doubt_began_ = steady;
    doubted_ = difference;
  } else if (steady - *doubt_began_ >= kAdoptSeconds) {
    ahead_.store(clocks_.wall() - steady, std::memory_order_relaxed);
    doubt_began_.reset();
  }
}

std::int64_t LiveClock::step() const noexcept {
  const std::int64_t difference =
      clocks_.wall() - clocks_.steady() - ahead_.load(std::memory_order_relaxed);
  return within(difference) ? 0 : difference;
}

}  // namespace proviso::gates
