// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/market.h"

#include <algorithm>

#include "base/check.h"

namespace proviso::provider_sim {
namespace {

struct Place {
  std::string_view region;
  std::int32_t zone_hours;
};
constexpr std::array<Place, 6> kPlaces = {{{"eu-central-1", 1},
                                           {"eu-west-1", 0},
                                           {"us-east-1", -5},
                                           {"us-west-2", -8},
                                           {"ap-northeast-1", 9},
                                           {"sa-east-1", -3}}};

std::uint64_t usual_per_day(const Stream& stream, std::string_view unit) {
  std::uint64_t percent = 0;
  for (std::int64_t hour = 0; hour < 24; ++hour) percent += percent_at(stream.rhythm, hour);
  std::uint64_t calls = stream.per_hour * percent / 100;
  const Shape& shape = stream.shape;
  if (shape.beat_every != 0) calls = calls * shape.beat_for / shape.beat_every;
  std::uint64_t out = 0;
  for (const PerCall& per_call : stream.amounts) {
    if (per_call.unit != unit) continue;
    out += calls * static_cast<std::uint64_t>(per_call.thousandths) / 1000;
  }
  return out;
}

std::vector<Trade> all_trades() {
  std::vector<Trade> all;
  for (const auto& some : {voice_trades(), media_trades(), compute_trades(), web_trades()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  std::uint32_t sum = 0;
  for (const Trade& trade : all) sum += trade.per_mille;
  CHECK(sum == 1000);
  return all;
}

const Trade& draw_trade(const std::vector<Trade>& all, Draws& draws) {
  std::uint64_t at = draws.below(1000);
  for (const Trade& trade : all) {
    if (at < trade.per_mille) return trade;
    at -= trade.per_mille;
  }
  return all.back();
}

std::string four_digits(std::uint32_t number) {
  std::string digits = std::to_string(number);
  if (digits.size() < 4) digits.insert(0, 4 - digits.size(), '0');
  return digits;
}

}  // namespace

Sketch::Sketch(Draws& draws, std::string_view use, std::uint32_t declares_per_mille)
    : draws_(draws) {
  const Place& place = kPlaces[draws.below(kPlaces.size())];
  region_ = place.region;
  zone_hours_ = place.zone_hours;
  declares_ = draws.chance(declares_per_mille);
  tenancy_.unit_name = "Unit";
  tenancy_.declared_use = std::string(use);
}

Stream& Sketch::add(std::string_view service, std::string_view operation,
                    std::string_view resource_type, std::uint64_t per_hour, std::string_view unit,
                    std::uint64_t unit_per_call, Rhythm rhythm) {
  Stream stream;
  stream.service = service;
  stream.operation = operation;
  stream.resource_type = resource_type;
  stream.region = region_;
  stream.per_hour = per_hour;
  if (!unit.empty()) stream.amounts = each(unit, static_cast<std::int64_t>(unit_per_call));
  stream.rhythm = rhythm;
  stream.noise_percent = 25;
  stream.shape.zone_hours = zone_hours_;
  if (rhythm == Rhythm::office) stream.shape.weekend_percent = 25;
  if (rhythm == Rhythm::evening) stream.shape.weekend_percent = 120;
  tenancy_.streams.push_back(stream);
  return tenancy_.streams.back();
}

void Sketch::declare(std::string_view service, std::string_view unit) {
  const std::uint64_t factor = draws_.log_normal(1500, 700);
  if (!declares_) return;
  std::uint64_t usual = 0;
  for (const Stream& stream : tenancy_.streams) {
    if (stream.service == service) usual += usual_per_day(stream, unit);
  }
  tenancy_.declared.push_back({model::ServiceId(std::string(service)), std::string(unit),
                               static_cast<std::int64_t>(usual * factor / 1000 + 1)});
}

void Sketch::add_episode(Stream& stream, Episode episode) const {
  for (Episode& free : stream.shape.episodes) {
    if (free.to_hour != 0) continue;
    free = episode;
    return;
  }
}

void Sketch::outage(std::uint32_t per_mille, std::string_view service) {
  const auto from = static_cast<std::int64_t>(draws_.below(kSeasonHours));
  const auto lasts = static_cast<std::int64_t>(draws_.between(1, 12));
  const auto percent = static_cast<std::uint32_t>(draws_.between(150, 400));
  if (!draws_.chance(per_mille)) return;
  for (Stream& stream : tenancy_.streams) {
    if (stream.service != service) continue;
    add_episode(stream, {from, from + lasts, 2});
    add_episode(stream, {from + lasts, from + 2 * lasts, percent});
  }
}

void Sketch::season(std::uint32_t per_mille, std::uint32_t most_percent) {
  const auto from = static_cast<std::int64_t>(draws_.below(kSeasonHours));
  const auto lasts = static_cast<std::int64_t>(draws_.between(24, 7 * 24));
  const auto percent = static_cast<std::uint32_t>(draws_.log_uniform(150, most_percent));
  if (!draws_.chance(per_mille)) return;
  for (Stream& stream : tenancy_.streams) add_episode(stream, {from, from + lasts, percent});
}

void Sketch::growth(std::uint32_t per_mille) {
  const auto doubling = static_cast<std::uint32_t>(draws_.between(1'000, 4'400));
  const auto from = static_cast<std::int64_t>(draws_.below(kSeasonHours));
  if (!draws_.chance(per_mille)) return;
  for (Stream& stream : tenancy_.streams) {
    stream.shape.doubling_hours = doubling;
    stream.shape.grows_from_hour = from;
    stream.shape.ceiling = stream.per_hour * 4;
  }
}

Tenancy Sketch::take(std::string slug) {
  tenancy_.slug = std::move(slug);
  return std::move(tenancy_);
}

void add_market(World& world, std::uint32_t subscriptions, std::uint64_t seed) {
  const std::vector<Trade> all = all_trades();
  Draws draws(seed ^ 0x3A9C17E5ULL);
  std::uint32_t made = 0;
  for (std::uint32_t number = 1; made < subscriptions; ++number) {
    const Trade& trade = draw_trade(all, draws);
    const std::string digits = four_digits(number);
    Tenant tenant{
        "m" + digits, std::string(trade.name) + " " + digits, std::string(trade.kind), {}, {}};
    const std::uint32_t wanted = draws.chance(125) ? 2 : 1;
    for (std::uint32_t i = 0; i < wanted && made < subscriptions; ++i, ++made) {
      tenant.tenancies.push_back(trade.draw(draws).take(i == 0 ? "a" : "b"));
    }
    world.add(tenant);
  }
}

}  // namespace proviso::provider_sim
