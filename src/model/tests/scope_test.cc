// SPDX-License-Identifier: Apache-2.0
#include "model/scope.h"

#include <gtest/gtest.h>

namespace proviso::model {
namespace {

constexpr std::string_view kResource =
    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

ScopeLine line(std::string subscription, std::string service) {
  return {SubscriptionId(std::move(subscription)), ServiceId(std::move(service)), {}, {}, {}};
}

TEST(Scope, PrintsWhatItParsed) {
  const std::vector<std::string> texts = {
      "sub-1/object-storage",
      "sub-1/object-storage@eu-west",
      "sub-1/object-storage:write",
      "sub-1/object-storage@eu-west:export#" + std::string(kResource),
      "sub%2f1/ser%40vice@re%3agion:other#" + std::string(kResource),
      "a%25b/c%23d"};
  for (const std::string& text : texts) {
    const auto parsed = parse_scope_line(text);
    ASSERT_TRUE(parsed) << text << ": " << parsed.error().message;
    EXPECT_EQ(to_string(*parsed), text);
  }
}

TEST(Scope, PercentEncodingKeepsEveryPrintableByte) {
  std::string odd;
  for (char c = 0x20; c < 0x7F; ++c) {
    if (c != '*') odd.push_back(c);
  }
  ScopeLine l = line(odd, odd);
  l.regions = {odd};
  const auto back = parse_scope_line(to_string(l));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, l);
}

TEST(Scope, PutsAGuidInLowerCase) {
  const auto parsed = parse_scope_line("AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE/Storage");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->subscription.value, "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee");
  EXPECT_EQ(parsed->service.value, "Storage");
  EXPECT_EQ(normalise_id("AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEG"),
            "AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEG");
}

TEST(Scope, RefusesWhatIsNotExact) {
  for (const std::string text : {"",
                                 "sub",
                                 "sub/",
                                 "/service",
                                 "sub/service@",
                                 "sub/service:",
                                 "sub/service:all",
                                 "sub/service#",
                                 "sub/service/more",
                                 "sub/service:read@eu",
                                 "sub/service@eu@us",
                                 "*/service",
                                 "sub/*",
                                 "su*b/service",
                                 "sub/service@*",
                                 "%2a/service",
                                 "sub%2/service",
                                 "sub%zz/service",
                                 "sub\x01/service",
                                 "sub\xff/service"}) {
    EXPECT_FALSE(parse_scope_line(text)) << text;
  }
}

TEST(Scope, ErrorsNameTheInvariantAndNoValue) {
  const auto wildcard = parse_scope_line("secret*/service");
  ASSERT_FALSE(wildcard);
  EXPECT_NE(wildcard.error().message.find("I3"), std::string::npos);
  EXPECT_EQ(wildcard.error().message.find("secret"), std::string::npos);
}

TEST(Scope, ChecksTheWholeList) {
  EXPECT_FALSE(check_scope({}));
  EXPECT_TRUE(check_scope({line("a", "x"), line("a", "y")}));
  EXPECT_FALSE(check_scope({line("a", "x"), line("b", "x"), line("a", "x")}));
  EXPECT_FALSE(check_scope({line("AAAAAAAA-BBBB-4CCC-8DDD-EEEEEEEEEEEE", "x")}));

  ScopeLine one = line("a", "x");
  ScopeLine other = line("a", "x");
  one.regions = {"eu", "us"};
  other.regions = {"us", "eu"};
  EXPECT_FALSE(check_scope({one, other})) << "the same set in another order is a duplicate";
  other.regions = {"us", "us"};
  EXPECT_FALSE(check_scope({other}));
  other = line("a", "x");
  other.classes = {ActionClass::read, ActionClass::read};
  EXPECT_FALSE(check_scope({other}));
  other = line("a", "x");
  other.resources = {"a bucket's name"};
  EXPECT_FALSE(check_scope({other})) << "a resource is a keyed hash, never a name";
  EXPECT_FALSE(check_scope({line("a*", "x")}));
}

TEST(Scope, JsonRoundTrip) {
  ScopeLine full = line("a", "x");
  full.regions = {"eu"};
  full.classes = {ActionClass::read, ActionClass::export_data};
  full.resources = {std::string(kResource)};
  const std::vector<ScopeLine> scope = {full, line("b", "y")};
  const Json json = scope_to_json(scope);
  const auto back = scope_from_json(*json.if_array(), "scope");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, scope);
}

TEST(Scope, JsonErrorsNameTheMember) {
  const auto wrong = [](std::string_view text) {
    const auto json = parse_json(text);
    const auto scope = scope_from_json(*json->if_array(), "scope");
    return scope ? std::string("accepted") : scope.error().message;
  };
  EXPECT_EQ(wrong(R"([{"service":"x","regions":[],"classes":[],"resources":[]}])"),
            "scope[0].subscription: missing");
  EXPECT_EQ(wrong(R"([{"subscription":"s","service":"x","regions":[],"classes":["all"],)"
                  R"("resources":[]}])"),
            "scope[0].classes: not an action class");
  EXPECT_EQ(wrong(R"([{"subscription":"s","service":"x","regions":[],"classes":[],)"
                  R"("resources":[],"also":1}])"),
            "scope[0].also: unknown member");
}

}  // namespace
}  // namespace proviso::model
