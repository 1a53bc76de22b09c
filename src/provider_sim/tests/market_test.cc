// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/market.h"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "provider_sim/hour_plan.h"
#include "provider_sim/listening.h"

namespace proviso::provider_sim {
namespace {

constexpr std::int64_t kMonday = 4 * 24;  // 1970-01-05, in hours since 1970-01-01

std::vector<std::uint64_t> sorted_draws(std::uint64_t median, std::uint32_t sigma) {
  Draws draws(11);
  std::vector<std::uint64_t> out;
  for (int i = 0; i < 100'001; ++i) out.push_back(draws.log_normal(median, sigma));
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Draws, LogNormalHasItsQuantiles) {
  // z = 1.2816, 2.3263, 3.0902 of sigma 1.5: factors 6.84, 32.8, 103.
  const auto drawn = sorted_draws(1'000'000, 1'500);
  const auto at = [&](double share) {
    return static_cast<double>(drawn[static_cast<std::size_t>(share * 100'000)]) / 1e6;
  };
  EXPECT_NEAR(at(0.5), 1.0, 0.03);
  EXPECT_NEAR(at(0.9), 6.84, 0.4);  // chords between table entries: up to 5 % too far out
  EXPECT_NEAR(at(0.1), 1 / 6.84, 0.01);
  EXPECT_NEAR(at(0.99), 32.8, 2.0);
  EXPECT_NEAR(at(0.999), 103.0, 15.0);
}

TEST(Draws, LogNormalIsNeverNothing) { EXPECT_EQ(sorted_draws(1, 2'000).front(), 1U); }

TEST(Draws, LogUniformIsUniformInTheLogarithm) {
  Draws draws(5);
  int below = 0;
  for (int i = 0; i < 10'000; ++i) {
    const std::uint64_t drawn = draws.log_uniform(100, 10'000);
    ASSERT_GE(drawn, 100U);
    ASSERT_LE(drawn, 10'000U);
    below += drawn < 1'000 ? 1 : 0;
  }
  EXPECT_NEAR(below, 5'000, 200);
  EXPECT_EQ(draws.log_uniform(7, 7), 7U);
}

Stream steady(std::uint64_t per_hour) {
  Stream stream;
  stream.per_hour = per_hour;
  return stream;
}

std::uint64_t calls(const Stream& stream, std::int64_t hour, std::int64_t utc_hour = kMonday) {
  return calls_in_hour(stream, 0, 1, hour, utc_hour);
}

TEST(Shape, DoublesUntilItsCeiling) {
  Stream stream = steady(20'000);
  stream.shape.doubling_hours = 168;
  stream.shape.grows_from_hour = 10;
  stream.shape.ceiling = 100'000;
  EXPECT_EQ(calls(stream, 0), 20'000U);
  EXPECT_EQ(calls(stream, 10), 20'000U);
  EXPECT_EQ(calls(stream, 10 + 84), 30'000U);
  EXPECT_EQ(calls(stream, 10 + 168), 40'000U);
  EXPECT_EQ(calls(stream, 10 + 2 * 168), 80'000U);
  EXPECT_EQ(calls(stream, 10 + 3 * 168), 100'000U);
  EXPECT_EQ(calls(stream, 100'000), 100'000U);
}

TEST(Shape, WeekendFollowsTheClockOfTheCustomer) {
  Stream stream = steady(1'000);
  stream.shape.weekend_percent = 30;
  EXPECT_EQ(calls(stream, 0, kMonday), 1'000U);
  EXPECT_EQ(calls(stream, 0, kMonday - 1), 300U);
  stream.shape.zone_hours = 1;
  EXPECT_EQ(calls(stream, 0, kMonday - 1), 1'000U);
  stream.shape.zone_hours = -5;
  EXPECT_EQ(calls(stream, 0, kMonday + 4), 300U);
  EXPECT_EQ(calls(stream, 0, 0), 1'000U);  // 1969-12-31 there
}

TEST(Shape, EpisodesAndBeats) {
  Stream stream = steady(1'000);
  stream.shape.episodes[0] = {5, 7, 2};
  stream.shape.episodes[1] = {7, 9, 300};
  EXPECT_EQ(calls(stream, 4), 1'000U);
  EXPECT_EQ(calls(stream, 5), 20U);
  EXPECT_EQ(calls(stream, 7), 3'000U);
  EXPECT_EQ(calls(stream, 9), 1'000U);
  stream.shape.beat_every = 24;
  stream.shape.beat_for = 6;
  stream.shape.beat_at = 2;
  EXPECT_EQ(calls(stream, 3), 1'000U);
  EXPECT_EQ(calls(stream, 4), 0U);
  EXPECT_EQ(calls(stream, 22), 1'000U);
}

TEST(Market, HasSoManySubscriptionsAndAllTrades) {
  World world;
  add_market(world, 3'000, 1);
  EXPECT_EQ(world.subscriptions.size(), 3'000U);
  std::set<std::string> kinds;
  std::size_t declared = 0;
  for (const auto& customer : world.customers) kinds.insert(customer.kind);
  for (const auto& agreement : world.agreements) declared += agreement.declared.empty() ? 0U : 1U;
  EXPECT_EQ(kinds.size(), voice_trades().size() + media_trades().size() + compute_trades().size() +
                              web_trades().size());
  EXPECT_GT(declared, 500U);
  EXPECT_LT(declared, 2'500U);
}

TEST(Market, AnotherSeedGivesAnotherMarket) {
  World one;
  World two;
  add_market(one, 50, 1);
  add_market(two, 50, 2);
  EXPECT_NE(one.customers.front().name + one.customers[1].name + one.customers[2].name,
            two.customers.front().name + two.customers[1].name + two.customers[2].name);
}

TEST(Listening, ARampStartsSmallAndGetsPastItsOnset) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    Draws draws(seed);
    const Listening drawn = draw_slow_ramp(draws, kSeasonHours);
    EXPECT_GE(drawn.doubling_hours, 118U);
    EXPECT_LE(drawn.doubling_hours, 400U);
    EXPECT_GE(drawn.ramp_to, 300'000U);
    const Tenant tenant = listening_unit("x", drawn);
    const Stream& stored = tenant.tenancies.front().streams.front();
    std::uint64_t most = 0;
    for (std::int64_t hour = kSeasonHours - 24; hour < kSeasonHours; ++hour) {
      most = std::max(most, calls(stored, hour, kMonday + hour));
    }
    EXPECT_GE(most, kRampOnsetPerHour) << seed;
  }
}

TEST(Listening, ASharedLoadAddsUp) {
  Listening what;
  what.subscriptions = 8;
  const Tenant tenant = listening_unit("x", what);
  std::uint64_t sum = 0;
  for (const Tenancy& tenancy : tenant.tenancies) sum += tenancy.streams.front().per_hour;
  EXPECT_EQ(sum, 1'000'000U);
  EXPECT_EQ(tenant.tenancies.size(), 8U);
}

}  // namespace
}  // namespace proviso::provider_sim
