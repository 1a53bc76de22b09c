// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "model/register.h"

namespace proviso::provider_sim {

/// How use follows the hour of the day (UTC). Each rhythm reaches 100 % in its busiest hour.
enum class Rhythm : std::uint8_t { flat, office, evening, night };
/// 0..100.
std::uint64_t percent_at(Rhythm rhythm, std::int64_t hour_of_day);

/// So much of `unit` per call, in thousandths.
struct PerCall {
  std::string_view unit;
  std::int64_t thousandths = 0;
};

/// Just this amount per call, in whole units.
constexpr std::array<PerCall, 2> each(std::string_view unit, std::int64_t per_call) {
  return {{{unit, per_call * 1000}, {}}};
}

/// In hours [from_hour, to_hour) since the start a stream does so many percent of its usual.
struct Episode {
  std::int64_t from_hour = 0;
  std::int64_t to_hour = 0;
  std::uint32_t percent = 100;
};

/// How use changes beyond the hours of a day. The default changes nothing.
struct Shape {
  /// The customer's clock minus UTC: its days and week ends follow it.
  std::int32_t zone_hours = 0;
  std::uint32_t weekend_percent = 100;
  /// Not 0: from `grows_from_hour` on the level doubles each so many hours (in between it grows
  /// linearly), until the busiest hour has `ceiling` calls.
  std::uint32_t doubling_hours = 0;
  std::int64_t grows_from_hour = 0;
  std::uint64_t ceiling = 0;
  /// Not 0: works only in the first `beat_for` of each `beat_every` hours, counted from `beat_at`.
  std::uint32_t beat_every = 0;
  std::uint32_t beat_for = 0;
  std::uint32_t beat_at = 0;
  std::array<Episode, 3> episodes{};
};

/// One operation that one subscription keeps calling.
struct Stream {
  std::string_view service{};
  std::string_view operation{};
  std::string_view region = "eu-central-1";
  std::string_view resource_type{};
  /// Calls in the busiest hour.
  std::uint64_t per_hour = 0;
  /// At most two; unused ones have no unit.
  std::array<PerCall, 2> amounts{};
  Rhythm rhythm = Rhythm::flat;
  /// Calls and amounts of an hour vary by so many percent up or down.
  std::uint32_t noise_percent = 0;
  /// Records an hour: 1, 2, 3, 4, 6 or 12.
  std::uint32_t records_per_hour = 1;
  std::string_view status = "success";
  /// Hours since the start, [from, to).
  std::int64_t from_hour = 0;
  std::int64_t to_hour = std::numeric_limits<std::int64_t>::max();
  Shape shape{};
  /// Index into World::subscriptions, set by World::add.
  std::uint32_t subscription = 0;
};

/// One subscription of a customer, with its unit and agreement. `slug` makes their ids.
struct Tenancy {
  std::string slug;
  std::string unit_name;
  std::string declared_use;
  std::vector<model::DeclaredVolume> declared;
  std::vector<Stream> streams;
  std::vector<std::string> exceptions;
};

/// A customer with all that it uses.
struct Tenant {
  std::string slug;
  std::string name;
  std::string kind;
  std::vector<std::string> protected_classes;
  std::vector<Tenancy> tenancies;
};

/// Everything that the simulated provider knows: its register, and who calls what.
struct World {
  std::vector<model::Customer> customers;
  std::vector<model::Unit> units;
  std::vector<model::Agreement> agreements;
  std::vector<model::Subscription> subscriptions;
  std::vector<model::Link> links;
  std::vector<Stream> streams;

  /// Ids are "cust-", "unit-", "agr-" and "sub-" with the slugs.
  void add(const Tenant& tenant);
};

}  // namespace proviso::provider_sim
