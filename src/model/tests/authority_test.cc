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

TEST(Standing, AgainstAProtectedSubjectOneMoreAndOneFromOutsideI15) {
  Authority authority = sample();
  authority.roster.push_back(member("dora", Role::approver));
  const Order order = testing::against(sample_restriction(), "hospital");
  EXPECT_FALSE(standing(sign_order(order, {"ada", "cleo"}), authority)->enough());
  EXPECT_FALSE(standing(sign_order(order, {"ada", "ben", "dora"}), authority)->enough());
  EXPECT_TRUE(standing(sign_order(order, {"ada", "ben", "cleo"}), authority)->enough());
}

TEST(Standing, ThePolicySaysHowManyMoreForEachClassI15) {
  Authority authority = sample();
  authority.policy.protected_subjects = {{"hospital", {.more = 2, .outside = 2}}};
  authority.roster.push_back(member("dora", Role::approver, true));
  const Order newspaper = testing::against(sample_restriction(), "news-medium");
  Order both = testing::against(sample_restriction(), "hospital");
  both.restriction->protected_classes.emplace_back("news-medium");
  EXPECT_TRUE(standing(sign_order(newspaper, {"ada", "ben", "cleo"}), authority)->enough());
  EXPECT_FALSE(standing(sign_order(both, {"ada", "ben", "cleo"}), authority)->enough());
  EXPECT_TRUE(standing(sign_order(both, {"ada", "ben", "cleo", "dora"}), authority)->enough());
  authority.roster.back().outside = false;
  EXPECT_FALSE(standing(sign_order(both, {"ada", "ben", "cleo", "dora"}), authority)->enough());
}

TEST(Standing, AnAuthoritysOrderNeedsOneOfThemFromOutsideI15) {
  Order order = sample_restriction();
  order.restriction->origin = {"authority", "XX", sha256("letter").hex(), std::nullopt};
  EXPECT_FALSE(standing(sign_order(order, {"ada", "ben"}), sample())->enough());
  EXPECT_TRUE(standing(sign_order(order, {"ada", "cleo"}), sample())->enough());
}

TEST(Standing, OnlyApproversApproveAndOnlyTheyAndProposersPropose) {
  for (const Role role : {Role::proposer, Role::reviewer, Role::case_manager, Role::auditor}) {
    Authority authority = sample();
    authority.roster.push_back(member("rita", role));
    const SignedOrder order = sign_order(sample_restriction(), {"ada", "rita"});
    EXPECT_EQ(valid_approvals(order, authority), 1) << to_string(role);
    const auto refused = check_approval(order, authority, approve("rita", order.canonical));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().message.find("belongs to " + with_article(role) + ","),
              std::string::npos);
    SignedOrder proposed = sign_order(sample_restriction(), {"ada", "ben"});
    proposed.proposal = propose("rita", proposed.canonical);
    EXPECT_EQ(standing(proposed, authority).has_value(), role == Role::proposer) << to_string(role);
  }
}

Order sample_emergency() {
  Order order = sample_restriction();
  order.restriction->stages.resize(1);
  order.restriction->emergency = true;
  return order;
}

TEST(Standing, AnEmergencyCountsApproversOnCallOnly) {
  const SignedOrder order = sign_order(sample_emergency(), {"ada", "cleo"});
  EXPECT_EQ(valid_approvals(order, sample()), 1) << "cleo is not on call";
  const auto refused = check_approval(order, sample(), approve("cleo", order.canonical));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("not on call"), std::string::npos);
  EXPECT_TRUE(standing(sign_order(sample_emergency(), {"ada", "ben"}), sample())->enough());
  Authority nobody = sample();
  for (RosterMember& m : nobody.roster) m.on_call = false;
  EXPECT_EQ(valid_approvals(sign_order(sample_emergency(), {"ada", "ben"}), nobody), 0)
      << "where nobody is on call there are no emergencies";
}

// Two more approvers, whose keys live in the operator's web console.
Authority with_mediated() {
  Authority authority = sample();
  authority.policy.server_mediated = true;
  authority.roster.push_back(testing::server_mediated(member("mia", Role::approver)));
  authority.roster.push_back(testing::server_mediated(member("max", Role::approver)));
  return authority;
}

TEST(Standing, ServerMediatedKeysAloneDecideNothingI2) {
  const Authority authority = with_mediated();
  const SignedOrder alone = sign_order(sample_restriction(), {"mia", "max"});
  EXPECT_EQ(valid_approvals(alone, authority), 2);
  EXPECT_FALSE(standing(alone, authority)->enough());
  EXPECT_NE(check_enough(alone, authority).error().message.find("server-mediated"),
            std::string::npos);
  EXPECT_TRUE(standing(sign_order(sample_restriction(), {"mia", "ada"}), authority)->enough());
  const Order lift = testing::sample_lift(order_digest(sample_restriction()));
  EXPECT_FALSE(standing(sign_order(lift, {"mia"}), authority)->enough()) << "nobody is restored";
  EXPECT_TRUE(standing(sign_order(lift, {"ada"}), authority)->enough());
  const Order roster = testing::sample_change(OrderKind::roster, Json::Array{});
  EXPECT_FALSE(standing(sign_order(roster, {"mia", "max"}), authority)->enough());
}

TEST(CheckApproval, WhoSignedInTheConsoleMaySignAgainWithAKeyOfTheirOwn) {
  Authority authority = with_mediated();
  authority.roster.push_back(member("mia-own", Role::approver));
  authority.roster.back().person = "person-mia";
  const SignedOrder order = sign_order(sample_restriction(), {"mia", "max"});
  EXPECT_TRUE(check_approval(order, authority, approve("mia-own", order.canonical)));
  const SignedOrder own = sign_order(sample_restriction(), {"mia", "mia-own"});
  EXPECT_EQ(valid_approvals(own, authority), 1) << "one person all the same";
  EXPECT_FALSE(check_approval(own, authority, approve("mia", own.canonical)));
  EXPECT_FALSE(check_approval(own, authority, approve("mia-own", own.canonical)));
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

// Ada approved by a key that was then given another role, and has a new one to approve with.
TEST(CheckApproval, WhatNoLongerCountsIsInNobodysWay) {
  Authority authority = sample();
  for (RosterMember& m : authority.roster) {
    if (m.person == "person-ada") m = {.key = m.key, .person = m.person, .role = Role::auditor};
  }
  authority.roster.push_back(member("ada-new", Role::approver));
  authority.roster.back().person = "person-ada";
  SignedOrder order = sign_order(sample_restriction(), {"ada"});
  EXPECT_EQ(valid_approvals(order, authority), 0);
  const Signature again = approve("ada-new", order.canonical);
  const auto taken = check_approval(order, authority, again);
  EXPECT_TRUE(taken) << taken.error().message;
  order.approvals.push_back(again);
  EXPECT_EQ(valid_approvals(order, authority), 1);
  EXPECT_FALSE(check_approval(order, authority, again)) << "once is enough";
}

TEST(Roster, JsonRoundTrip) {
  auto roster = testing::sample_roster();
  roster.push_back(testing::server_mediated(member("rita", Role::reviewer)));
  roster.push_back(member("carl", Role::case_manager));
  roster.push_back(member("aude", Role::auditor, true));
  const auto back = roster_from_json(roster_to_json(roster));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(roster_to_json(*back), roster_to_json(roster));
  EXPECT_EQ((*back)[5].role, Role::case_manager);
}

// Digests of older rosters stay: a mark stands only where it is true.
TEST(Roster, MarksStandOnlyWhereTheyAreTrue) {
  Json roster = roster_to_json({member("ada", Role::approver)});
  EXPECT_EQ(canonical_json(roster).find("on_call"), std::string::npos);
  EXPECT_EQ(canonical_json(roster).find("server_mediated"), std::string::npos);
  Json::Object& ada = *roster.if_array()->front().if_object();
  for (const char* mark : {"on_call", "server_mediated"}) {
    ada[mark] = true;
    EXPECT_TRUE(roster_from_json(roster)) << mark;
    ada[mark] = false;
    EXPECT_FALSE(roster_from_json(roster)) << mark;
    ada.erase(mark);
  }
}

TEST(Roster, RefusesOtherRolesAndOtherPeopleOnCall) {
  Json roster = roster_to_json({member("ada", Role::approver)});
  Json::Object& ada = *roster.if_array()->front().if_object();
  ada["role"] = "king";
  EXPECT_FALSE(roster_from_json(roster));
  ada["role"] = "reviewer";
  EXPECT_TRUE(roster_from_json(roster));
  ada["on_call"] = true;
  EXPECT_FALSE(roster_from_json(roster)) << "only approvers are on call";
}

TEST(Roster, APersonIsFromOutsideOrNotI15) {
  auto roster = testing::sample_roster();
  roster.push_back(member("ada-second", Role::approver, true));
  EXPECT_TRUE(roster_from_json(roster_to_json(roster)));
  roster.back().person = "person-ada";
  const auto refused = roster_from_json(roster_to_json(roster));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("I15"), std::string::npos);
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
  EXPECT_TRUE(policy_from_json(policy_to_json(testing::sample_policy())));
  for (const std::string kind :
       {"restrict", "roster", "policy", "catalogue", "field-policy", "rulebook", "terms"}) {
    Policy weak = testing::sample_policy();
    weak.approvals[kind] = 1;
    EXPECT_FALSE(policy_from_json(policy_to_json(weak))) << kind;
  }
  Policy none = testing::sample_policy();
  none.approvals["lift"] = 0;
  EXPECT_FALSE(policy_from_json(policy_to_json(none)));
  Json extra = policy_to_json(testing::sample_policy());
  (*extra.if_object())["ban"] = 2;
  EXPECT_FALSE(policy_from_json(extra));
}

TEST(Policy, RoundTripWithEverything) {
  Policy policy = testing::sample_policy();
  policy.server_mediated = true;
  policy.protected_subjects = {{"hospital", {.more = 3, .outside = 2}}};
  const auto back = policy_from_json(policy_to_json(policy));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(policy_to_json(*back), policy_to_json(policy));
  EXPECT_EQ(back->protected_subjects, policy.protected_subjects);
}

TEST(Policy, RefusesProtectedClassesThatItCouldWeaken) {
  const auto with = [](Json classes) {
    Json json = policy_to_json(testing::sample_policy());
    json.if_object()->emplace("protected", std::move(classes));
    return policy_from_json(json).has_value();
  };
  const auto rule = [](std::int64_t more, std::int64_t outside) {
    return Json::Object{{"more", more}, {"outside", outside}};
  };
  EXPECT_TRUE(with(Json::Object{{"hospital", rule(1, 1)}}));
  EXPECT_FALSE(with(Json::Object{{"hospital", rule(0, 1)}}));
  EXPECT_FALSE(with(Json::Object{{"hospital", rule(1, 0)}}));
  EXPECT_FALSE(with(Json::Object{{"hospital", rule(101, 1)}}));
  EXPECT_FALSE(with(Json::Object{{"bank", rule(1, 1)}}));
  EXPECT_FALSE(with(Json::Object{}));
  EXPECT_FALSE(with(Json::Object{{"hospital", Json::Object{{"more", 1}}}}));
}

TEST(CheckAuthority, ThePolicyMustBeReachable) {
  Authority authority = sample();
  EXPECT_TRUE(check_authority(authority));
  authority.policy.approvals["terms"] = 4;
  EXPECT_FALSE(check_authority(authority));
  Authority reviewers = sample();
  for (RosterMember& m : reviewers.roster) {
    if (m.person == "person-cleo" || m.person == "person-ben") m.role = Role::reviewer;
  }
  EXPECT_FALSE(check_authority(reviewers)) << "one approver, and people who do not approve";
}

TEST(CheckAuthority, ServerMediatedKeysOnlyWhereThePolicyAllowsThemI2) {
  Authority authority = with_mediated();
  EXPECT_TRUE(check_authority(authority));
  authority.policy.server_mediated = false;
  EXPECT_FALSE(check_authority(authority));
  authority = with_mediated();
  std::erase_if(authority.roster, [](const RosterMember& m) { return !m.server_mediated; });
  const auto refused = check_authority(authority);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("alone decide nothing"), std::string::npos);
}

}  // namespace
}  // namespace proviso::model
