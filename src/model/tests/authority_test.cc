// SPDX-License-Identifier: Apache-2.0
#include "model/authority.h"

#include <gtest/gtest.h>

#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::approve;
using testing::member;
using testing::propose;
using testing::sample_restriction;
using testing::sign_order;

Authority sample() { return {testing::sample_roster(), testing::sample_policy()}; }

std::int64_t valid_approvals(const SignedOrder& order, const Authority& authority) {
  const auto s = standing(order, authority);
  return s ? s->valid : -1;
}

TEST(Standing, CountsDistinctApproversOnly) {
  const Authority authority = sample();
  const Order order = sample_restriction();
  EXPECT_EQ(valid_approvals(sign_order(order, {}), authority), 0);
  EXPECT_EQ(valid_approvals(sign_order(order, {"ada"}), authority), 1);
  EXPECT_EQ(valid_approvals(sign_order(order, {"ada", "ada"}), authority), 1);
  EXPECT_EQ(valid_approvals(sign_order(order, {"ada", "ben"}), authority), 2);
  EXPECT_EQ(valid_approvals(sign_order(order, {"ada", "mallory"}), authority), 1);
  EXPECT_EQ(valid_approvals(sign_order(order, {"ada", "petra"}), authority), 1);
}

TEST(Standing, TwoKeysOfOnePersonAreOne) {
  Authority authority = sample();
  RosterMember second = member("ada-second", Role::approver);
  second.person = "person-ada";
  authority.roster.push_back(second);
  EXPECT_EQ(valid_approvals(sign_order(sample_restriction(), {"ada", "ada-second"}), authority), 1);
}

TEST(Standing, AnApproverWhoProposesDoesNotCount) {
  const Authority authority = sample();
  SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  order.proposal = propose("ada", order.canonical);
  EXPECT_EQ(valid_approvals(order, authority), 1);
}

TEST(Standing, ASignatureOverAnotherTextOrTypeCountsNothing) {
  const Authority authority = sample();
  SignedOrder order = sign_order(sample_restriction(), {"ada"});
  Order other = sample_restriction();
  other.nonce = std::string(32, 'f');
  order.approvals.push_back(approve("ben", canonical_order(other)));
  EXPECT_EQ(valid_approvals(order, authority), 1);
  order.approvals.back() = propose("ben", order.canonical);
  EXPECT_EQ(valid_approvals(order, authority), 1);
}

TEST(Standing, NeedsAValidProposal) {
  const Authority authority = sample();
  SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  order.proposal = approve("petra", order.canonical);
  EXPECT_FALSE(standing(order, authority));
  order.proposal = propose("mallory", order.canonical);
  EXPECT_FALSE(standing(order, authority));
  order.proposal.reset();
  EXPECT_FALSE(standing(order, authority));
}

TEST(Standing, ClosingTheExportTakesOneMoreI6) {
  Order order = sample_restriction();
  order.restriction->closes_export = true;
  EXPECT_FALSE(standing(sign_order(order, {"ada", "ben"}), sample())->enough());
  EXPECT_TRUE(standing(sign_order(order, {"ada", "ben", "cleo"}), sample())->enough());
}

TEST(Standing, ProtectedSubjectsNeedAnOutsideApproverI15) {
  Order order = sample_restriction();
  order.restriction->protected_classes = {"hospital"};
  EXPECT_FALSE(standing(sign_order(order, {"ada", "ben"}), sample())->enough());
  EXPECT_TRUE(standing(sign_order(order, {"ada", "cleo"}), sample())->enough());
  order = sample_restriction();
  order.restriction->origin = {"authority", "XX", sha256("letter").hex(), std::nullopt};
  EXPECT_FALSE(standing(sign_order(order, {"ada", "ben"}), sample())->enough());
}

TEST(CheckApproval, NamesWhatIsWrong) {
  const Authority authority = sample();
  const SignedOrder order = sign_order(sample_restriction(), {"ada"});
  const auto refusal = [&](const Signature& approval) {
    const auto r = check_approval(order, authority, approval);
    return r ? std::string("accepted") : r.error().message;
  };
  EXPECT_EQ(refusal(approve("ben", order.canonical)), "accepted");
  EXPECT_NE(refusal(approve("ada", order.canonical)).find("already"), std::string::npos);
  EXPECT_NE(refusal(approve("petra", order.canonical)).find("proposer"), std::string::npos);
  EXPECT_NE(refusal(approve("mallory", order.canonical)).find("unknown"), std::string::npos);
  EXPECT_NE(refusal(approve("ben", "{}")).find("another text"), std::string::npos);
  EXPECT_NE(refusal(propose("ben", order.canonical)).find("another text"), std::string::npos);
}

TEST(Roster, JsonRoundTrip) {
  const auto back = roster_from_json(roster_to_json(testing::sample_roster()));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(roster_to_json(*back), roster_to_json(testing::sample_roster()));
}

TEST(Roster, RefusesAKeyTwiceAndBadKeys) {
  std::vector<RosterMember> twice = testing::sample_roster();
  twice.push_back(twice.front());
  EXPECT_FALSE(roster_from_json(roster_to_json(twice)));
  Json low_order = roster_to_json({member("ada", Role::approver)});
  (*low_order.if_array()->front().if_object())["key"] = std::string(64, '0');
  EXPECT_FALSE(roster_from_json(low_order));
  Json nobody = roster_to_json({member("ada", Role::approver)});
  (*nobody.if_array()->front().if_object())["person"] = "";
  EXPECT_FALSE(roster_from_json(nobody));
}

TEST(Policy, NoSinglePersonDecidesExceptALift) {
  Authority authority = sample();
  EXPECT_TRUE(policy_from_json(policy_to_json(sample()), authority));
  for (const std::string kind :
       {"restrict", "roster", "policy", "catalogue", "field-policy", "rulebook", "terms"}) {
    Authority weak = sample();
    weak.approvals[kind] = 1;
    EXPECT_FALSE(policy_from_json(policy_to_json(weak), authority)) << kind;
  }
  Authority none = sample();
  none.approvals["lift"] = 0;
  EXPECT_FALSE(policy_from_json(policy_to_json(none), authority));
  Json extra = policy_to_json(sample());
  (*extra.if_object())["ban"] = 2;
  EXPECT_FALSE(policy_from_json(extra, authority));
}

TEST(Policy, MustBeReachable) {
  Authority authority = sample();
  EXPECT_TRUE(check_enough_people(authority));
  authority.approvals["terms"] = 4;
  EXPECT_FALSE(check_enough_people(authority));
}

}  // namespace
}  // namespace proviso::model
