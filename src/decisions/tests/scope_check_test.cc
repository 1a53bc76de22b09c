// SPDX-License-Identifier: Apache-2.0
// What a scope may name and what it leaves alone (I3, I4; docs/decisions/0006), and previews.
#include "decisions/scope_check.h"

#include "decisions/preview.h"
#include "decisions/testing/provider.h"

namespace proviso::decisions {
namespace {

using model::testing::key_of;
using testing::Provider;

template <class T>
std::string message(const Result<T>& result) {
  return result ? "accepted" : result.error().message;
}

model::RollupCell cell(const std::string& subscription, const std::string& service,
                       const std::string& region, std::uint64_t count = 1) {
  return {.subscription = subscription,
          .service = service,
          .region = region,
          .action_class = model::ActionClass::write,
          .hour = 490'000,
          .count = count,
          .quantities = {}};
}

TEST(ScopeCheck, ARegionThatNobodySawIsUnknown) {
  Provider provider;
  const std::vector<model::RollupCell> cells = {
      cell("sub-1", "object-storage", "r1"), cell("sub-1", "speech", "r2"),
      cell("sub-2", "object-storage", "r3"), cell("sub-1", "own-service", "r4")};
  ASSERT_TRUE(cases::add_rollups(provider.record().database(), cells));
  const auto with = [&](const std::string& line) {
    Proposal p = provider.proposal();
    p.scope = {model::parse_scope_line(line).value()};
    return message(provider.orders().propose(p, key_of("petra")));
  };
  EXPECT_EQ(with("sub-1/object-storage@r1"), "accepted");
  EXPECT_EQ(with("sub-1/own-service@r4"), "accepted");
  for (const char* line : {"sub-1/object-storage@r2", "sub-1/object-storage@r3",
                           "sub-1/object-storage@R1", "sub-2/speech@r2", "sub-1/own-service@r1"}) {
    EXPECT_NE(with(line).find("never used the service in that region (I3"), std::string::npos)
        << line;
  }
  EXPECT_NE(with("sub-2/own-service@r4").find("knows the service (I3)"), std::string::npos);
}

TEST(ScopeCheck, WhereTheCatalogueListsRegionsItDecides) {
  const auto catalogue =
      model::Catalogue::parse(
          testing::parse(R"({"version":1,"services":[{"service":"s","operations":{},
            "regions":["r1","r2"]},{"service":"t","operations":{}}]})"))
          .value();
  const cases::ServiceUse use = {{"sub", {{"s", {"r9"}}, {"t", {"r9"}}}}};
  const auto check = [&](const std::string& line) {
    return message(check_known({model::parse_scope_line(line).value()}, catalogue, use));
  };
  EXPECT_EQ(check("sub/s@r2"), "accepted") << "before the subscription ever went there";
  EXPECT_NE(check("sub/s@r9").find("catalogue lists no such region"), std::string::npos);
  EXPECT_EQ(check("sub/t@r9"), "accepted");
  EXPECT_NE(check("sub/t@r1").find("never used"), std::string::npos);
}

TEST(NotAffected, IsOfTheCustomerAndHasAgreementsThatNobodyUsesYet) {
  Provider provider;
  ASSERT_TRUE(provider.load(R"({"kind":"agreement","id":"a9","customer":"customer-1"})"));
  ASSERT_TRUE(cases::add_rollups(
      provider.record().database(),
      std::vector<model::RollupCell>{cell("sub-1", "a/b", ""), cell("sub-3", "speech", "")}));
  const Digest digest = provider.orders().propose(provider.proposal(), key_of("petra")).value();
  const auto row = provider.orders().find(digest).value();
  const model::Restriction& r = *row.signed_order.order.restriction;
  EXPECT_EQ(r.agreements_not_affected, (std::vector<std::string>{"a2", "a9"}));
  EXPECT_EQ(r.services_not_affected, std::vector<std::string>{"sub-1/a%2fb"});
  EXPECT_FALSE(r.not_affected_rest);
  EXPECT_EQ(provider.orders().not_affected_of(digest).value(),
            R"({"agreements":["a2","a9"],"services":["sub-1/a%2fb"]})");
}

// 12,001 services of 12,001 subscriptions: more than could be named.
void make_large(Provider& provider) {
  std::string lines = R"({"kind":"agreement","id":"a9","customer":"customer-1"})";
  std::vector<model::RollupCell> cells = {cell("sub-1", "zz-last", "r1")};
  for (int i = 0; i < 12'000; ++i) {
    const std::string id = "many-" + std::to_string(i);
    lines +=
        "\n"
        R"({"kind":"subscription","unit":"u1","agreement":"a9","id":")" +
        id + "\"}";
    cells.push_back(cell(id, i % 3 == 0 ? "speech" : "object-storage", "r1"));
  }
  ASSERT_TRUE(provider.load(lines));
  ASSERT_TRUE(cases::add_rollups(provider.record().database(), cells));
}

TEST(NotAffected, ALargeCustomersListIsCountedAndBoundByADigest) {
  Provider provider;
  make_large(provider);
  Orders orders = provider.orders();
  const Digest digest = orders.propose(provider.proposal(), key_of("petra")).value();
  const auto row = orders.find(digest).value();
  const model::Restriction& r = *row.signed_order.order.restriction;
  ASSERT_EQ(r.services_not_affected.size(), model::kNamedMax);
  EXPECT_EQ(r.services_not_affected.back(), "sub-1/zz-last") << "what is near is named first";
  ASSERT_TRUE(r.not_affected_rest);
  EXPECT_EQ(r.not_affected_rest->services, 11'001);
  EXPECT_EQ(r.not_affected_rest->agreements, 0);
  ASSERT_EQ(r.not_affected_rest->by_service.size(), 2U);
  EXPECT_EQ(r.not_affected_rest->by_service[0].first, "object-storage");
  EXPECT_EQ(r.not_affected_rest->by_service[0].second + r.not_affected_rest->by_service[1].second,
            11'001);
  const std::string all = orders.not_affected_of(digest).value();
  EXPECT_EQ(sha256(all), r.not_affected_rest->all);
  EXPECT_NE(all.find("\"many-11999/"), std::string::npos);
  const auto exported = parse_export(orders.export_order(digest).value());
  ASSERT_TRUE(exported) << exported.error().message;
  EXPECT_NE(order_in_words(*exported).find("11001 services (object-storage of "),
            std::string::npos);
  EXPECT_FALSE(provider.approve(digest, "ada")->in_force);
  EXPECT_TRUE(provider.approve(digest, "ben")->in_force);
}

TEST(Preview, FiguresBeyondWhatJsonHoldsAreMarked) {
  Provider provider;
  constexpr std::uint64_t huge = std::uint64_t{1} << 63U;
  std::vector<model::RollupCell> cells = {
      cell("sub-1", "object-storage", "", huge), cell("sub-1", "object-storage", "", huge),
      cell("sub-1", "object-storage", "", 5), cell("sub-1", "speech", "", 9'007'199'254'740'991),
      cell("sub-2", "object-storage", "", 7)};
  cells[0].quantities["bytes"] = 1e300;
  cells[4].quantities["bytes"] = 3;
  ASSERT_TRUE(cases::add_rollups(provider.record().database(), cells));
  Proposal p = provider.proposal();
  p.scope.push_back(model::parse_scope_line("sub-2/object-storage").value());
  const Digest digest = provider.orders().propose(p, key_of("petra")).value();
  const auto row = provider.orders().find(digest).value();
  const auto reg = cases::read_register(provider.record().database()).value();
  const Json shown =
      preview(provider.record().database(), reg, *row.signed_order.order.restriction).value();
  const Json::Array& affected = *shown.find("affected")->if_array();
  ASSERT_EQ(affected.size(), 2U);
  EXPECT_EQ(*affected[0].find("requests_refused")->if_int(), 9'007'199'254'740'991);
  EXPECT_EQ(*affected[0].find("quantities_refused")->find("bytes")->if_int(),
            9'007'199'254'740'991);
  EXPECT_TRUE(*affected[0].find("saturated")->if_bool());
  EXPECT_EQ(*affected[1].find("requests_refused")->if_int(), 7);
  EXPECT_FALSE(*affected[1].find("saturated")->if_bool());
  // The largest figure that fits is no lie.
  const Json& untouched = shown.find("untouched")->if_array()->front();
  EXPECT_EQ(*untouched.find("requests_allowed")->if_int(), 9'007'199'254'740'991);
  EXPECT_FALSE(*untouched.find("saturated")->if_bool());
  EXPECT_TRUE(parse_json(canonical_json(shown)));
}

}  // namespace
}  // namespace proviso::decisions
