// SPDX-License-Identifier: Apache-2.0
// What a gate can name follows the deltas that it takes, also across a restart.
#include "gate_daemon/names.h"

#include <gtest/gtest.h>

#include "gate_daemon/haproxy_entries.h"
#include "gate_daemon/knowledge.h"
#include "gate_daemon/testing/served_world.h"
#include "gates/testing/fed_gate.h"

namespace proviso::gate_daemon {
namespace {

using gates::testing::FedGate;

std::string named(const Names& names) {
  std::string out;
  for (const Names::Subscription& s : names.subscriptions()) out += s.id + " ";
  for (const Names::Service& s : names.services()) out += s.name + " ";
  return out;
}

TEST(Names, FollowDeltas) {
  FedGate host;
  host.start();
  const auto first = Names::from_snapshot(model::write_snapshot(host.feed.last));
  ASSERT_TRUE(first) << first.error().message;
  EXPECT_EQ(named(*first), "sub-1 sub-2 object-storage speech ");
  host.feed.restrict_use(3);
  host.feed.lift(1);
  const std::string delta = model::write_delta(host.feed.delta());
  ASSERT_TRUE(host.gate->offer_delta(delta));
  const auto next = first->with_delta(delta);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(named(*next), "sub-2 sub-3 object-storage speech ");
  EXPECT_FALSE(first->with_delta("{}"));
  Latest<Names> kept_names;
  Knowledge knowledge(&kept_names, nullptr);
  knowledge.read_kept(host.fs, "/nothing");
  EXPECT_TRUE(kept_names.get()->services().empty());
  knowledge.read_kept(host.fs, gates::testing::kDir);
  const auto kept = kept_names.get();
  EXPECT_EQ(named(*kept), named(*next));
}

// I11: whom an order in shadow names is not to be learnt from a search.
TEST(Names, NameNobodyOfAnOrderInShadow) {
  FedGate host;
  model::Order order = gates::testing::restriction_of("sub-9", "object-storage", '9');
  order.restriction->rollout = {
      .first = {{{"north.example"}, gates::testing::at("2026-11-12T00:00:00Z")}},
      .everywhere_from = gates::testing::at("2026-11-15T00:00:00Z")};
  host.feed.whole();
  host.feed.world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}),
                               gates::testing::kInForce);
  const std::string delta = model::write_delta(host.feed.delta());
  const std::string whole = host.feed.whole();
  for (const auto& [gate, from] : {std::pair("north.example", "2026-11-12T00:00:00Z"),
                                   {"south.example", "2026-11-15T00:00:00Z"},
                                   {"", "2026-11-15T00:00:00Z"}}) {
    const auto names = Names::from_snapshot(whole, gate);
    ASSERT_TRUE(names) << names.error().message;
    const Time begins = gates::testing::at(from);
    EXPECT_FALSE(names->knows("sub-9", begins - std::chrono::seconds{1})) << gate;
    EXPECT_TRUE(names->knows("sub-9", begins)) << gate;
    EXPECT_TRUE(names->knows("sub-1", begins - std::chrono::seconds{1})) << gate;
  }
  FedGate other;
  const auto before = Names::from_snapshot(other.feed.whole(), "north.example");
  const auto next = before->with_delta(delta);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_FALSE(next->knows("sub-9", gates::testing::at("2026-11-11T23:59:59Z")));
  EXPECT_TRUE(next->knows("sub-9", gates::testing::at("2026-11-12T00:00:00Z")));
}

// The map is looked through again when a gate begins to enforce.
TEST(Names, HaproxyQuestionsKnowWhenAShadowEnds) {
  gates::testing::World world;
  model::Order order = gates::testing::restriction_of("sub-9", "object-storage", '9');
  order.restriction->rollout = {
      .first = {{{"north.example"}, gates::testing::at("2026-11-12T00:00:00Z")}},
      .everywhere_from = gates::testing::at("2026-11-15T00:00:00Z")};
  world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}), gates::testing::kInForce);
  const auto questions = HaproxyQuestions::from_snapshot(world.snapshot_text());
  ASSERT_TRUE(questions) << questions.error().message;
  for (const char* time : {"2026-11-12T00:00:00Z", "2026-11-15T00:00:00Z"}) {
    const std::int64_t at = unix_seconds(gates::testing::at(time));
    EXPECT_TRUE(questions->changes_in(at - 1, at)) << time;
    EXPECT_FALSE(questions->changes_in(at, at + 1)) << time;
  }
  testing::ServedWorld served(world, testing::ServedWorld::Choice{.name = "north.example"});
  served.clocks.pass_until(gates::testing::at("2026-11-11T00:00:00Z"));
  auto fresh = world.snapshot();
  fresh.made_at = gates::testing::at("2026-11-11T12:00:00Z");
  ASSERT_TRUE(served.gate->offer(model::write_snapshot(fresh)));
  EXPECT_TRUE(questions->ask(*served.gate).empty()) << "in shadow the map says nothing";
  served.clocks.pass_until(gates::testing::at("2026-11-12T00:00:00Z"));
  EXPECT_EQ(questions->ask(*served.gate).size(), 1U);
}

// Of whom HAProxy's map may have to speak follows them as well.
TEST(Names, HaproxyQuestionsFollowDeltas) {
  FedGate host;
  host.start();
  const auto first = HaproxyQuestions::from_snapshot(model::write_snapshot(host.feed.last));
  ASSERT_TRUE(first) << first.error().message;
  host.feed.restrict_use(3);
  host.feed.lift(1);
  const std::string delta = model::write_delta(host.feed.delta());
  ASSERT_TRUE(host.gate->offer_delta(delta));
  const auto next = first->with_delta(delta);
  ASSERT_TRUE(next) << next.error().message;
  const auto whole = HaproxyQuestions::from_snapshot(model::write_snapshot(host.feed.last));
  ASSERT_TRUE(whole) << whole.error().message;
  EXPECT_EQ(next->ask(*host.gate), whole->ask(*host.gate));
  EXPECT_FALSE(next->ask(*host.gate).empty());
  EXPECT_FALSE(first->with_delta("{}"));
}

}  // namespace
}  // namespace proviso::gate_daemon
