// SPDX-License-Identifier: Apache-2.0
#include "model/register.h"

#include <gtest/gtest.h>

namespace proviso::model {
namespace {

Result<void> add(Register& reg, std::string_view text) {
  const auto json = parse_json(text);
  if (!json) return std::unexpected(json.error());
  return reg.add(*json);
}

constexpr std::string_view kCustomer =
    R"({"kind":"customer","id":"c","name":"C","customer_kind":"public-body",)"
    R"("protected_classes":["hospital"]})";
constexpr std::string_view kUnit = R"({"kind":"unit","id":"u","customer":"c"})";
constexpr std::string_view kAgreement = R"({"kind":"agreement","id":"a","customer":"c","declared":)"
                                        R"([{"service":"speech","unit":"seconds","per_day":10}]})";
constexpr std::string_view kSubscription =
    R"({"kind":"subscription","id":"s","unit":"u","agreement":"a"})";
constexpr std::string_view kLink =
    R"({"kind":"link","from":"c","to":"d","link_kind":"parent","weight_percent":50,"source":"x"})";

TEST(Register, RecordsComeInAnyOrder) {
  Register reg;
  for (const auto text : {kSubscription, kAgreement, kUnit, kLink, kCustomer}) {
    const auto added = add(reg, text);
    ASSERT_TRUE(added) << added.error().message;
  }
  ASSERT_TRUE(reg.finish());
  EXPECT_EQ(reg.size(), 5U);
  ASSERT_NE(reg.customer_of("s"), nullptr);
  EXPECT_EQ(reg.customer_of("s")->protected_classes, std::vector<std::string>{"hospital"});
  EXPECT_EQ(reg.agreement("a")->declared.front().per_day, 10);
  EXPECT_EQ(reg.subscriptions_of(CustomerId("c")).size(), 1U);
  EXPECT_EQ(reg.customer_of("unknown"), nullptr);
  EXPECT_EQ(reg.subscription("S"), nullptr) << "identifiers are kept byte for byte";
}

TEST(Register, TheSameRecordTwiceIsFineOtherContentIsNot) {
  Register reg;
  ASSERT_TRUE(add(reg, kSubscription));
  EXPECT_TRUE(add(reg, kSubscription));
  const auto other = add(reg, R"({"kind":"subscription","id":"s","unit":"u2","agreement":"a"})");
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code, Errc::conflict);
  ASSERT_TRUE(add(reg, kLink));
  EXPECT_TRUE(add(reg, kLink));
  const auto link = add(reg, R"({"kind":"link","from":"c","to":"d","link_kind":"parent",)"
                             R"("weight_percent":51,"source":"x"})");
  ASSERT_FALSE(link);
  EXPECT_EQ(link.error().code, Errc::conflict);
}

TEST(Register, ReferencesMustExist) {
  for (const auto text : {kUnit, kAgreement, kSubscription}) {
    Register reg;
    ASSERT_TRUE(add(reg, text));
    EXPECT_FALSE(reg.finish()) << text;
  }
}

TEST(Register, RefusesWhatIsWrong) {
  const auto refusal = [](std::string_view text) {
    Register reg;
    const auto added = add(reg, text);
    return added ? std::string("accepted") : added.error().message;
  };
  for (const auto& [text, part] : std::vector<std::pair<std::string_view, std::string_view>>{
           {R"([])", "not an object"},
           {R"({"id":"x"})", "kind"},
           {R"({"kind":"person","id":"x"})", "kind"},
           {R"({"kind":"customer","id":"","name":"n"})", "id"},
           {R"({"kind":"customer","id":7,"name":"n"})", "id"},
           {R"({"kind":"customer","id":"c"})", "name"},
           {R"({"kind":"customer","id":"c","name":"n","protected_classes":["bank"]})",
            "protected_classes"},
           {R"({"kind":"customer","id":"c","name":"n","badge":"7"})", "badge"},
           {R"({"kind":"agreement","id":"a","customer":"c","declared":{}})", "declared"},
           {R"({"kind":"agreement","id":"a","customer":"c","declared":[{"service":"s","unit":"u",)"
            R"("per_day":0}]})",
            "per_day"},
           {R"({"kind":"link","from":"c","to":"d","link_kind":"p","weight_percent":0,)"
            R"("source":"x"})",
            "weight_percent"}}) {
    EXPECT_NE(refusal(text).find(part), std::string::npos) << text << ": " << refusal(text);
  }
}

}  // namespace
}  // namespace proviso::model
