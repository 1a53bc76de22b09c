// SPDX-License-Identifier: Apache-2.0
// What a gate can name follows the deltas that it takes, also across a restart.
#include "gate_daemon/names.h"

#include <gtest/gtest.h>

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
  const auto kept = Names::from_state(gates::testing::kDir, host.fs);
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_EQ(named(*kept), named(*next));
  EXPECT_FALSE(Names::from_state("/nothing", host.fs));
}

}  // namespace
}  // namespace proviso::gate_daemon
