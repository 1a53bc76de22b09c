// SPDX-License-Identifier: Apache-2.0
// Who may propose and approve, protected subjects, and changes of who decides, at the server.
#include <gtest/gtest.h>

#include "cases/erasure.h"
#include "decisions/testing/provider.h"

namespace proviso::decisions {
namespace {

using model::OrderKind;
using model::Role;
using model::testing::key_of;
using model::testing::member;
using testing::Provider;

using Roster = std::vector<model::RosterMember>;

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}
template <class T>
std::string message(const Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

Result<Digest> propose_change(Provider& provider, OrderKind kind, const Json& change) {
  return provider.orders().propose_change(kind, change, "", "because", key_of("petra"));
}
Digest propose_roster(Provider& provider, const Roster& roster) {
  return propose_change(provider, OrderKind::roster, model::roster_to_json(roster)).value();
}

// Puts it in force a second later, as the clock of a change asks for.
void put_in_force(Provider& provider, const Digest& order, const std::string& second = "cleo") {
  provider.clock.advance(std::chrono::seconds{2});
  ASSERT_TRUE(provider.approve(order, "ada"));
  ASSERT_TRUE(provider.approve(order, second)->in_force);
  provider.clock.advance(std::chrono::seconds{2});
}

Roster with(const model::RosterMember& one) {
  Roster roster = model::testing::sample_roster();
  roster.push_back(one);
  return roster;
}

Roster without(const std::string& name) {
  Roster roster = model::testing::sample_roster();
  std::erase_if(roster, [&](const auto& m) { return m.person == "person-" + name; });
  return roster;
}

TEST(Roles, AReviewerNeitherProposesNorApproves) {
  Provider provider;
  put_in_force(provider, propose_roster(provider, with(member("rita", Role::reviewer))));
  EXPECT_TRUE(has(message(provider.orders().propose(provider.proposal(), key_of("rita"))),
                  "belongs to a reviewer: only proposers and approvers propose"));
  const Digest order = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  EXPECT_TRUE(has(message(provider.approve(order, "rita")), "belongs to a reviewer, not to"));
}

TEST(Roles, AnEmergencyTakesTwoOnCallBesideTheProposer) {
  Provider provider;
  Proposal p = provider.proposal();
  p.emergency = true;
  p.until = provider.clock.now() + std::chrono::hours{72};
  const auto by_ada = provider.orders().propose(p, key_of("ada"));
  EXPECT_TRUE(has(message(by_ada), "takes 2 approvers on call besides the proposer"));
  const Digest order = provider.orders().propose(p, key_of("petra")).value();
  EXPECT_TRUE(has(message(provider.approve(order, "cleo")), "not on call"));
  EXPECT_FALSE(provider.approve(order, "ada")->in_force);
  EXPECT_TRUE(provider.approve(order, "ben")->in_force);
}

TEST(Roles, ANewKeyDoesNotLetWhoSignedAnEmergencyRatifyIt) {
  Provider provider;
  Proposal p = provider.proposal();
  p.emergency = true;
  p.until = provider.clock.now() + std::chrono::hours{72};
  const Digest first = provider.orders().propose(p, key_of("petra")).value();
  ASSERT_TRUE(provider.approve(first, "ben"));
  ASSERT_TRUE(provider.approve(first, "ada")->in_force);
  Roster roster = without("ben");
  roster.push_back(member("ben-new", Role::approver));
  roster.back().person = "person-ben";
  put_in_force(provider, propose_roster(provider, roster));
  p = provider.proposal();
  p.ratifies = first;
  const Digest next = provider.orders().propose(p, key_of("petra")).value();
  EXPECT_TRUE(has(message(provider.approve(next, "ben-new")), "by others than those who signed"));
  EXPECT_EQ(message(provider.approve(next, "cleo")), "accepted");
}

TEST(Roles, WhereNobodyIsOnCallThereAreNoEmergencies) {
  Provider provider;
  Roster roster = model::testing::sample_roster();
  for (model::RosterMember& m : roster) m.on_call = false;
  put_in_force(provider, propose_roster(provider, roster));
  Proposal p = provider.proposal();
  p.emergency = true;
  p.until = provider.clock.now() + std::chrono::hours{72};
  EXPECT_TRUE(has(message(provider.orders().propose(p, key_of("petra"))), "the roster has 0"));
}

TEST(Roles, AServerMediatedKeyLiftsNothingAlone) {
  Provider provider;
  model::Policy policy = model::testing::sample_policy();
  policy.server_mediated = true;
  put_in_force(provider,
               propose_change(provider, OrderKind::policy, model::policy_to_json(policy)).value());
  put_in_force(provider,
               propose_roster(
                   provider, with(model::testing::server_mediated(member("mia", Role::approver)))));
  const Digest order = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_FALSE(provider.approve(order, "mia")->in_force);
  ASSERT_TRUE(provider.approve(order, "ada")->in_force);
  const Digest lift = provider.orders().propose_lift(order, "a mistake").value();
  const auto mediated = provider.approve(lift, "mia");
  ASSERT_TRUE(mediated) << mediated.error().message;
  EXPECT_FALSE(mediated->in_force);
  EXPECT_EQ(mediated->standing.valid, 1);
  EXPECT_TRUE(provider.approve(lift, "ben")->in_force) << "one key of its own lifts (I5)";
}

TEST(Roles, WhatNoGateWouldReadIsNotProposed) {
  Provider provider;
  const auto refused = [&](OrderKind kind, const Json& change) {
    return message(propose_change(provider, kind, change));
  };
  EXPECT_TRUE(
      has(refused(OrderKind::roster, model::roster_to_json(with(model::testing::server_mediated(
                                         member("mia", Role::approver))))),
          "the policy allows none"));
  EXPECT_TRUE(has(refused(OrderKind::roster, Json::Array{}), "0 approvers"));
  EXPECT_TRUE(has(refused(OrderKind::roster, Json::Object{}), "not a list"));
  model::Policy policy = model::testing::sample_policy();
  policy.approvals["restrict"] = 4;
  EXPECT_TRUE(has(refused(OrderKind::policy, model::policy_to_json(policy)), "3 approvers"));
}

// Two changes that were written beside each other: the second to come into force would bring back
// the key that the first took off.
TEST(Roles, ARosterThatWasOvertakenDoesNotBringAKeyBack) {
  Provider provider;
  const Digest adds = propose_roster(provider, with(member("dora", Role::approver)));
  const Digest removes = propose_roster(provider, without("ben"));
  put_in_force(provider, removes);
  const auto refused = provider.approve(adds, "ada");
  EXPECT_TRUE(has(message(refused), "since the proposal another roster order came into force"));
  Roster both = without("ben");
  both.push_back(member("dora", Role::approver));
  put_in_force(provider, propose_roster(provider, both));
  EXPECT_EQ(provider.orders().governance().authority().roster.size(), 4U);
}

TEST(ProtectedSubject, TakesAReasonOfItsOwnI15) {
  Provider provider;
  Proposal p = provider.proposal();
  p.protected_reason = "why all the same";
  EXPECT_TRUE(has(message(provider.orders().propose(p, key_of("petra"))), "no protected subject"));
  ASSERT_TRUE(provider.load(
      R"({"kind":"customer","id":"customer-1","name":"c","protected_classes":["hospital"]})"
      "\n"));
  EXPECT_EQ(message(provider.orders().propose(p, key_of("petra"))), "accepted");
  p.protected_reason.clear();
  EXPECT_TRUE(has(message(provider.orders().propose(p, key_of("petra"))), "I15"));
}

TEST(ProtectedSubject, ItsReasonTravelsToTheApproverAndIsHeldI15) {
  Provider provider;
  ASSERT_TRUE(provider.load(
      R"({"kind":"customer","id":"customer-1","name":"c","protected_classes":["hospital"]})"
      "\n"));
  Proposal p = provider.proposal();
  p.protected_reason = "why all the same";
  const Digest digest = provider.orders().propose(p, key_of("petra")).value();
  const std::string text = provider.orders().export_order(digest).value();
  const auto exported = parse_export(text);
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_TRUE(
      has(order_in_words(*exported), "Reason against a protected subject:\n  why all the same\n"));
  std::string other = text;
  other.replace(other.find("all the same"), 12, "of all times");
  EXPECT_TRUE(has(message(parse_export(other)), "protected_reason"));
  const auto without = parse_json(text);
  Json left_out = *without;
  left_out.if_object()->erase("protected_reason");
  EXPECT_TRUE(has(message(parse_export(canonical_json(left_out))), "protected_reason"));
}

TEST(ProtectedSubject, ItsReasonIsErasedWithTheCase) {
  Provider provider;
  ASSERT_TRUE(provider.load(
      R"({"kind":"customer","id":"customer-1","name":"c","protected_classes":["hospital"]})"
      "\n"));
  Proposal p = provider.proposal();
  p.protected_reason = "why all the same";
  const Digest digest = provider.orders().propose(p, key_of("petra")).value();
  ASSERT_TRUE(provider.casework().close(provider.case_id, "nothing to be seen"));
  ASSERT_TRUE(cases::erase_case(provider.record(), provider.case_id));
  EXPECT_EQ(provider.orders().find(digest)->protected_reason, "");
}

}  // namespace
}  // namespace proviso::decisions
