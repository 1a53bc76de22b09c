// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "provider_sim/draws.h"
#include "provider_sim/world.h"

namespace proviso::provider_sim {

/// Within so many hours since the start the market's single events (outages, seasons, one-off jobs)
/// fall. Not the length of a simulation: more hours only append.
inline constexpr std::int64_t kSeasonHours = 90L * 24;

/// One subscription of an ordinary customer while it is drawn. Where sizes come from stands in
/// README.md ("The market"); no size depends on a threshold of the rulebook.
class Sketch {
 public:
  /// Draws region and clock, and whether this customer declares volumes at all.
  Sketch(Draws& draws, std::string_view use, std::uint32_t declares_per_mille = 650);

  /// `per_hour` calls in the busiest hour. The reference lives until the next add().
  Stream& add(std::string_view service, std::string_view operation, std::string_view resource_type,
              std::uint64_t per_hour, std::string_view unit, std::uint64_t unit_per_call,
              Rhythm rhythm);
  /// Declares a volume a day for what has been added so far: the usual use times a log-normal
  /// factor (median 1.5, sigma 0.7), since nobody knows its use well.
  void declare(std::string_view service, std::string_view unit);
  /// `per_mille` of customers: all streams of a service stand still for some hours and then catch
  /// up.
  void outage(std::uint32_t per_mille, std::string_view service);
  /// `per_mille` of customers: a season of some days with 1.5 to `most_percent` of the usual.
  void season(std::uint32_t per_mille, std::uint32_t most_percent);
  /// `per_mille` of customers grow: everything doubles within 6 weeks to 6 months, up to 4 times.
  void growth(std::uint32_t per_mille);

  Draws& draws() { return draws_; }
  [[nodiscard]] std::string_view region() const { return region_; }
  Tenancy take(std::string slug);
  /// For what applies to all streams at once.
  std::vector<Stream>& streams() { return tenancy_.streams; }

 private:
  void add_episode(Stream& stream, Episode episode) const;
  Draws& draws_;
  std::string_view region_;
  std::int32_t zone_hours_ = 0;
  bool declares_ = false;
  Tenancy tenancy_;
};

/// What one kind of customer does.
struct Trade {
  std::string_view kind;
  std::string_view name;
  /// So many of a thousand subscriptions.
  std::uint32_t per_mille = 0;
  Sketch (*draw)(Draws& draws);
};

// Each file holds some of them; all together have 1000 per mille (market.cc checks it).
std::vector<Trade> voice_trades();
std::vector<Trade> media_trades();
std::vector<Trade> compute_trades();
std::vector<Trade> web_trades();

/// Adds customers until they have so many subscriptions. No one among them does what the terms
/// forbid. One customer in eight has two subscriptions.
void add_market(World& world, std::uint32_t subscriptions, std::uint64_t seed);

}  // namespace proviso::provider_sim
