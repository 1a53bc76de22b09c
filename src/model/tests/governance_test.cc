// SPDX-License-Identifier: Apache-2.0
#include "model/governance.h"

#include <gtest/gtest.h>

#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::at;
using testing::member;
using testing::sample_catalogue;
using testing::sample_change;
using testing::sample_genesis;
using testing::sample_restriction;
using testing::sign_order;

std::vector<RosterMember> roster_without(const std::string& name) {
  std::vector<RosterMember> roster = testing::sample_roster();
  std::erase_if(roster, [&](const RosterMember& m) { return m.person == "person-" + name; });
  return roster;
}

SignedOrder remove_from_roster(const std::string& name, const std::vector<std::string>& approvers) {
  return sign_order(sample_change(OrderKind::roster, roster_to_json(roster_without(name))),
                    approvers);
}

std::string message(const Result<Standing>& result) { return result ? "" : result.error().message; }
#define EXPECT_SAYS(result, part) \
  EXPECT_NE(message(result).find(part), std::string::npos) << message(result)

TEST(Governance, ARosterOrderNeedsItsApprovals) {
  Governance governance = Governance::from(sample_genesis());
  const Time t = at("2026-11-12T10:00:00Z");
  EXPECT_SAYS(governance.apply(remove_from_roster("ben", {"ada"}), t), "I2");
  EXPECT_TRUE(governance.apply(remove_from_roster("ben", {"ada", "ben"}), t));
  EXPECT_EQ(governance.authority().roster.size(), 3U);
  EXPECT_EQ(governance.authority_at(t - std::chrono::seconds{1}).roster.size(), 4U);
  EXPECT_EQ(governance.authority_at(t).roster.size(), 3U);
}

TEST(Governance, AnOldRosterCannotBeReplayed) {
  Governance governance = Governance::from(sample_genesis());
  const SignedOrder with_ben =
      sign_order(sample_change(OrderKind::roster, roster_to_json(testing::sample_roster()), '4'),
                 {"ada", "cleo"});
  ASSERT_TRUE(governance.apply(with_ben, at("2026-11-10T00:00:00Z")));
  ASSERT_TRUE(
      governance.apply(remove_from_roster("ben", {"ada", "cleo"}), at("2026-11-11T00:00:00Z")));
  EXPECT_SAYS(governance.apply(with_ben, at("2026-11-12T00:00:00Z")), "before");
  EXPECT_EQ(governance.authority().roster.size(), 3U);
}

TEST(Governance, RefusesAnOrderOfAnotherLedger) {
  Governance governance = Governance::from(sample_genesis());
  Order order = sample_change(OrderKind::roster, roster_to_json(roster_without("ben")));
  order.ledger = "ledger.example/other";
  EXPECT_SAYS(governance.apply(sign_order(order, {"ada", "ben"}), at("2026-11-12T00:00:00Z")),
              "another ledger");
  Order restriction = sample_restriction();
  restriction.ledger = "ledger.example/other";
  EXPECT_SAYS(check_restriction(sign_order(restriction, {"ada", "ben"}), governance,
                                sample_catalogue(), at("2026-11-06T00:00:00Z")),
              "another ledger");
}

TEST(Governance, RefusesARosterThatCouldDecideNothing) {
  Governance governance = Governance::from(sample_genesis());
  const Order order =
      sample_change(OrderKind::roster, roster_to_json({member("ada", Role::approver)}));
  EXPECT_FALSE(governance.apply(sign_order(order, {"ada", "ben"}), at("2026-11-12T00:00:00Z")));
}

TEST(Governance, RefusesWhatChangesNothing) {
  Governance governance = Governance::from(sample_genesis());
  EXPECT_FALSE(governance.apply(sign_order(sample_restriction(), {"ada", "ben"}),
                                at("2026-11-12T00:00:00Z")));
}

TEST(Governance, KnowsEveryCatalogueThatWasInForce) {
  Governance governance = Governance::from(sample_genesis());
  const Digest next = sha256("the next catalogue");
  EXPECT_FALSE(governance.knows_catalogue(next));
  const Order order = sample_change(OrderKind::catalogue, Json::Object{{"digest", next.hex()}});
  ASSERT_TRUE(governance.apply(sign_order(order, {"ada", "ben"}), at("2026-11-12T00:00:00Z")));
  EXPECT_TRUE(governance.knows_catalogue(next));
  EXPECT_TRUE(governance.knows_catalogue(sample_catalogue().digest()));
  EXPECT_EQ(governance.documents().catalogue, next);
  EXPECT_EQ(governance.documents().terms, sample_genesis().documents.terms);
}

TEST(CheckRestriction, NamesTheInvariant) {
  const Governance governance = Governance::from(sample_genesis());
  const Time t = at("2026-11-06T00:00:00Z");
  const auto check = [&](const Order& order, const std::vector<std::string>& approvers) {
    return check_restriction(sign_order(order, approvers), governance, sample_catalogue(), t);
  };
  EXPECT_TRUE(check(sample_restriction(), {"ada", "ben"}));
  EXPECT_SAYS(check(sample_restriction(), {"ada"}), "I2");
  Order order = sample_restriction();
  order.restriction->catalogue = sha256("another");
  EXPECT_SAYS(check(order, {"ada", "ben"}), "I3");
  order = sample_restriction();
  order.restriction->closes_export = true;
  EXPECT_SAYS(check(order, {"ada", "ben", "cleo"}), "I6");
  order = sample_restriction();
  order.restriction->stages.back().effect = {EffectKind::deny, 0};
  EXPECT_SAYS(check(order, {"ada", "ben", "cleo"}), "I6");
  order.restriction->closes_export = true;
  EXPECT_SAYS(check(order, {"ada", "ben"}), "I6");
  EXPECT_TRUE(check(order, {"ada", "ben", "cleo"}));
  order = testing::against(sample_restriction(), "news-medium");
  EXPECT_SAYS(check(order, {"ada"}), "1 of 3 valid approvals (I2)");
  EXPECT_SAYS(check(order, {"ada", "cleo"}), "I15: a protected subject takes 1 more");
  EXPECT_TRUE(check(order, {"ada", "ben", "cleo"}));
}

TEST(CheckRestriction, ApprovalsExpireThirtyDaysAfterTheProposal) {
  const Governance governance = Governance::from(sample_genesis());
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  const Time last = order.order.proposed_at + kDecisionMax;
  EXPECT_TRUE(check_restriction(order, governance, sample_catalogue(), last));
  EXPECT_SAYS(
      check_restriction(order, governance, sample_catalogue(), last + std::chrono::seconds{1}),
      "expired");
  Governance changed = Governance::from(sample_genesis());
  const SignedOrder roster = remove_from_roster("ben", {"ada", "ben"});
  EXPECT_SAYS(
      changed.apply(roster, roster.order.proposed_at + kDecisionMax + std::chrono::seconds{1}),
      "expired");
}

TEST(CheckRestriction, AnEmergencyTakesTwoWhateverThePolicySays) {
  Genesis genesis = sample_genesis();
  genesis.authority.policy.approvals["restrict"] = 3;
  const Governance governance = Governance::from(genesis);
  Order order = sample_restriction();
  const Time now = order.proposed_at;
  order.restriction->stages = {{now, {EffectKind::read_only, 0}}};
  order.restriction->until = now + kEmergencyMax;
  const auto check = [&](const std::vector<std::string>& people) {
    return check_restriction(sign_order(order, people), governance, sample_catalogue(), now);
  };
  EXPECT_SAYS(check({"ada", "ben"}), "2 of 3");
  order.restriction->emergency = true;
  EXPECT_TRUE(check({"ada", "ben"}));
  EXPECT_SAYS(check({"ada"}), "1 of 2");
}

TEST(CheckLift, OneApproverIsEnoughI5) {
  const Governance governance = Governance::from(sample_genesis());
  const Order lift = testing::sample_lift(order_digest(sample_restriction()));
  const Time t = at("2026-11-16T00:00:00Z");
  EXPECT_TRUE(check_lift(sign_order(lift, {"ben"}), governance, t));
  EXPECT_FALSE(check_lift(sign_order(lift, {}), governance, t));
  EXPECT_FALSE(check_lift(sign_order(lift, {"petra"}), governance, t));
  EXPECT_FALSE(check_lift(sign_order(sample_restriction(), {"ada", "ben"}), governance, t));
}

std::string effect_on(const Governance& governance, const SignedOrder& order, const char* time) {
  return to_string(governance.effect_at(order, at("2026-11-06T00:00:00Z"), at(time)));
}

TEST(EffectAt, FollowsTheStagesAndEnds) {
  const Governance governance = Governance::from(sample_genesis());
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  EXPECT_EQ(effect_on(governance, order, "2026-11-09T23:59:59Z"), "allow");
  EXPECT_EQ(effect_on(governance, order, "2026-11-10T00:00:00Z"), "read-only");
  EXPECT_EQ(effect_on(governance, order, "2026-11-19T23:59:59Z"), "read-only");
  EXPECT_EQ(effect_on(governance, order, "2026-11-20T00:00:00Z"), "export-only");
  EXPECT_EQ(effect_on(governance, order, "2027-01-30T23:59:59Z"), "export-only");
  EXPECT_EQ(effect_on(governance, order, "2027-01-31T00:00:00Z"), "allow");
}

TEST(EffectAt, NothingBeforeItIsInForce) {
  const Governance governance = Governance::from(sample_genesis());
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  const Time late = at("2026-11-25T00:00:00Z");
  EXPECT_EQ(to_string(governance.effect_at(order, late, at("2026-11-24T00:00:00Z"))), "allow");
  EXPECT_EQ(to_string(governance.effect_at(order, late, late)), "export-only");
  const Time too_late = at("2027-02-01T00:00:00Z");
  EXPECT_EQ(to_string(governance.effect_at(order, too_late, too_late)), "allow");
}

TEST(EffectAt, ARevokedApproverStopsAStageThatHasNotBegunI10) {
  Governance governance = Governance::from(sample_genesis());
  ASSERT_TRUE(
      governance.apply(remove_from_roster("ben", {"ada", "ben"}), at("2026-11-15T00:00:00Z")));
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  EXPECT_EQ(effect_on(governance, order, "2026-11-16T00:00:00Z"), "read-only") << "it had begun";
  EXPECT_EQ(effect_on(governance, order, "2026-11-21T00:00:00Z"), "read-only") << "not the next";
  const SignedOrder three = sign_order(sample_restriction(), {"ada", "ben", "cleo"});
  EXPECT_EQ(effect_on(governance, three, "2026-11-21T00:00:00Z"), "export-only");
}

TEST(EffectAt, EasingAlwaysRunsI10) {
  Governance governance = Governance::from(sample_genesis());
  ASSERT_TRUE(
      governance.apply(remove_from_roster("ben", {"ada", "ben"}), at("2026-11-15T00:00:00Z")));
  Order order = sample_restriction();
  order.restriction->stages = {{at("2026-11-10T00:00:00Z"), {EffectKind::export_only, 0}},
                               {at("2026-11-20T00:00:00Z"), {EffectKind::throttle, 5}}};
  const SignedOrder easing = sign_order(order, {"ada", "ben"});
  EXPECT_EQ(effect_on(governance, easing, "2026-11-19T00:00:00Z"), "export-only");
  EXPECT_EQ(effect_on(governance, easing, "2026-11-20T00:00:00Z"), "throttle=5/s");
}

// The plain reading of I10, stage by stage, against the schedule.
TEST(EffectAt, AgreesWithTheSlowReadingAtEveryTime) {
  Governance governance = Governance::from(sample_genesis());
  ASSERT_TRUE(
      governance.apply(remove_from_roster("ben", {"ada", "ben"}), at("2026-11-15T00:00:00Z")));
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  int asked = 0;
  for (int in_force = 0; in_force < 30; in_force += 3) {
    const Time since = at("2026-11-01T00:00:00Z") + std::chrono::days{in_force};
    const auto then = standing(order, governance.authority_at(since));
    if (!then || !then->enough()) continue;  // such an order never comes into force
    ++asked;
    for (int day = 0; day < 100; ++day) {
      const Time now = at("2026-11-01T00:00:00Z") + std::chrono::days{day};
      Effect slow;
      for (const Stage& stage : order.order.restriction->stages) {
        const Time begins = std::max(stage.from, since);
        if (now < begins) continue;
        const auto s = standing(order, governance.authority_at(begins));
        if (!stricter(stage.effect, slow) || (s && s->enough())) slow = stage.effect;
      }
      if (now >= *order.order.restriction->until) slow = {};
      EXPECT_EQ(governance.effect_at(order, since, now), slow) << in_force << " " << day;
    }
  }
  EXPECT_EQ(asked, 5);
}

}  // namespace
}  // namespace proviso::model
