// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "decisions/testing/provider.h"

namespace proviso::decisions {
namespace {

using model::testing::key_of;
using testing::Provider;

Proposal emergency(const Provider& provider) {
  Proposal p = provider.proposal();
  p.emergency = true;
  p.until = provider.clock.now() + std::chrono::hours{72};
  return p;
}

std::string propose(Provider& provider, const Proposal& p) {
  const auto done = provider.orders().propose(p, key_of("petra"));
  return done ? "accepted" : done.error().message;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

Digest cut(Provider& provider) {
  const Digest digest = provider.orders().propose(emergency(provider), key_of("petra")).value();
  EXPECT_FALSE(provider.approve(digest, "ada")->in_force);
  EXPECT_TRUE(provider.approve(digest, "ben")->in_force);
  return digest;
}

TEST(Emergency, TwoPeopleCutAtOnceAndItEndsByItself) {
  Provider provider;
  cut(provider);
  ASSERT_EQ(provider.orders().snapshot()->restrictions.size(), 1U);
  provider.clock.advance(std::chrono::hours{73});
  EXPECT_TRUE(provider.orders().snapshot()->restrictions.empty());
}

TEST(Emergency, IsShortAtOnceAndNeverClosesTheExport) {
  Provider provider;
  Proposal p = emergency(provider);
  p.until = provider.clock.now() + std::chrono::hours{73};
  EXPECT_TRUE(has(propose(provider, p), "72 hours"));
  p = emergency(provider);
  p.until.reset();
  p.review = provider.clock.now() + std::chrono::days{30};
  EXPECT_TRUE(has(propose(provider, p), "72 hours"));
  p = emergency(provider);
  p.stages[0].from = provider.clock.now() + std::chrono::hours{1};
  EXPECT_TRUE(has(propose(provider, p), "at once"));
  p = emergency(provider);
  p.stages.push_back(
      {provider.clock.now() + std::chrono::hours{1}, {model::EffectKind::export_only, 0}});
  EXPECT_TRUE(has(propose(provider, p), "one stage"));
  p = emergency(provider);
  p.stages[0].effect = {model::EffectKind::deny, 0};
  EXPECT_TRUE(has(propose(provider, p), "I6"));
}

TEST(Emergency, NeverAgainstAProtectedSubject) {
  Provider provider;
  ASSERT_TRUE(provider.load(
      R"({"kind":"customer","id":"customer-1","name":"n","protected_classes":["hospital"]})"
      "\n"));
  EXPECT_TRUE(has(propose(provider, emergency(provider)), "I15"));
}

TEST(Emergency, DoesNotRepeatWithinThirtyDays) {
  Provider provider;
  const Proposal second = emergency(provider);
  const Digest waiting = provider.orders().propose(second, key_of("petra")).value();
  cut(provider);
  // Neither one that was proposed before, nor a new one once the first has ended.
  const auto refused = provider.approve(waiting, "ada");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().message, "30 days"));
  provider.clock.advance(std::chrono::days{29});
  EXPECT_TRUE(has(propose(provider, emergency(provider)), "30 days"));
  provider.clock.advance(std::chrono::days{2});
  EXPECT_EQ(propose(provider, emergency(provider)), "accepted");
}

TEST(Emergency, OthersRatifyIt) {
  Provider provider;
  const Digest first = cut(provider);
  Proposal p = provider.proposal();
  p.ratifies = first;
  const Digest digest = provider.orders().propose(p, key_of("petra")).value();
  const auto same = provider.approve(digest, "ada");
  ASSERT_FALSE(same);
  EXPECT_TRUE(has(same.error().message, "by others"));
  EXPECT_TRUE(provider.approve(digest, "cleo"));
}

TEST(Emergency, OnlyWhatItNamedCanBeRatified) {
  Provider provider;
  Proposal p = provider.proposal();
  p.ratifies = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  EXPECT_TRUE(has(propose(provider, p), "no emergency"));
  const Digest first = cut(provider);
  p.ratifies = first;
  p.scope = {model::parse_scope_line("sub-2/object-storage").value()};
  EXPECT_TRUE(has(propose(provider, p), "does not name"));
  p = emergency(provider);
  p.ratifies = first;
  EXPECT_TRUE(has(propose(provider, p), "another"));
}

TEST(Approvals, ExpireThirtyDaysAfterTheProposalButALiftDoesNot) {
  Provider provider;
  const Digest order = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  const Digest late = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.approve(order, "ada"));
  ASSERT_TRUE(provider.approve(order, "ben"));
  ASSERT_TRUE(provider.approve(late, "ada"));
  const Digest lift = provider.orders().propose_lift(order, "a mistake").value();
  provider.clock.advance(std::chrono::days{31});
  const auto refused = provider.approve(late, "ben");
  ASSERT_FALSE(refused);
  EXPECT_TRUE(has(refused.error().message, "expired"));
  EXPECT_TRUE(provider.approve(lift, "cleo")->in_force);
}

}  // namespace
}  // namespace proviso::decisions
