// SPDX-License-Identifier: Apache-2.0
// What a gate can name follows the deltas that it takes, also across a restart.
#include "gate_daemon/names.h"

#include <gtest/gtest.h>

#include "gate_daemon/haproxy_entries.h"
#include "gate_daemon/knowledge.h"
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
