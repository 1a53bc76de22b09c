// SPDX-License-Identifier: Apache-2.0
// The AuthZEN API as its clients see it: bytes in, bytes out.
#include "gate_daemon/authzen.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "gate_daemon/authzen_answer.h"
#include "gate_daemon/testing/served_world.h"

namespace proviso::gate_daemon {
namespace {

using gates::testing::restriction_of;
using model::EffectKind;
using model::testing::sign_order;
using testing::body_of;
using testing::field_of;
using testing::ServedWorld;
using testing::status_of;
using testing::with_effect;

constexpr const char* kInForce = "2026-11-06T00:00:00Z";

// sub-1 is read-only on storage, sub-2 throttled on speech, sub-3 export-only on storage, sub-4 cut
// off from both; sub-5 will be, and nobody has been told.
gates::testing::World busy_world() {
  gates::testing::World world;
  const auto put = [&](const std::string& subscription, const std::string& service, char nonce,
                       model::Effect effect, const char* from = "2026-11-07T00:00:00Z") {
    world.put_in_force(
        sign_order(with_effect(restriction_of(subscription, service, nonce), effect, from),
                   {"ada", "ben"}),
        kInForce);
  };
  put("sub-1", "object-storage", '1', {EffectKind::read_only, 0});
  put("sub-2", "speech", '2', {EffectKind::throttle, 5});
  put("sub-3", "object-storage", '3', {EffectKind::export_only, 0});
  put("sub-4", "speech", '4', {EffectKind::deny, 0});
  put("sub-5", "speech", '5', {EffectKind::deny, 0}, "2026-12-24T00:00:00Z");
  return world;
}

class AuthzenTest : public ::testing::Test {
 protected:
  AuthzenTest() : AuthzenTest(AuthzenSettings{}) {}
  explicit AuthzenTest(AuthzenSettings settings)
      : checks(*served.gate, served.clocks), authzen(checks, names, std::move(settings)) {
    names.set(*Names::from_snapshot(world.snapshot_text()));
  }
  void SetUp() override { ASSERT_EQ(served.problem, ""); }

  std::string post(const std::string& path, const std::string& body,
                   const std::string& fields = "Content-Type: application/json\r\n") {
    return testing::ask(authzen, "POST " + path + " HTTP/1.1\r\nHost: evil.example\r\n" + fields +
                                     "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                                     body);
  }
  std::string evaluate(const std::string& body) { return post("/access/v1/evaluation", body); }
  Json evaluated(const std::string& subscription, const std::string& service,
                 const std::string& operation) {
    const std::string answer = evaluate(request(subscription, service, operation));
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_EQ(field_of(answer, "Content-Type"), "application/json");
    const auto json = parse_json(body_of(answer));
    EXPECT_TRUE(json) << answer;
    return json ? *json : Json();
  }
  static std::string request(const std::string& subscription, const std::string& service,
                             const std::string& operation) {
    return R"({"subject":{"type":"subscription","id":")" + subscription +
           R"("},"action":{"name":")" + operation + R"("},"resource":{"type":"service","id":")" +
           service + R"("}})";
  }
  std::string batch(const std::string& body) {
    const std::string answer = post("/access/v1/evaluations", body);
    EXPECT_EQ(status_of(answer), 200) << answer;
    return decisions(body_of(answer));
  }
  // "+" and "-" for each decision; "e" where there is an error with it.
  static std::string decisions(const std::string& body) {
    const auto json = parse_json(body);
    if (!json || json->find("evaluations") == nullptr) return "no batch: " + body;
    std::string out;
    for (const Json& item : *json->find("evaluations")->if_array()) {
      out += *item.find("decision")->if_bool() ? "+" : "-";
      const Json* context = item.find("context");
      if (context != nullptr && context->find("error") != nullptr) out += "e";
    }
    return out;
  }

  gates::testing::World world = busy_world();
  ServedWorld served{world};
  Latest<Names> names;
  Checks checks;
  Authzen authzen;
};

TEST_F(AuthzenTest, AnUnrestrictedSubscriptionPassesWithTheSnapshotsAge) {
  const std::string answer = evaluate(request("sub-9", "speech", "Recognize"));
  EXPECT_EQ(body_of(answer),
            R"({"decision":true,"context":{"snapshot":{"age_seconds":30,"version":)" +
                std::to_string(served.gate->status().snapshot_size) + "}}}");
}

TEST_F(AuthzenTest, ARefusalSaysWhyToBothPeople) {
  const Json answer = evaluated("sub-1", "object-storage", "PutObject");
  EXPECT_FALSE(*answer.find("decision")->if_bool());
  const Json& context = *answer.find("context");
  EXPECT_EQ(*context.find("effect")->if_string(), "read-only");
  EXPECT_EQ(*context.find("term")->if_string(), "mass-surveillance");
  EXPECT_EQ(*context.find("until")->if_string(), "2027-01-31T00:00:00Z");
  EXPECT_EQ(context.find("order")->if_string()->size(), 64U);
  EXPECT_FALSE(context.find("reason_user")->find("403")->if_string()->empty());
  EXPECT_FALSE(context.find("reason_admin")->find("403")->if_string()->empty());
  EXPECT_EQ(context.find("obligations"), nullptr);
}

TEST_F(AuthzenTest, WhatIsLetThroughUnderAnEffectCarriesItsObligation) {
  const auto obligation = [&](const std::string& subscription, const std::string& service,
                              const std::string& operation) {
    const Json answer = evaluated(subscription, service, operation);
    EXPECT_TRUE(*answer.find("decision")->if_bool());
    const Json* all = answer.find("context")->find("obligations");
    return all == nullptr ? "none" : canonical_json(all->if_array()->at(0));
  };
  EXPECT_EQ(obligation("sub-1", "object-storage", "GetObject"),
            R"({"id":"read-only","properties":{},"type":"custom"})");
  EXPECT_EQ(obligation("sub-3", "object-storage", "ExportBucket"),
            R"({"id":"export-only","properties":{},"type":"custom"})");
  EXPECT_EQ(obligation("sub-2", "speech", "Recognize"),
            R"({"id":"throttle","properties":{"requests_per_second":5},"type":"custom"})");
  EXPECT_EQ(obligation("sub-9", "speech", "Recognize"), "none");
}

TEST_F(AuthzenTest, MembersMayStandInAnyOrderAmongUnknownOnes) {
  const std::string answer =
      evaluate(R"({"future":{"a":[1.5e3,null,true]},"resource":{"id":"object-storage","x":1,)"
               R"("type":"service"},"context":{"region":"eu"},)"
               R"("action":{"properties":{},"n":2,"name":"PutObject"},)"
               R"("subject":{"properties":{"a":"b"},"id":"sub-1","type":"subscription"}})");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_NE(body_of(answer).find(R"("decision":false)"), std::string::npos);
}

TEST_F(AuthzenTest, ReadsEscapesBeforeItComparesNames) {
  const std::string escaped = evaluate(
      R"({"subj\u0065ct":{"type":"subscription","id":"sub\u002d1"},"action":{"name":"PutObject"},)"
      R"("resource":{"type":"service","id":"object-storage"}})");
  EXPECT_NE(body_of(escaped).find(R"("decision":false)"), std::string::npos);
  EXPECT_EQ(status_of(evaluate(
                R"({"subject":{"type":"subscription","id":"sub-9"},"subj\u0065ct":{"type":"t",)"
                R"("id":"sub-1"},"action":{"name":"a"},"resource":{"type":"t","id":"r"}})")),
            400);
  EXPECT_EQ(
      status_of(evaluate(R"({"subject":{"type":"t","id":"s"},"action":{"name":"a"},"resource":)"
                         R"({"type":"t","id":"r"},"other":[{"deep":{"a":1,"a":2}}]})")),
      400);
  // Beyond the number that are compared pair by pair.
  std::string many = R"({"subject":{"type":"t","id":"s"},"action":{"name":"a"},)"
                     R"("resource":{"type":"t","id":"r"},"other":{)";
  for (int i = 0; i < 40; ++i) many += "\"k" + std::to_string(i) + "\":1,";
  EXPECT_EQ(status_of(evaluate(many + "\"k40\":1}}")), 200);
  EXPECT_EQ(status_of(evaluate(many + "\"k0\":1}}")), 400);
}

TEST_F(AuthzenTest, BadBodiesAreToldWhatIsWrong) {
  const std::string tail = R"(,"resource":{"type":"t","id":"r"}})";
  for (const auto& [body, what] : std::initializer_list<std::pair<std::string, std::string>>{
           {"", "the body is empty"},
           {"{", "the body is not JSON"},
           {"[]", "the body is not a JSON object"},
           {"{} {}", "the body is not JSON"},
           {"{\"a\":\"\xff\"}", "the body is not UTF-8"},
           {R"({"a":"\ud800"})", "the body is not JSON"},
           {R"({"subject":{"type":"t","id":"s"},"action":{"name":"a"}})", "resource: missing"},
           {R"({"subject":"s","action":{"name":"a"})" + tail, "subject: not an object"},
           {R"({"subject":null,"action":{"name":"a"})" + tail, "subject: not an object"},
           {R"({"subject":{"id":"s"},"action":{"name":"a"})" + tail, "subject.type: missing"},
           {R"({"subject":{"type":"t"},"action":{"name":"a"})" + tail, "subject.id: missing"},
           {R"({"subject":{"type":"t","id":7},"action":{"name":"a"})" + tail,
            "subject.id: not a string"},
           {R"({"subject":{"type":"t","id":"s"},"action":{"name":123})" + tail,
            "action.name: not a string"},
           {R"({"subject":{"type":"t","id":"s","properties":1},"action":{"name":"a"})" + tail,
            "subject.properties: not an object"},
           {R"({"context":[],"subject":{"type":"t","id":"s"},"action":{"name":"a"})" + tail,
            "context: not an object"},
           {R"({"context":{"region":1},"subject":{"type":"t","id":"s"},"action":{"name":"a"})" +
                tail,
            "context.region: not a string"},
           {R"({"subject":{"type":"t","id":""},"action":{"name":"a"})" + tail,
            "subject.id: not 1 to 256 bytes"},
           {R"({"subject":{"type":"t","id":"a\nb"},"action":{"name":"a"})" + tail,
            "subject.id: not 1 to 256 bytes"},
           {R"({"subject":{"type":"t","id":")" + std::string(257, 'x') +
                R"("},"action":{"name":"a"})" + tail,
            "subject.id: not 1 to 256 bytes"},
       }) {
    const std::string answer = evaluate(body);
    EXPECT_EQ(status_of(answer), 400) << body;
    EXPECT_NE(body_of(answer).find(what), std::string::npos) << body << "\n" << answer;
  }
}

TEST_F(AuthzenTest, HoldsDepthAndSizeToTheirLimits) {
  const auto nested = [&](std::size_t depth) {
    std::string body = request("sub-9", "speech", "Recognize");
    body.pop_back();
    return body + R"(,"deep":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
  };
  EXPECT_EQ(status_of(evaluate(nested(20))), 200);
  EXPECT_EQ(status_of(evaluate(nested(1'000))), 400);
  EXPECT_EQ(status_of(evaluate(nested(100'000))), 400);
  EXPECT_EQ(status_of(evaluate(std::string(10U << 20U, ' '))), 413);
  // And the next request is none the worse.
  EXPECT_EQ(status_of(evaluate(nested(20))), 200);
}

TEST_F(AuthzenTest, WantsJsonAndPost) {
  const std::string body = request("sub-9", "speech", "Recognize");
  const auto with = [&](const std::string& fields) {
    return status_of(post("/access/v1/evaluation", body, fields));
  };
  EXPECT_EQ(with("Content-Type: Application/JSON ; charset=utf-8\r\n"), 200);
  EXPECT_EQ(with("Content-Type: text/plain\r\n"), 400);
  EXPECT_EQ(with("Content-Type: application/jsonp\r\n"), 400);
  EXPECT_EQ(with(""), 400);
  const std::string get =
      testing::ask(authzen, "GET /access/v1/evaluation HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(get), 405);
  EXPECT_EQ(field_of(get, "Allow"), "POST");
  EXPECT_EQ(status_of(post("/access/v1/evaluatio", body)), 404);
}

TEST_F(AuthzenTest, GivesTheRequestsIdBackAlsoWithAnError) {
  const std::string fields =
      "Content-Type: application/json\r\nx-request-id: bfe9eb29-ab87 \"q\"\r\n";
  const std::string body = request("sub-9", "speech", "Recognize");
  EXPECT_EQ(field_of(post("/access/v1/evaluation", body, fields), "X-Request-ID"),
            "bfe9eb29-ab87 \"q\"");
  EXPECT_EQ(field_of(post("/access/v1/evaluation", "{", fields), "X-Request-ID"),
            "bfe9eb29-ab87 \"q\"");
  EXPECT_EQ(field_of(evaluate(body), "X-Request-ID"), "(none)");
}

constexpr const char* kItems =
    R"("subject":{"type":"subscription","id":"sub-1"},"resource":{"type":"service",)"
    R"("id":"object-storage"},"evaluations":[{"action":{"name":"GetObject"}},)"
    R"({"action":{"name":"PutObject"}},{"action":{"name":"GetObject"}}])";

TEST_F(AuthzenTest, ABatchIsAnsweredBySemantic) {
  const auto with = [&](const std::string& options) {
    return batch(std::string("{") + options + kItems + "}");
  };
  EXPECT_EQ(with(""), "+-+");
  EXPECT_EQ(with(R"("options":{},)"), "+-+");
  EXPECT_EQ(with(R"("options":{"evaluations_semantic":"execute_all"},)"), "+-+");
  EXPECT_EQ(with(R"("options":{"evaluations_semantic":"deny_on_first_deny"},)"), "+-");
  EXPECT_EQ(with(R"("options":{"evaluations_semantic":"permit_on_first_permit"},)"), "+");
  for (const char* options : {R"("options":[],)", R"("options":{"evaluations_semantic":1},)",
                              R"("options":{"evaluations_semantic":"any"},)"}) {
    EXPECT_EQ(status_of(post("/access/v1/evaluations", std::string("{") + options + kItems + "}")),
              400);
  }
}

TEST_F(AuthzenTest, AnItemReplacesADefaultWhole) {
  const std::string defaults =
      R"({"subject":{"type":"subscription","id":"sub-1"},"action":{"name":"PutObject"},)"
      R"("resource":{"type":"service","id":"object-storage"},"evaluations":[)";
  EXPECT_EQ(batch(defaults + R"({},{"subject":{"type":"subscription","id":"sub-9"}}]})"), "-+");
  // No "type" of the default's comes through.
  EXPECT_EQ(batch(defaults + R"({"subject":{"id":"sub-9"}},{"resource":{"type":"service"}}]})"),
            "-e-e");
}

TEST_F(AuthzenTest, ABadItemIsRefusedAlone) {
  const std::string defaults = R"({"subject":{"type":"subscription","id":"sub-9"},)"
                               R"("action":{"name":"GetObject"},"evaluations":[)";
  const std::string good = R"({"resource":{"type":"service","id":"object-storage"}})";
  EXPECT_EQ(batch(defaults + good + ",{},7," + good + "]}"), "+-e-e+");
  const std::string stops =
      R"({"options":{"evaluations_semantic":"deny_on_first_deny"},)" + defaults.substr(1);
  EXPECT_EQ(batch(stops + good + ",{}," + good + "]}"), "+-e");
  // A default of another type is wrong for all.
  EXPECT_EQ(
      status_of(post("/access/v1/evaluations", R"({"subject":"s","evaluations":[)" + good + "]}")),
      400);
  EXPECT_EQ(status_of(post("/access/v1/evaluations", R"({"evaluations":{}})")), 400);
}

TEST_F(AuthzenTest, ABatchWithoutItemsIsASingleEvaluation) {
  std::string body = request("sub-1", "object-storage", "PutObject");
  const auto single = [&] {
    const std::string answer = post("/access/v1/evaluations", body);
    EXPECT_TRUE(body_of(answer).starts_with(R"({"decision":false,)")) << answer;
  };
  single();
  body.back() = ',';
  body += R"("evaluations":[]})";
  single();
  EXPECT_EQ(status_of(post("/access/v1/evaluations", R"({"evaluations":[]})")), 400);
}

TEST_F(AuthzenTest, ABatchIsBounded) {
  std::string items = "{}";
  for (int i = 1; i < 1'000; ++i) items += ",{}";
  EXPECT_EQ(batch(R"({"evaluations":[)" + items + "]}").size(), 2'000U);
  EXPECT_EQ(status_of(post("/access/v1/evaluations", R"({"evaluations":[)" + items + ",{}]}")),
            400);
}

TEST_F(AuthzenTest, CountsWhatItAnswers) {
  evaluated("sub-9", "speech", "Recognize");
  evaluated("sub-4", "speech", "Recognize");
  evaluated("sub-2", "speech", "Recognize");
  const Tally& tally = checks.tally();
  EXPECT_EQ(tally.done().passed, 1U);
  EXPECT_EQ(tally.done().refused, 1U);
  EXPECT_EQ(tally.done().limited, 1U);
  EXPECT_EQ(tally.by_order().size(), 2U);
  EXPECT_EQ(tally.not_enforced().refused, 0U);
}

TEST_F(AuthzenTest, ServesNoMetadataWithoutABaseUrl) {
  EXPECT_EQ(status_of(testing::ask(
                authzen, "GET /.well-known/authzen-configuration HTTP/1.1\r\nHost: a\r\n\r\n")),
            404);
}

class AuthzenAtTenant : public AuthzenTest {
 protected:
  AuthzenAtTenant()
      : AuthzenTest(AuthzenSettings{.mapping = {}, .base_url = "https://gate.example/tenant1"}) {}
};

TEST_F(AuthzenAtTenant, MetadataComesFromTheBaseUrlAndNotFromHost) {
  const std::string answer = testing::ask(
      authzen,
      "GET /.well-known/authzen-configuration/tenant1 HTTP/1.1\r\nHost: evil.example\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(field_of(answer, "Content-Type"), "application/json");
  EXPECT_EQ(answer.find("evil.example"), std::string::npos);
  const Json json = *parse_json(body_of(answer));
  EXPECT_EQ(*json.find("policy_decision_point")->if_string(), "https://gate.example/tenant1");
  EXPECT_EQ(*json.find("search_action_endpoint")->if_string(),
            "https://gate.example/tenant1/access/v1/search/action");
  EXPECT_EQ(status_of(testing::ask(
                authzen, "GET /.well-known/authzen-configuration HTTP/1.1\r\nHost: a\r\n\r\n")),
            404);
  EXPECT_EQ(
      status_of(post("/tenant1/access/v1/evaluation", request("sub-9", "speech", "Recognize"))),
      200);
}

class AuthzenByProperty : public AuthzenTest {
 protected:
  static AuthzenSettings settings() {
    AuthzenSettings out;
    out.mapping.subscription = *Place::parse("subject.properties.subscription");
    out.mapping.service = *Place::parse("=object-storage");
    out.base_url = "https://gate.example";
    return out;
  }
  AuthzenByProperty() : AuthzenTest(settings()) {}
};

TEST_F(AuthzenByProperty, TakesValuesFromWhereTheMappingSays) {
  const std::string tail = R"("action":{"name":"PutObject"},"resource":{"type":"path","id":"/a"}})";
  EXPECT_NE(body_of(evaluate(R"({"subject":{"type":"user","id":"jo","properties":)"
                             R"({"subscription":"sub-1"}},)" +
                             tail))
                .find(R"("decision":false)"),
            std::string::npos);
  // What the gate must know is no option: nobody is let through for want of it.
  const std::string without = evaluate(R"({"subject":{"type":"user","id":"jo"},)" + tail);
  EXPECT_EQ(status_of(without), 400);
  EXPECT_NE(without.find("subject.properties.subscription: missing"), std::string::npos);
}

TEST_F(AuthzenByProperty, OffersNoSearchForWhatIsNotAnId) {
  EXPECT_EQ(status_of(post("/access/v1/search/subject", "{}")), 404);
  EXPECT_EQ(status_of(post("/access/v1/search/resource", "{}")), 404);
  const std::string metadata =
      testing::ask(authzen, "GET /.well-known/authzen-configuration HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(metadata.find("search_subject"), std::string::npos);
  EXPECT_NE(metadata.find("search_action"), std::string::npos);
}

TEST(AuthzenModes, ObservingRefusesNothingAndSaysWhatItWouldHaveDone) {
  const gates::testing::World world = busy_world();
  ServedWorld served(world, true);
  Checks checks(*served.gate, served.clocks);
  std::string out;
  append_decision(checks.ask({.subscription = "sub-4",
                              .service = "speech",
                              .operation = "Recognize",
                              .region = {},
                              .resource = {}}),
                  checks, out);
  EXPECT_TRUE(out.starts_with(R"({"decision":true,)")) << out;
  EXPECT_NE(out.find(R"("judged":"refused","mode":"observe")"), std::string::npos) << out;
  EXPECT_EQ(out.find("obligations"), std::string::npos);
  EXPECT_EQ(checks.tally().not_enforced().refused, 1U);
  EXPECT_EQ(checks.tally().done().passed, 1U);
}

TEST(AuthzenModes, WithoutStateItsOwnersChoiceAnswersAndSaysSo) {
  const gates::testing::World world;
  for (const bool fail_closed : {false, true}) {
    ServedWorld served(world.trust(), {.observe = false, .fail_closed = fail_closed});
    Checks checks(*served.gate, served.clocks);
    std::string out;
    append_decision(checks.ask({.subscription = "sub-4",
                                .service = "speech",
                                .operation = "Recognize",
                                .region = {},
                                .resource = {}}),
                    checks, out);
    EXPECT_TRUE(out.starts_with(fail_closed ? R"({"decision":false,)" : R"({"decision":true,)"));
    EXPECT_NE(out.find(R"("state":"none")"), std::string::npos) << out;
    EXPECT_EQ(checks.tally().without_state(), 1U);
    EXPECT_EQ(checks.tally().refused_without_order(), 0U);
  }
}

TEST(AuthzenSettingsTest, ABaseUrlIsHttpsAndPlain) {
  const auto good = [](const char* url) {
    return AuthzenSettings{.mapping = {}, .base_url = url}.check().has_value();
  };
  EXPECT_TRUE(good(""));
  EXPECT_TRUE(good("https://gate.example"));
  EXPECT_TRUE(good("https://gate.example:8443/a/b"));
  for (const char* bad :
       {"http://gate.example", "https://", "https://gate.example/", "https://gate.example?x",
        "https://gate.example#x", "gate.example", "https://gate example", "https://a\"b"}) {
    EXPECT_FALSE(good(bad)) << bad;
  }
}

}  // namespace
}  // namespace proviso::gate_daemon
