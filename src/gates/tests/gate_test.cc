// SPDX-License-Identifier: Apache-2.0
#include "gates/gate.h"

#include <thread>

#include <gtest/gtest.h>

#include "gates/testing/allocations.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::EffectKind;
using model::Order;
using model::Outcome;
using model::testing::sample_change;
using model::testing::sample_restriction;
using model::testing::sign_order;
using testing::at;
using testing::restriction_of;
using testing::sample_signed;
using testing::World;

constexpr const char* kInForce = "2026-11-06T00:00:00Z";
const Request kRead{"sub-1", "object-storage", "GetObject", "", ""};
const Request kWrite{"sub-1", "object-storage", "PutObject", "", ""};
const Request kExport{"sub-1", "object-storage", "ExportBucket", "", ""};

Gate load(const World& world, const GateOptions& options = {}) {
  auto gate = Gate::load(world.snapshot_text(), world.trust(), options);
  EXPECT_TRUE(gate) << gate.error().message;
  return std::move(*gate);
}

Gate load(const Order& order) {
  World world;
  world.put_in_force(sign_order(order, {"ada", "ben", "cleo"}), kInForce);
  return load(world);
}

std::string effect_on(const Gate& gate, const Request& request, const char* time) {
  const Verdict v = gate.check(request, at(time));
  return to_string(v.effect) + (v.refused() ? " refused" : "");
}

TEST(Gate, AllowsWhatNoOrderNamesI4) {
  const Gate gate = load(sample_restriction());
  for (const Request& request :
       {Request{"sub-2", "object-storage", "PutObject", "", ""},
        Request{"sub-1", "speech", "Recognize", "", ""}, Request{"", "", "", "", ""},
        Request{"SUB-1", "object-storage", "PutObject", "", ""}}) {
    const Verdict v = gate.check(request, at("2026-11-25T00:00:00Z"));
    EXPECT_EQ(v.effect, model::Effect{});
    EXPECT_EQ(v.outcome, Outcome::yes);
    EXPECT_FALSE(v.restricted());
  }
}

TEST(Gate, FollowsTheStagesAndEndsI5) {
  const Gate gate = load(sample_restriction());
  EXPECT_EQ(effect_on(gate, kWrite, "2026-11-09T23:59:59Z"), "allow");
  EXPECT_EQ(effect_on(gate, kWrite, "2026-11-10T00:00:00Z"), "read-only refused");
  EXPECT_EQ(effect_on(gate, kRead, "2026-11-10T00:00:00Z"), "read-only");
  EXPECT_EQ(effect_on(gate, kRead, "2026-11-20T00:00:00Z"), "export-only refused");
  EXPECT_EQ(effect_on(gate, kExport, "2026-11-20T00:00:00Z"), "export-only") << "I6";
  EXPECT_EQ(effect_on(gate, kWrite, "2027-01-31T00:00:00Z"), "allow");
}

TEST(Gate, TellsTheOrderBehindAVerdict) {
  const Gate gate = load(sample_restriction());
  const Verdict v = gate.check(kWrite, at("2026-11-10T00:00:00Z"));
  ASSERT_TRUE(v.restricted());
  const EnforcedOrder order = gate.order(v.order);
  EXPECT_EQ(order.digest, order_digest(sample_restriction()));
  EXPECT_EQ(order.term, "mass-surveillance");
  EXPECT_EQ(order.until, at("2027-01-31T00:00:00Z"));
  EXPECT_FALSE(order.review);
  EXPECT_EQ(gate.snapshot_made_at(), at("2026-11-08T00:00:00Z"));
}

TEST(Gate, NothingBeforeItsEntry) {
  World world;
  world.put_in_force(sample_signed(), "2026-11-25T00:00:00Z");
  const Gate gate = load(world);
  EXPECT_EQ(effect_on(gate, kRead, "2026-11-24T00:00:00Z"), "allow");
  EXPECT_EQ(effect_on(gate, kRead, "2026-11-25T00:00:00Z"), "export-only refused");
}

TEST(Gate, ALiftedOrderIsGoneI5) {
  World world;
  world.put_in_force(sample_signed(), kInForce);
  world.put_in_force(
      sign_order(model::testing::sample_lift(order_digest(sample_restriction())), {"cleo"}),
      "2026-11-12T00:00:00Z");
  EXPECT_EQ(effect_on(load(world), kWrite, "2026-11-13T00:00:00Z"), "allow");
}

TEST(Gate, ARevokedApproverStopsOnlyWhatHasNotBegunI10) {
  World world;
  world.put_in_force(sample_signed(), kInForce);
  auto roster = model::testing::sample_roster();
  roster.erase(roster.begin() + 2);  // ben
  world.put_in_force(
      sign_order(sample_change(model::OrderKind::roster, model::roster_to_json(roster)),
                 {"ada", "cleo"}),
      "2026-11-15T00:00:00Z");
  const Gate gate = load(world);
  EXPECT_EQ(effect_on(gate, kWrite, "2026-11-16T00:00:00Z"), "read-only refused");
  EXPECT_EQ(effect_on(gate, kRead, "2026-11-25T00:00:00Z"), "read-only");
}

TEST(Gate, AStaleGateBeginsNoStricterStageI10) {
  World world;  // its snapshots are made on 8 November
  world.put_in_force(sample_signed(), kInForce);
  const auto with = [&](Duration freshness) { return load(world, {.stage_freshness = freshness}); };
  const Gate day = with(kStageFreshness);
  EXPECT_EQ(effect_on(day, kWrite, "2026-11-10T00:00:00Z"), "allow");
  EXPECT_EQ(effect_on(day, kWrite, "2026-11-25T00:00:00Z"), "allow");
  const Gate two_days = with(std::chrono::hours{48});
  EXPECT_EQ(effect_on(two_days, kWrite, "2026-11-10T00:00:00Z"), "read-only refused");
  EXPECT_EQ(effect_on(two_days, kRead, "2026-11-25T00:00:00Z"), "read-only") << "not the second";
  EXPECT_EQ(effect_on(two_days, kWrite, "2027-01-31T00:00:00Z"), "allow") << "ends always run";
}

TEST(Gate, AGuidMatchesInAnyCase) {
  const Gate gate =
      load(restriction_of("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "object-storage", '7'));
  const Request upper{"AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE", "object-storage", "PutObject", "",
                      ""};
  EXPECT_EQ(effect_on(gate, upper, "2026-11-12T00:00:00Z"), "read-only refused");
}

TEST(Gate, RegionsAndResourcesMustBeToldToMatch) {
  const std::string resource = sha256("bucket").hex();
  Order order = sample_restriction();
  order.restriction->scope.front().regions = {"eu-west"};
  order.restriction->scope.front().resources = {resource};
  const Gate gate = load(order);
  const auto check = [&](std::string_view region, std::string_view bucket) {
    return effect_on(gate, {"sub-1", "object-storage", "PutObject", region, bucket},
                     "2026-11-12T00:00:00Z");
  };
  EXPECT_EQ(check("eu-west", resource), "read-only refused");
  EXPECT_EQ(check("", resource), "allow");
  EXPECT_EQ(check("eu-west", ""), "allow");
  EXPECT_EQ(check("eu-west-1", resource), "allow");
  EXPECT_EQ(check("eu-west", sha256("another").hex()), "allow");
}

TEST(Gate, TheStrictestWinsAndThrottlesStillLimit) {
  Order throttle = restriction_of("sub-1", "object-storage", '7');
  throttle.restriction->stages = {{at("2026-11-10T00:00:00Z"), {EffectKind::throttle, 5}}};
  World world;
  world.put_in_force(sample_signed(), kInForce);
  world.put_in_force(sign_order(throttle, {"ada", "ben"}), kInForce);
  const Gate gate = load(world);
  const Verdict read = gate.check(kRead, at("2026-11-12T00:00:00Z"));
  EXPECT_EQ(to_string(read.effect), "read-only");
  EXPECT_EQ(read.outcome, Outcome::limited);
  EXPECT_EQ(read.rate_per_second, 5U);
  EXPECT_EQ(gate.order(read.order).digest, order_digest(sample_restriction()));
  EXPECT_EQ(gate.check(kWrite, at("2026-11-12T00:00:00Z")).outcome, Outcome::no);
}

// The order pins the old catalogue, in which PutObject was a write; the new one calls it a read.
TEST(Gate, ALaterCatalogueChangesNothingI3) {
  World world;
  world.put_in_force(sample_signed(), kInForce);
  const Json next = *parse_json(R"({"version":1,"services":[{"service":"object-storage",)"
                                R"("operations":{"PutObject":"read"}}]})");
  const Digest digest = sha256(canonical_json(next));
  world.put_in_force(
      sign_order(sample_change(model::OrderKind::catalogue, Json::Object{{"digest", digest.hex()}}),
                 {"ada", "ben"}),
      "2026-11-07T00:00:00Z");
  Order later = restriction_of("sub-2", "object-storage", '7');
  later.restriction->catalogue = digest;
  world.put_in_force(sign_order(later, {"ada", "ben"}), "2026-11-08T00:00:00Z");
  model::GateSnapshot snapshot = world.snapshot();
  snapshot.catalogues.push_back(next);
  const auto gate = Gate::load(model::write_snapshot(snapshot), world.trust());
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(effect_on(*gate, kWrite, "2026-11-12T00:00:00Z"), "read-only refused");
  EXPECT_EQ(
      effect_on(*gate, {"sub-2", "object-storage", "PutObject", "", ""}, "2026-11-12T00:00:00Z"),
      "read-only");
}

TEST(Gate, ChecksAllocateNothing) {
  const Gate gate =
      load(restriction_of("aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", "object-storage", '7'));
  const std::string upper = "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE";
  const Time now = at("2026-11-12T00:00:00Z");
  const std::size_t before = testing::allocations();
  const Verdict hit = gate.check({upper, "object-storage", "PutObject", "eu", ""}, now);
  const Verdict miss = gate.check(kWrite, now);
  const std::size_t after = testing::allocations();
  EXPECT_EQ(after, before);
  EXPECT_TRUE(hit.refused());
  EXPECT_FALSE(miss.refused());
}

TEST(Gate, ServesManyThreads) {
  const Gate gate = load(sample_restriction());
  std::vector<std::jthread> threads;
  std::array<std::size_t, 4> refused{};
  for (std::size_t& count : refused) {
    threads.emplace_back([&gate, &count] {
      for (int i = 0; i < 1'000; ++i) {
        count += gate.check(kWrite, at("2026-11-12T00:00:00Z")).refused() ? 1U : 0U;
      }
    });
  }
  threads.clear();
  for (const std::size_t count : refused) EXPECT_EQ(count, 1'000U);
}

}  // namespace
}  // namespace proviso::gates
