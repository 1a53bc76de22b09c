// SPDX-License-Identifier: Apache-2.0
#include "model/order_words.h"

#include <gtest/gtest.h>

#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::member;
using testing::sample_change;

std::string words(const Order& order) { return order_in_words(order, order_digest(order)); }
bool says(const Order& order, std::string_view part) {
  return words(order).find(part) != std::string::npos;
}

// A key that is not shown could be put on the roster without anybody meaning it.
TEST(OrderWords, ShowEveryKeyOfANewRoster) {
  std::vector<RosterMember> roster = testing::sample_roster();
  for (int i = 0; i < 200; ++i) {
    roster.push_back(member("more-" + std::to_string(i), Role::auditor));
  }
  roster.push_back(testing::server_mediated(member("mia", Role::approver)));
  const Order order = sample_change(OrderKind::roster, roster_to_json(roster));
  EXPECT_TRUE(says(order, "The roster becomes these 205 keys:\n"));
  for (const RosterMember& m : roster) {
    EXPECT_TRUE(says(order, "  " + m.key.id() + " " + m.person + ", ")) << m.person;
  }
  EXPECT_TRUE(says(order, "person-ada, approver, on call\n"));
  EXPECT_TRUE(says(order, "person-cleo, approver, from outside the organisation\n"));
  EXPECT_TRUE(says(order, "person-mia, approver, SERVER-MEDIATED: the server shows what it signs"));
}

TEST(OrderWords, ShowEveryNumberOfANewPolicy) {
  Policy policy = testing::sample_policy();
  policy.approvals["restrict"] = 3;
  const auto order = [&] { return sample_change(OrderKind::policy, policy_to_json(policy)); };
  EXPECT_TRUE(says(order(), "  restrict takes 3\n"));
  EXPECT_TRUE(says(order(), "  server-mediated keys are not allowed\n"));
  policy.server_mediated = true;
  policy.protected_subjects = {{"hospital", {.more = 2, .outside = 1}}};
  EXPECT_TRUE(says(order(), "  SERVER-MEDIATED keys are allowed\n"));
  EXPECT_TRUE(says(order(), "  against hospital: 2 more, 1 from outside the organisation\n"));
}

TEST(OrderWords, ShowAChangeThatIsNoneAsItIs) {
  EXPECT_TRUE(says(sample_change(OrderKind::roster, Json::Array{1}), "Changes to: [1]\n"));
}

TEST(OrderWords, NameTheReasonAgainstAProtectedSubject) {
  const Order order = testing::against(testing::sample_restriction(), "hospital");
  EXPECT_TRUE(says(order, "Protected subject: hospital\n  restricted all the same, for a reason"));
  EXPECT_TRUE(says(order, order.restriction->protected_reason->hex()));
}

}  // namespace
}  // namespace proviso::model
