// SPDX-License-Identifier: Apache-2.0
#include "decisions/suspension.h"

#include "decisions/testing/provider.h"

namespace proviso::decisions {
namespace {

using model::testing::key_of;
using std::chrono::days;
using testing::Provider;

// A suspension of [from, to) days after the provider's beginning.
Result<Digest> propose(Provider& provider, Time start, int from, int to,
                       const std::string& scope = "sub-1/object-storage") {
  Proposal p = provider.proposal();
  p.scope = {model::parse_scope_line(scope).value()};
  p.stages[0].from = start + days{from};
  p.until = start + days{to};
  return provider.orders().propose(p, key_of("petra"));
}

void put_in_force(Provider& provider, const Digest& order) {
  ASSERT_FALSE(provider.approve(order, "ada")->in_force);
  ASSERT_TRUE(provider.approve(order, "ben")->in_force);
}

TEST(Suspension, ASecondOneCannotMakeItLongerThan180Days) {
  Provider provider;
  const Time start = provider.clock.now();
  put_in_force(provider, propose(provider, start, 0, 120).value());
  const auto chained = propose(provider, start, 120, 181);
  ASSERT_FALSE(chained);
  EXPECT_EQ(chained.error().code, Errc::denied);
  EXPECT_NE(chained.error().message.find("I5"), std::string::npos);
  EXPECT_TRUE(propose(provider, start, 120, 180));
  EXPECT_FALSE(propose(provider, start, 200, 261));  // a gap does not help
  EXPECT_FALSE(propose(provider, start, 120, 200, "sub-1/object-storage:write"));
}

TEST(Suspension, OverlapCountsOnceAndAYearLaterIsANewStart) {
  Provider provider;
  const Time start = provider.clock.now();
  put_in_force(provider, propose(provider, start, 0, 150).value());
  EXPECT_TRUE(propose(provider, start, 10, 180));
  EXPECT_TRUE(propose(provider, start, 370, 500));
  EXPECT_FALSE(propose(provider, start, 250, 366));
}

TEST(Suspension, ALiftGivesTheRestBack) {
  Provider provider;
  const Time start = provider.clock.now();
  const Digest first = propose(provider, start, 0, 120).value();
  put_in_force(provider, first);
  const Digest lift = provider.orders().propose_lift(first, "a mistake").value();
  ASSERT_TRUE(provider.approve(lift, "cleo")->in_force);
  EXPECT_TRUE(propose(provider, start, 120, 290));
}

TEST(Suspension, TwoThatWereProposedTogetherAreCheckedWhenTheyComeIntoForce) {
  Provider provider;
  const Time start = provider.clock.now();
  const Digest first = propose(provider, start, 0, 120).value();
  const Digest second = propose(provider, start, 120, 240).value();
  put_in_force(provider, first);
  ASSERT_FALSE(provider.approve(second, "ada")->in_force);
  const auto refused = provider.approve(second, "ben");
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("I5"), std::string::npos);
  EXPECT_EQ(provider.orders().snapshot()->restrictions.size(), 1U);
}

}  // namespace
}  // namespace proviso::decisions
