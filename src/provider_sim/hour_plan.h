// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "provider_sim/world.h"

namespace proviso::provider_sim {

inline constexpr std::uint32_t kSlotsPerHour = 12;

/// What one stream does in one hour, cut into its records.
struct HourPlan {
  std::array<std::uint64_t, kSlotsPerHour> calls{};
  /// [amount][record].
  std::array<std::array<std::uint64_t, kSlotsPerHour>, 2> amounts{};
};

/// Integers only, and each (seed, stream, hour) has its own random numbers: so the plan is the same
/// on every machine and in whatever order hours are asked for. The records of an hour add up
/// exactly to the hour's calls and amounts. `hour` counts from the start of the simulation,
/// `utc_hour` from 1970-01-01T00:00:00Z: of it day and week follow.
HourPlan plan_hour(const Stream& stream, std::uint64_t stream_index, std::uint64_t seed,
                   std::int64_t hour, std::int64_t utc_hour, std::uint32_t records);

/// The calls of plan_hour, without cutting them.
std::uint64_t calls_in_hour(const Stream& stream, std::uint64_t stream_index, std::uint64_t seed,
                            std::int64_t hour, std::int64_t utc_hour);

}  // namespace proviso::provider_sim
