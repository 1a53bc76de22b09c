// SPDX-License-Identifier: Apache-2.0
// Attacks on who decides: a server that swaps what is signed, keys of other roles, emergencies by
// whoever is at hand. Each is refused, and the refusal names the invariant.
#include <gtest/gtest.h>

#include "gates/testing/refusal.h"

namespace proviso::gates {
namespace {

using model::Order;
using model::OrderKind;
using model::SignedOrder;
using model::testing::approve;
using model::testing::member;
using model::testing::propose;
using model::testing::sample_change;
using model::testing::sample_restriction;
using model::testing::sign_order;
using testing::kNow;
using testing::refusal;
using testing::sample_signed;
using testing::World;

SignedOrder of_roster(const std::vector<model::RosterMember>& roster,
                      const std::vector<std::string>& approvers) {
  return sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), approvers);
}

// The server shows one order and has another signed. Who signs in its web console signs what it
// likes; who signs with a key of their own reads the order first, and so signs the true one only.
TEST(Attack, AServerThatSwapsWhatIsSignedI2) {
  const Order shown = sample_restriction();
  Order swapped = shown;
  swapped.restriction->scope.front().subscription.value = "sub-2";
  const auto refused = [](const SignedOrder& order) {
    World world;
    world.let_server_mediate({"mia", "max"});
    world.put_in_force(order, kNow);
    return refusal(world);
  };
  EXPECT_EQ(refused(sign_order(shown, {"mia", "ada"})), "accepted");
  EXPECT_REFUSED(refused(sign_order(swapped, {"mia", "max"})), "I2");
  SignedOrder order = sign_order(swapped, {"mia", "max"});
  order.approvals.push_back(approve("ada", canonical_order(shown)));
  EXPECT_REFUSED(refused(order), "I2");
  order.approvals.erase(order.approvals.begin());
  EXPECT_REFUSED(refused(order), "I2");
  EXPECT_REFUSED(refused(sign_order(shown, {"mia", "max"})), "I2");
}

// Nor does it take over who decides: by a policy, a roster, or keys that nobody allowed.
TEST(Attack, ServerMediatedKeysChangeNoRosterI2) {
  auto without_ben = model::testing::sample_roster();
  std::erase_if(without_ben, [](const auto& m) { return m.person == "person-ben"; });
  World world;
  world.let_server_mediate({"mia", "max"});
  world.put_in_force(of_roster(without_ben, {"mia", "max"}), "2026-11-03T00:00:00Z");
  EXPECT_REFUSED(refusal(world), "I2");
  World unasked;
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::server_mediated(member("mia", model::Role::approver)));
  unasked.put_in_force(of_roster(roster, {"ada", "ben"}), "2026-11-02T00:00:00Z");
  EXPECT_REFUSED(refusal(unasked), "the policy allows none");
}

TEST(Attack, AnEmergencyByWhoIsNotOnCallI2) {
  Order order = sample_restriction();
  order.restriction->emergency = true;
  order.restriction->stages = {{order.proposed_at, {model::EffectKind::read_only, 0}}};
  order.restriction->until = order.proposed_at + model::kEmergencyMax;
  EXPECT_EQ(refusal(sign_order(order, {"ada", "ben"})), "accepted");
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "cleo"})), "on call");
}

TEST(Attack, AReviewerOrAuditorDecidesNothingI2) {
  for (const model::Role role :
       {model::Role::reviewer, model::Role::case_manager, model::Role::auditor}) {
    World world;
    auto roster = model::testing::sample_roster();
    roster.push_back(member("rita", role));
    world.put_in_force(of_roster(roster, {"ada", "ben"}), "2026-11-02T00:00:00Z");
    World proposes = world;
    world.put_in_force(sign_order(sample_restriction(), {"ada", "rita"}), kNow);
    EXPECT_REFUSED(refusal(world), "1 of 2 valid approvals (I2)");
    SignedOrder order = sample_signed();
    order.proposal = propose("rita", order.canonical);
    proposes.put_in_force(order, kNow);
    EXPECT_REFUSED(refusal(proposes), "only proposers and approvers propose (I2)");
  }
}

}  // namespace
}  // namespace proviso::gates
