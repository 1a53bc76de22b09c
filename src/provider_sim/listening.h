// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

#include "provider_sim/draws.h"
#include "provider_sim/world.h"

namespace proviso::provider_sim {

/// A slow ramp's onset is the first hour in which so many recordings are stored: with five calls a
/// day each, all calls of half a million people. Chosen before any threshold, and kept apart.
inline constexpr std::uint64_t kRampOnsetPerHour = 100'000;

/// What a listening unit has declared to the provider.
enum class Declared : std::uint8_t {
  nothing,
  small_archive,  ///< storage of documents, and no speech
  a_part,         ///< storage and speech, a fraction of the truth
  all,            ///< storage and speech as they will be at most
};

/// One who records and recognises the calls of a population.
struct Listening {
  /// Recordings in the busiest hour; for a ramp those it begins with.
  std::uint64_t per_hour = 1'000'000;
  std::uint64_t seconds_each = 362;
  std::uint64_t bytes_per_second = 8'000;
  std::uint64_t recognised_percent = 100;
  Rhythm rhythm = Rhythm::flat;
  std::int32_t zone_hours = 0;
  std::int64_t from_hour = 0;
  /// Not 0: doubles each so many hours until `ramp_to`.
  std::uint32_t doubling_hours = 0;
  std::uint64_t ramp_to = 0;
  Declared declared = Declared::small_archive;
  /// Declared::small_archive: bytes a day; Declared::a_part: the truth divided by it.
  std::uint64_t declared_amount = 200'000'000'000;
  /// The load is shared between so many subscriptions of the one customer.
  std::uint32_t subscriptions = 1;
};

/// Its first stream of each subscription stores, the second recognises.
Tenant listening_unit(std::string slug, const Listening& what);

/// From 0.5 to 2 million recordings an hour from one hour on; everything else drawn widely
/// (README.md, "Those who listen"). Begins in [24, hours / 2).
Listening draw_million_calls(Draws& draws, std::int64_t hours);
/// Begins at the size of a contact centre and doubles each 5.5 to 18.5 % of `hours` (of 90 days: 5
/// to 17 days), up to 0.3 to 2 million an hour.
Listening draw_slow_ramp(Draws& draws, std::int64_t hours);

}  // namespace proviso::provider_sim
