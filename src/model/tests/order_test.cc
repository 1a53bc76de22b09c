// SPDX-License-Identifier: Apache-2.0
#include "model/order.h"

#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>

#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::at;
using testing::sample_catalogue;
using testing::sample_change;
using testing::sample_lift;
using testing::sample_restriction;

TEST(Order, RoundTripOfEachKind) {
  const std::vector<Order> orders = {
      sample_restriction(), sample_lift(sha256("x")),
      sample_change(OrderKind::roster, roster_to_json(testing::sample_roster())),
      sample_change(OrderKind::catalogue, Json::Object{{"digest", sha256("c").hex()}})};
  for (const Order& order : orders) {
    const std::string text = canonical_order(order);
    const auto back = parse_order(text);
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(canonical_order(*back), text);
    EXPECT_EQ(order_digest(*back), order_digest(order));
    EXPECT_EQ(back->kind, order.kind);
  }
}

// What was approved once must keep its digest in every later version. Never change this one.
TEST(Order, DigestOfAFixedOrderIsStable) {
  EXPECT_EQ(order_digest(sample_restriction()).hex(),
            "760c7acc62058e40c4856750915277244cb11201c842be89ac498f0ca3e63414");
}

// docs/formats/order.md shows this file and tells its digest.
TEST(Order, TheExampleOfTheFormatIsAnOrder) {
  const std::ifstream file(PROVISO_SOURCE_DIR "/docs/formats/examples/order.json");
  std::ostringstream text;
  text << file.rdbuf();
  const auto json = parse_json(text.str());
  ASSERT_TRUE(json) << json.error().message;
  const auto order = order_from_json(*json);
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order_digest(*order), order_digest(sample_restriction()));
}

TEST(Order, OnlyTheCanonicalTextIsAnOrder) {
  const std::string text = canonical_order(sample_restriction());
  EXPECT_FALSE(parse_order(text + "\n"));
  EXPECT_FALSE(parse_order(" " + text));
  EXPECT_FALSE(parse_order(pretty_json(order_to_json(sample_restriction()))));
}

// The error of an order after `change` to its JSON, or "accepted".
std::string refusal(const std::function<void(Json::Object& order, Json::Object& body)>& change) {
  Json json = order_to_json(sample_restriction());
  change(*json.if_object(), *json.if_object()->at("restriction").if_object());
  const auto order = order_from_json(json);
  return order ? "accepted" : order.error().message;
}
std::string body_refusal(const std::string& member, const Json& value) {
  return refusal([&](Json::Object&, Json::Object& body) { body[member] = value; });
}
#define EXPECT_HAS(text, part) \
  EXPECT_NE((text).find(part), std::string::npos) << (text) << " does not say " << (part)

TEST(Order, UnchangedSampleIsAccepted) {
  EXPECT_EQ(refusal([](Json::Object&, Json::Object&) {}), "accepted");
}

TEST(Order, RefusesAScopeThatIsNotExactI3) {
  const Json line = scope_to_json(sample_restriction().restriction->scope).if_array()->front();
  Json wild = line;
  (*wild.if_object())["subscription"] = "*";
  Json empty = line;
  (*empty.if_object())["service"] = "";
  EXPECT_HAS(body_refusal("scope", Json::Array{}), "I3");
  EXPECT_HAS(body_refusal("scope", Json::Array{line, line}), "I3");
  EXPECT_HAS(body_refusal("scope", Json::Array{wild}), "I3");
  EXPECT_HAS(body_refusal("scope", Json::Array{empty}), "I3");
}

TEST(Order, RefusesAnOrderWithoutEndI5) {
  EXPECT_HAS(body_refusal("until", nullptr), "I5");
  EXPECT_HAS(body_refusal("review", "2026-12-01T00:00:00Z"), "I5");
  EXPECT_HAS(body_refusal("until", "2026-11-20T00:00:00Z"), "I5");
  EXPECT_HAS(body_refusal("until", "2027-05-09T00:00:01Z"), "I5");
  EXPECT_EQ(body_refusal("until", "2027-05-09T00:00:00Z"), "accepted") << "180 days exactly";
  const auto terminate = [](const char* review) {
    return refusal([&](Json::Object&, Json::Object& body) {
      body["until"] = nullptr;
      body["review"] = review;
    });
  };
  EXPECT_EQ(terminate("2027-11-11T00:00:00Z"), "accepted");
  EXPECT_HAS(terminate("2027-11-11T00:00:01Z"), "I5");
  EXPECT_HAS(terminate("2026-11-10T00:00:00Z"), "I5");
}

TEST(Order, RefusesASpanOfCenturiesI5) {
  EXPECT_HAS(refusal([](Json::Object&, Json::Object& body) {
               body["stages"] =
                   Json::Array{Json::Object{{"from", "1678-01-01T00:00:00Z"}, {"effect", "deny"}}};
               body["until"] = "2261-12-31T00:00:00Z";
             }),
             "I5");
}

TEST(Order, AnEmergencySaysSoAndNothingElseDoes) {
  Order order = testing::sample_restriction();
  const Digest plain = order_digest(order);
  order.restriction->stages = {{order.proposed_at, {EffectKind::read_only, 0}}};
  order.restriction->until = order.proposed_at + kEmergencyMax;
  order.restriction->emergency = true;
  const auto read = parse_order(canonical_order(order));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_TRUE(read->restriction->emergency);
  EXPECT_NE(order_digest(order), plain);
  std::string never = canonical_order(order);
  never.replace(never.find("\"emergency\":true"), 16, "\"emergency\":false");
  EXPECT_FALSE(parse_order(never));  // one order, one text
  EXPECT_FALSE(parse_order(canonical_order(testing::against(order, "hospital"))));

  Order next = testing::sample_restriction();
  next.restriction->ratifies = sha256("the emergency");
  EXPECT_EQ(parse_order(canonical_order(next))->restriction->ratifies, sha256("the emergency"));
}

TEST(Order, AReasonOfItsOwnStandsAgainstAProtectedSubjectAndNowhereElseI15) {
  const Order order = testing::against(sample_restriction(), "hospital");
  const auto read = parse_order(canonical_order(order));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->restriction->protected_reason, sha256("why all the same"));
  Order without = order;
  without.restriction->protected_reason.reset();
  EXPECT_FALSE(parse_order(canonical_order(without)));
  Order alone = order;
  alone.restriction->protected_classes.clear();
  EXPECT_FALSE(parse_order(canonical_order(alone)));
  EXPECT_HAS(body_refusal("protected_classes", Json::Array{"hospital"}), "protected_reason");
  EXPECT_HAS(body_refusal("protected_reason", "because"), "SHA-256");
}

TEST(Order, RefusesStagesOutOfOrder) {
  const auto stage = [](const char* from, const char* effect) {
    return Json(Json::Object{{"from", from}, {"effect", effect}});
  };
  EXPECT_HAS(body_refusal("stages", Json::Array{}), "stages");
  EXPECT_HAS(body_refusal("stages", Json::Array{stage("2026-11-10T00:00:00Z", "deny"),
                                                stage("2026-11-10T00:00:00Z", "read-only")}),
             "rise");
  EXPECT_HAS(body_refusal("stages", Json::Array{stage("2026-11-10T00:00:00Z", "allow")}), "effect");
  EXPECT_HAS(body_refusal("stages", Json::Array{stage("2026-11-10T00:00:00+00:00", "deny")}),
             "from");
  EXPECT_HAS(body_refusal("stages", Json::Array(17, stage("2026-11-10T00:00:00Z", "deny"))),
             "stages");
}

TEST(Order, RefusesUnknownMissingAndMisspelt) {
  EXPECT_HAS(refusal([](Json::Object& order, Json::Object&) { order["extra"] = 1; }), "extra");
  EXPECT_HAS(body_refusal("extra", 1), "extra");
  EXPECT_HAS(refusal([](Json::Object& order, Json::Object&) { order.erase("nonce"); }), "nonce");
  EXPECT_HAS(refusal([](Json::Object& order, Json::Object&) { order["nonce"] = "ABC"; }), "nonce");
  EXPECT_HAS(refusal([](Json::Object& order, Json::Object&) { order["version"] = 2; }), "version");
  EXPECT_HAS(refusal([](Json::Object& order, Json::Object&) { order["kind"] = "ban"; }), "kind");
  EXPECT_HAS(body_refusal("terms", Json::Array{}), "term");
  EXPECT_HAS(body_refusal("catalogue", "abc"), "catalogue");
}

TEST(Order, RefusesListsThatAreNotWhatTheySay) {
  const std::string a = std::string(64, 'a');
  const std::string b = std::string(64, 'b');
  EXPECT_EQ(body_refusal("evidence", Json::Array{a, b}), "accepted");
  EXPECT_HAS(body_refusal("evidence", Json::Array{b, a}), "evidence");
  EXPECT_HAS(body_refusal("evidence", Json::Array{a, a}), "evidence");
  EXPECT_HAS(body_refusal("evidence", Json::Array{"a name"}), "evidence");
  EXPECT_HAS(body_refusal("protected_classes", Json::Array{"bank"}), "I15");
  EXPECT_HAS(body_refusal("terms", Json::Array{Json::Object{{"id", "t"}, {"version", 0}}}),
             "version");
}

TEST(Order, AnAuthorityNamesCountryAndInstrumentI15) {
  const auto origin = [](const char* kind, const char* country, const std::string& instrument) {
    return body_refusal("origin", Json::Object{{"kind", kind},
                                               {"country", country},
                                               {"instrument", instrument},
                                               {"gag_until", nullptr}});
  };
  EXPECT_EQ(origin("own-review", "", ""), "accepted");
  EXPECT_HAS(origin("court", "", ""), "I15");
  EXPECT_HAS(origin("authority", "XX", ""), "I15");
  EXPECT_EQ(origin("statute", "XX", sha256("law").hex()), "accepted");
  EXPECT_HAS(origin("court", "x1", sha256("law").hex()), "two capital letters");
  EXPECT_HAS(origin("own-review", "XX", ""), "who asked");
  EXPECT_HAS(origin("report", "", sha256("law").hex()), "who asked");
  EXPECT_HAS(origin("rumour", "", ""), "kind");
}

TEST(Order, TellsWhetherItClosesTheExportI6) {
  const Catalogue catalogue = sample_catalogue();
  Restriction r = *sample_restriction().restriction;
  EXPECT_FALSE(closes_export(r, catalogue)) << "export-only keeps it open";
  r.stages.back().effect = {EffectKind::deny, 0};
  EXPECT_TRUE(closes_export(r, catalogue));
  r.scope.front().classes = {ActionClass::write};
  EXPECT_FALSE(closes_export(r, catalogue));
  r.scope.front().classes = {ActionClass::export_data};
  EXPECT_TRUE(closes_export(r, catalogue));
  r.scope.front() = {SubscriptionId("sub-1"), ServiceId("speech"), {}, {}, {}};
  EXPECT_FALSE(closes_export(r, catalogue)) << "speech has no export operation";
}

TEST(Order, DigestChangesWithEveryMember) {
  const Digest digest = order_digest(sample_restriction());
  const Json json = order_to_json(sample_restriction());
  for (const auto& [name, value] : *json.if_object()->at("restriction").if_object()) {
    Json changed = json;
    (*(*changed.if_object())["restriction"].if_object())[name] = "changed";
    EXPECT_NE(sha256(canonical_json(changed)), digest) << name;
  }
}

}  // namespace
}  // namespace proviso::model
