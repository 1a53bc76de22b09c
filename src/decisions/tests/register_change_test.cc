// SPDX-License-Identifier: Apache-2.0
// A later load of the register: what it replaces, what it may not touch (docs/decisions/0005).
#include "decisions/testing/provider.h"

namespace proviso::decisions {
namespace {

using model::testing::key_of;
using testing::Provider;

template <class T>
std::string message(const Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

TEST(RegisterLoad, ReplacesARecordWithOneEntryThatKeepsTheOldOne) {
  Provider provider;
  const auto load = provider.load(
      "{\"kind\":\"customer\",\"id\":\"customer-1\",\"name\":\"renamed\"}\n"
      "{\"kind\":\"unit\",\"id\":\"u9\",\"customer\":\"customer-1\"}\n"
      "{\"kind\":\"unit\",\"id\":\"u2\",\"customer\":\"customer-2\"}\n");
  ASSERT_TRUE(load) << load.error().message;
  EXPECT_EQ(load->records, 3U);
  EXPECT_EQ(load->added, 1U);
  EXPECT_EQ(load->changed, 1U);
  const auto reg = cases::read_register(provider.record().database()).value();
  EXPECT_EQ(reg.customer("customer-1")->name, "renamed");
  EXPECT_EQ(reg.size(), 11U);
  EXPECT_EQ(provider.entries("register-loaded"), 2);
  const auto rows = provider.record()
                        .database()
                        .query(
                            "SELECT private_part FROM outbox WHERE kind='register-loaded' "
                            "ORDER BY seq DESC LIMIT 1")
                        .value();
  EXPECT_NE(
      rows[0].text(0).find(R"("replaced":[{"id":"customer-1","kind":"customer","name":"c"}])"),
      std::string::npos)
      << rows[0].text(0);
}

TEST(RegisterLoad, WhatIsKnownLeavesNoEntry) {
  Provider provider;
  const std::uint64_t before = provider.record().log()->size();
  const auto load =
      provider.load("{ \"id\": \"customer-1\", \"kind\":\"customer\", \"name\":\"c\" }\r\n\n");
  ASSERT_TRUE(load) << load.error().message;
  EXPECT_EQ(load->added + load->changed + load->attached, 0U);
  EXPECT_EQ(provider.record().log()->size(), before);
}

TEST(RegisterLoad, ALinkIsReplacedByItsCustomersAndKind) {
  Provider provider;
  const auto link = [](int weight) {
    return R"({"kind":"link","from":"customer-1","to":"customer-2","link_kind":"parent",)"
           R"("source":"filing","weight_percent":)" +
           std::to_string(weight) + "}\n";
  };
  EXPECT_EQ(provider.load(link(50))->added, 1U);
  EXPECT_EQ(provider.load(link(60))->changed, 1U);
  EXPECT_EQ(provider.load(link(60))->changed, 0U);
}

TEST(RegisterLoad, SaysWhereItIsWrongAndTakesNothing) {
  Provider provider;
  const std::uint64_t before = provider.record().log()->size();
  const std::string fine = "{\"kind\":\"unit\",\"id\":\"u9\",\"customer\":\"customer-1\"}\n";
  for (const auto& [lines, expected] : std::vector<std::pair<std::string, std::string>>{
           {R"({"kind":"subscription","id":"s","unit":"secret-unit","agreement":"a1"})",
            "r.jsonl:2:40: unit: the register has no such unit"},
           {R"({"kind":"subscription","id":"s","unit":"u1","agreement":"secret-unit"})",
            "r.jsonl:2:57: agreement: the register has no such agreement"},
           {R"({"customer":"secret-unit","kind":"unit","id":"u8"})",
            "r.jsonl:2:13: customer: the register has no such customer"},
           {R"({"kind":"subscription","id":"s","unit":"u1","agreement":"a3"})",
            "r.jsonl:2:57: agreement: a subscription has a unit of one customer and an agreement "
            "of "
            "another"},
           // A stored subscription that the change of its unit would tear apart.
           {R"({"kind":"unit","id":"u1","customer":"customer-2"})",
            "r.jsonl:2:37: agreement: a subscription has"},
           {R"({"kind":"customer","id":"c9","name":7})", "r.jsonl:2:37: register.name"},
           {R"({"kind":"customer","id":"c9"})", "r.jsonl:2:1: register.name: missing"},
           {R"({"kind":"customer","id":"unregistered:s","name":"n"})",
            "r.jsonl:2:25: register.id: no customer"},
           {R"({"kind":"unit","id":"u9","customer":"customer-2"})",
            "r.jsonl:2:1: unit stands twice"},
           {R"({"kind":"unit")", "r.jsonl:2:15: "}}) {
    const auto load = provider.load(fine + lines + "\n");
    ASSERT_FALSE(load) << lines;
    EXPECT_EQ(load.error().message.substr(0, expected.size()), expected);
    EXPECT_EQ(load.error().message.find("secret"), std::string::npos);
  }
  // One subscription in two lines of one file, its GUID once in capitals.
  const auto twice = provider.load(
      R"({"id":"0b7c6c1e-0000-4000-8000-00000000abcd","kind":"subscription","unit":"u1",)"
      R"("agreement":"a1"})"
      "\n"
      R"({"id":"0B7C6C1E-0000-4000-8000-00000000ABCD","kind":"subscription","unit":"u1",)"
      R"("agreement":"a2"})");
  EXPECT_EQ(message(twice).substr(0, 37), "r.jsonl:2:1: subscription stands twic");
  EXPECT_EQ(provider.record().log()->size(), before);
  EXPECT_EQ(cases::read_register(provider.record().database())->size(), 10U);
}

constexpr const char* kMove = R"({"kind":"subscription","id":"sub-1","unit":"u2","agreement":"a3"})"
                              "\n";

TEST(RegisterLoad, ASubscriptionThatNobodyDecidesAboutMayMove) {
  Provider provider;
  ASSERT_TRUE(provider.load(kMove));
  EXPECT_EQ(cases::read_register(provider.record().database())->customer_of("sub-1")->id.value,
            "customer-2");
}

TEST(RegisterLoad, RefusesToMoveASubscriptionThatAnOrderNames) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  const auto refused = [&](const std::string& lines) {
    const auto load = provider.load(lines);
    return !load && load.error().code == Errc::conflict &&
           load.error().message.find("I4") != std::string::npos;
  };
  EXPECT_TRUE(refused(kMove)) << "proposed";
  EXPECT_EQ(message(provider.load(kMove)).substr(0, 12), "r.jsonl:1:44");
  // The same by way of its unit and agreement.
  EXPECT_TRUE(
      refused("{\"kind\":\"unit\",\"id\":\"u1\",\"customer\":\"customer-2\"}\n"
              "{\"kind\":\"agreement\",\"id\":\"a1\",\"customer\":\"customer-2\"}\n"
              "{\"kind\":\"agreement\",\"id\":\"a2\",\"customer\":\"customer-2\"}\n"));
  ASSERT_TRUE(provider.approve(digest, "ada"));
  ASSERT_TRUE(provider.approve(digest, "ben")->in_force);
  EXPECT_TRUE(refused(kMove)) << "in force";
  // What no order names may go.
  EXPECT_TRUE(
      provider.load(R"({"kind":"subscription","id":"sub-2","unit":"u2","agreement":"a3"})"));
  provider.clock.set(provider.clock.now() + std::chrono::days{91});
  EXPECT_TRUE(provider.load(kMove)) << "ended by itself";
}

TEST(RegisterLoad, AnOrderOfAClosedCaseHoldsNothingAndCannotComeIntoForceAfterAMove) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.casework().close(provider.case_id, "nothing to be seen"));
  ASSERT_TRUE(provider.load(kMove));
  const auto evidence = provider.casework().evidence_of(provider.case_id).value();
  ASSERT_TRUE(provider.casework().reopen(provider.case_id, evidence[0]));
  const auto approved = provider.approve(digest, "ada");
  ASSERT_FALSE(approved);
  EXPECT_EQ(approved.error().code, Errc::denied);
  EXPECT_NE(approved.error().message.find("another customer, I3"), std::string::npos);
}

TEST(RegisterLoad, RefusesToMoveASubscriptionThatAnOpenCaseNames) {
  Provider provider;
  ASSERT_TRUE(provider.raise_signal("signal-1", "sub-1"));
  EXPECT_NE(message(provider.load(kMove)).find("I4"), std::string::npos);
  ASSERT_TRUE(provider.casework().close(provider.case_id, "nothing to be seen"));
  EXPECT_EQ(message(provider.load(kMove)), "accepted");

  ASSERT_TRUE(provider.casework().add_report("press", "sub-3", "it was in the paper"));
  EXPECT_NE(
      message(provider.load(R"({"kind":"subscription","id":"sub-3","unit":"u1","agreement":"a1"})"))
          .find("I4"),
      std::string::npos);
}

TEST(RegisterLoad, AnAgreementThatTheOrderLeavesAloneIsNotCutAfterAll) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(
      provider.load(R"({"kind":"subscription","id":"sub-1","unit":"u1","agreement":"a2"})"));
  EXPECT_NE(message(provider.approve(digest, "ada")).find("agreement"), std::string::npos);
}

std::string customer_1(const std::string& classes) {
  return R"({"kind":"customer","id":"customer-1","name":"c","protected_classes":[)" + classes +
         "]}\n";
}

Digest propose_against_a_protected(Provider& provider) {
  Proposal p = provider.proposal();
  p.protected_reason = "why all the same";
  return provider.orders().propose(p, key_of("petra")).value();
}

TEST(RegisterLoad, ACaseKeepsTheProtectedClassThatItsCustomerLoses) {
  Provider provider;
  ASSERT_TRUE(provider.load(customer_1(R"("hospital")")));
  ASSERT_TRUE(provider.casework().close(provider.case_id, "nothing to be seen"));
  ASSERT_TRUE(provider.load(customer_1(R"("news-medium")")));
  ASSERT_TRUE(provider.load(customer_1("")));
  const auto evidence = provider.casework().evidence_of(provider.case_id).value();
  ASSERT_TRUE(provider.casework().reopen(provider.case_id, evidence[0]));
  const Digest digest = propose_against_a_protected(provider);
  const OrderRow row = provider.orders().find(digest).value();
  EXPECT_EQ(row.signed_order.order.restriction->protected_classes,
            (std::vector<std::string>{"hospital", "news-medium"}));
  ASSERT_TRUE(provider.approve(digest, "ada"));
  EXPECT_FALSE(provider.approve(digest, "ben")->in_force) << "I15 takes one more";
  EXPECT_TRUE(provider.approve(digest, "cleo")->in_force);
}

TEST(RegisterLoad, AnOrderKeepsTheClassesThatItWasProposedWith) {
  Provider provider;
  ASSERT_TRUE(provider.load(customer_1(R"("hospital")")));
  const Digest digest = propose_against_a_protected(provider);
  ASSERT_TRUE(provider.load(customer_1("")));
  ASSERT_TRUE(provider.approve(digest, "ada"));
  EXPECT_FALSE(provider.approve(digest, "ben")->in_force);
}

TEST(RegisterLoad, ACustomerThatBecomesProtectedIsProtectedAtTheNextSignature) {
  Provider provider;
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  ASSERT_TRUE(provider.approve(digest, "ada"));
  ASSERT_TRUE(provider.load(customer_1(R"("hospital")")));
  EXPECT_NE(message(provider.approve(digest, "ben")).find("I15"), std::string::npos);
}

TEST(RegisterLoad, ACaseOfAnUnregisteredSubscriptionFindsItsCustomer) {
  Provider provider;
  ASSERT_TRUE(provider.raise_signal("signal-1", "sub-new"));
  const auto customer_of_case = [&] {
    const auto rows = provider.casework().list().value();
    for (const cases::CaseRow& row : rows) {
      if (row.id != provider.case_id) return row.customer.value;
    }
    return std::string("no case");
  };
  EXPECT_EQ(customer_of_case(), "unregistered:sub-new");
  const auto load =
      provider.load(R"({"kind":"subscription","id":"sub-new","unit":"u2","agreement":"a3"})");
  ASSERT_TRUE(load) << load.error().message;
  EXPECT_EQ(load->attached, 1U);
  EXPECT_EQ(customer_of_case(), "customer-2");
  EXPECT_EQ(provider.entries("case-attached"), 1);
  // The next signal joins it.
  ASSERT_TRUE(provider.raise_signal("signal-2", "sub-new"));
  EXPECT_EQ(provider.casework().list()->size(), 2U);
  EXPECT_NE(message(provider.load(
                        R"({"kind":"subscription","id":"sub-new","unit":"u1","agreement":"a1"})"))
                .find("I4"),
            std::string::npos);
}

}  // namespace
}  // namespace proviso::decisions
