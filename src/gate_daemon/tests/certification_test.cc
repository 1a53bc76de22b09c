// SPDX-License-Identifier: Apache-2.0
// The certification scenario of AuthZEN Authorization API 1.0, at the Core levels of Basic, Batch
// and Search, and Discovery. Numbers in comments are its sections. Its Properties levels ask a PDP
// to decide by attributes of a request, which a table of restrictions does not do.
#include <functional>

#include <gtest/gtest.h>

#include "base/json.h"
#include "gate_daemon/authzen.h"
#include "gate_daemon/testing/served_world.h"

namespace proviso::gate_daemon {
namespace {

using model::EffectKind;
using model::testing::sign_order;
using testing::ask;
using testing::body_of;
using testing::field_of;
using testing::status_of;

// 1: two users, two records, three actions. bob is held to reading record-1; alice to reading
// record-2, so that an order names her too.
gates::testing::World fixture() {
  gates::testing::World world;
  const auto record = [](const char* name) {
    return Json(Json::Object{
        {"service", name},
        {"operations", Json::Object{{"read", "read"}, {"write", "write"}, {"delete", "write"}}}});
  };
  world.catalogue = Json::Object{{"version", 1},
                                 {"services", Json::Array{record("record-1"), record("record-2")}}};
  const Digest digest = model::Catalogue::parse(world.catalogue)->digest();
  model::Order catalogue = model::testing::sample_change(model::OrderKind::catalogue,
                                                         Json::Object{{"digest", digest.hex()}});
  catalogue.proposed_at = testing::at("2026-11-03T00:00:00Z");
  world.put_in_force(sign_order(catalogue, {"ada", "ben"}), "2026-11-04T00:00:00Z");
  const auto hold = [&](const char* user, const char* service, char nonce) {
    model::Order order = testing::with_effect(gates::testing::restriction_of(user, service, nonce),
                                              {EffectKind::read_only, 0});
    order.restriction->catalogue = digest;
    world.put_in_force(sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
  };
  hold("bob", "record-1", '1');
  hold("alice", "record-2", '2');
  return world;
}

class Certification : public ::testing::Test {
 protected:
  static AuthzenSettings settings() {
    AuthzenSettings out;
    out.mapping.subject_type = "user";
    out.mapping.resource_type = "record";
    out.base_url = "https://pdp.example.com";
    return out;
  }
  Certification() : checks(*served.gate, served.clocks), authzen(checks, names, settings()) {
    names.set(*Names::from_snapshot(world.snapshot_text()));
  }
  void SetUp() override { ASSERT_EQ(served.problem, ""); }

  std::string post(const std::string& path, const std::string& body) {
    return ask(authzen, "POST /access/v1/" + path +
                            " HTTP/1.1\r\nHost: h\r\n"
                            "Content-Type: application/json\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  Json answered(const std::string& path, const std::string& body) {
    const std::string answer = post(path, body);
    EXPECT_EQ(status_of(answer), 200) << body << answer;
    EXPECT_EQ(field_of(answer, "Content-Type"), "application/json");
    const auto json = parse_json(body_of(answer));
    EXPECT_TRUE(json) << answer;
    return json ? *json : Json();
  }
  bool decides(const std::string& body) {
    const Json json = answered("evaluation", body);
    const Json* decision = json.find("decision");
    EXPECT_TRUE(decision != nullptr && decision->if_bool() != nullptr);
    const Json* context = json.find("context");
    EXPECT_TRUE(context == nullptr || context->if_object() != nullptr);
    return decision != nullptr && *decision->if_bool();
  }
  std::string decides_all(const std::string& body) {
    const Json json = answered("evaluations", body);
    std::string out;
    if (json.find("evaluations") == nullptr) return "no batch";
    for (const Json& item : *json.find("evaluations")->if_array()) {
      out += *item.find("decision")->if_bool() ? "+" : "-";
    }
    return out;
  }
  // Ids (or names) of the results, each with a comma; checks that their type is `type`.
  std::string finds(const std::string& path, const std::string& body,
                    const std::string& type = "") {
    const Json json = answered("search/" + path, body);
    std::string out;
    if (json.find("results") == nullptr) return "no results";
    for (const Json& item : *json.find("results")->if_array()) {
      if (!type.empty()) {
        EXPECT_EQ(*item.find("type")->if_string(), type);
      }
      out += *item.find(type.empty() ? "name" : "id")->if_string() + ",";
    }
    return out;
  }
  int status(const std::string& path, const std::string& body) {
    return status_of(post(path, body));
  }

  const std::string alice = R"("subject":{"type":"user","id":"alice"})";
  const std::string bob = R"("subject":{"type":"user","id":"bob"})";
  const std::string read = R"("action":{"name":"read"})";
  const std::string write = R"("action":{"name":"write"})";
  const std::string record_1 = R"("resource":{"type":"record","id":"record-1"})";
  const std::string record_2 = R"("resource":{"type":"record","id":"record-2"})";

  gates::testing::World world = fixture();
  testing::ServedWorld served{world};
  Latest<Names> names;
  Checks checks;
  Authzen authzen;
};

TEST_F(Certification, BasicCoreDecisions) {
  EXPECT_TRUE(decides("{" + alice + "," + read + "," + record_1 + "}"));    // 2.2.1, rule 1
  EXPECT_TRUE(decides("{" + alice + "," + write + "," + record_1 + "}"));   // rule 2
  EXPECT_TRUE(decides("{" + bob + "," + read + "," + record_1 + "}"));      // rule 3
  for (int times = 0; times < 3; ++times) {                                 // 2.6
    EXPECT_FALSE(decides("{" + bob + "," + write + "," + record_1 + "}"));  // 2.2.2, rule 4
  }
  EXPECT_TRUE(decides("{" + alice + "," + read + "," + record_1 +  // 2.2.3
                      R"(,"context":{"time":"2025-06-27T18:03-07:00","ip":"192.168.1.1"}})"));
  EXPECT_TRUE(decides(  // 2.2.8
      R"({"subject":{"type":"user","id":"alice","properties":{"department":"Sales",)"
      R"("role":"manager"}},"action":{"name":"read","properties":{"method":"GET"}},)"
      R"("resource":{"type":"record","id":"record-1","properties":{"status":"active",)"
      R"("owner":"bob"}}})"));
  EXPECT_TRUE(decides("{" + alice + "," + read + "," + record_1 +  // 2.2.9
                      R"(,"foo":"bar","futureField":{"nested":true}})"));
}

TEST_F(Certification, BasicCoreErrors) {
  const std::string type_only = R"("subject":{"type":"user"})";
  for (const std::string& body : {
           "{" + read + "," + record_1 + "}",  // 2.4.1
           "{" + alice + "," + record_1 + "}",
           "{" + alice + "," + read + "}",
           R"({"subject":{"id":"alice"},)" + read + "," + record_1 + "}",  // 2.4.2
           "{" + type_only + "," + read + "," + record_1 + "}",
           "{" + alice + R"(,"action":{},)" + record_1 + "}",
           "{" + alice + "," + read + R"(,"resource":{"id":"record-1"}})",
           "{" + alice + "," + read + R"(,"resource":{"type":"record"}})",
           "{" + alice + "," + read,                                // 2.4.4
           std::string(),                                           // 2.4.5
           R"({"subject":"alice",)" + read + "," + record_1 + "}",  // 2.4.6
           "{" + alice + R"(,"action":{"name":123},)" + record_1 + "}",
       }) {
    EXPECT_EQ(status("evaluation", body), 400) << body;
  }
  const std::string body = "{" + alice + "," + read + "," + record_1 + "}";
  EXPECT_EQ(status_of(ask(authzen,  // 2.4.3
                          "POST /access/v1/evaluation HTTP/1.1\r\nHost: h\r\nContent-Type: "
                          "text/plain\r\nContent-Length: " +
                              std::to_string(body.size()) + "\r\n\r\n" + body)),
            400);
  const std::string with_id = ask(authzen,  // 2.5.1
                                  "POST /access/v1/evaluation HTTP/1.1\r\nHost: h\r\nX-Request-ID: "
                                  "r-1\r\nContent-Type: application/json\r\nContent-Length: " +
                                      std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(field_of(with_id, "X-Request-ID"), "r-1");
}

TEST_F(Certification, BatchCore) {
  EXPECT_EQ(decides_all("{" + alice + "," + read + R"(,"evaluations":[{)" + record_1 + "},{" +
                        record_2 + "}]}"),
            "++");  // 3.2.1
  EXPECT_EQ(decides_all("{" + bob + "," + record_1 + R"(,"evaluations":[{)" + read + "},{" + write +
                        "}]}"),
            "+-");  // 3.2.2
  EXPECT_EQ(decides_all(R"({"evaluations":[{)" + alice + "," + read + "," + record_1 + "},{" + bob +
                        "," + write + "," + record_1 + "}]}"),
            "+-");  // 3.2.5
  EXPECT_EQ(decides_all("{" + alice + "," + read +
                        R"(,"context":{"time":"2025-06-27T18:03-07:00"},"evaluations":[{)" +
                        record_1 + "},{" + record_2 +
                        R"(,"context":{"time":"2025-06-27T19:00-07:00","source":"override"}}]})"),
            "++");  // 3.2.6
  EXPECT_EQ(decides_all("{" + alice + "," + read + R"(,"evaluations":[{)" + record_1 + "},{}]}"),
            "+-");                                          // 3.4.1
  for (const char* end : {"}", R"(,"evaluations":[]})"}) {  // 3.4.2, 3.4.3
    const Json json = answered("evaluations", "{" + alice + "," + read + "," + record_1 + end);
    EXPECT_TRUE(*json.find("decision")->if_bool());
    EXPECT_EQ(json.find("evaluations"), nullptr);
  }
}

TEST_F(Certification, SearchCore) {
  const std::string users = R"({"subject":{"type":"user"},)";
  const std::string context = R"(,"context":{"time":"2025-06-27T18:03-07:00"}})";
  EXPECT_EQ(finds("subject", users + read + "," + record_1 + "}", "user"), "alice,bob,");  // 4.2.1
  EXPECT_EQ(finds("subject", users + read + "," + record_1 + context, "user"), "alice,bob,");
  EXPECT_EQ(finds("subject", users + write + "," + record_1 + "}", "user"), "alice,");
  const std::string records = "," + read + R"(,"resource":{"type":"record"}})";
  EXPECT_EQ(finds("resource", "{" + alice + records, "record"), "record-1,record-2,");  // 4.3.1
  EXPECT_EQ(
      finds("resource", "{" + bob + "," + write + R"(,"resource":{"type":"record"}})", "record"),
      "record-2,");
  EXPECT_EQ(finds("action", "{" + alice + "," + record_1 + "}"), "delete,read,write,");  // 4.4.1
  EXPECT_EQ(finds("action", "{" + bob + "," + record_1 + context), "read,");             // 4.4.2
}

TEST_F(Certification, SearchPages) {
  const std::string rest = R"({"subject":{"type":"user"},)" + read + "," + record_1;
  const Json first = answered("search/subject", rest + R"(,"page":{"limit":1}})");  // 4.5.1
  EXPECT_EQ(first.find("results")->if_array()->size(), 1U);
  const std::string token = *first.find("page")->find("next_token")->if_string();
  EXPECT_FALSE(token.empty());
  const Json second =
      answered("search/subject", rest + R"(,"page":{"token":")" + token + R"("}})");  // 4.5.2
  EXPECT_EQ(*second.find("results")->if_array()->at(0).find("id")->if_string(), "bob");
  EXPECT_EQ(*second.find("page")->find("next_token")->if_string(), "");
  // All else must be the same.
  EXPECT_EQ(status("search/subject", R"({"subject":{"type":"user"},)" + write + "," + record_1 +
                                         R"(,"page":{"token":")" + token + R"("}})"),
            400);
  for (const char* page : {R"("page":1)", R"("page":{"limit":0})", R"("page":{"limit":"1"})",
                           R"("page":{"token":7})", R"("page":{"token":"zz"})"}) {
    EXPECT_EQ(status("search/subject", rest + "," + page + "}"), 400) << page;
  }
}

TEST_F(Certification, SearchFindsNothingOfWhatItDoesNotKnow) {
  EXPECT_EQ(
      finds("action", R"({"subject":{"type":"user","id":"nonexistent-user"},)" + record_1 + "}"),
      "");  // 4.6.1
  EXPECT_EQ(finds("subject", R"({"subject":{"type":"spaceship"},)" + read + "," + record_1 + "}",
                  "spaceship"),
            "");  // 4.6.2
  EXPECT_EQ(finds("action", "{" + alice + R"(,"resource":{"type":"record","id":"none"}})"), "");
  EXPECT_EQ(finds("resource", "{" + alice + "," + read + R"(,"resource":{"type":"ship"}})", "ship"),
            "");
}

TEST_F(Certification, SearchErrors) {
  const std::string users = R"({"subject":{"type":"user"},)";
  EXPECT_EQ(status("search/subject", users + record_1 + "}"), 400);  // 4.7.1
  EXPECT_EQ(status("search/resource", "{" + read + R"(,"resource":{"type":"record"}})"), 400);
  EXPECT_EQ(status("search/action", "{" + alice + "}"), 400);
  const std::string open = R"(,"resource":{"type":"record"}})";
  EXPECT_EQ(status("search/subject", users + read + open), 400);  // 4.7.2
  EXPECT_EQ(status("search/resource", users + read + open), 400);
}

TEST_F(Certification, Discovery) {
  const std::string answer =
      ask(authzen, "GET /.well-known/authzen-configuration HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(status_of(answer), 200);  // 6.5
  EXPECT_EQ(field_of(answer, "Content-Type"), "application/json");
  const Json json = *parse_json(body_of(answer));
  EXPECT_EQ(*json.find("policy_decision_point")->if_string(), "https://pdp.example.com");
  for (const char* key :
       {"access_evaluation_endpoint", "access_evaluations_endpoint", "search_subject_endpoint",
        "search_resource_endpoint", "search_action_endpoint"}) {
    EXPECT_TRUE(json.find(key)->if_string()->starts_with("https://pdp.example.com/access/v1/"));
  }
}

// I11: whom an order names is not to be learnt from a gate before its first stage, nor by asking.
TEST(SearchTest, ASubscriptionIsNamedOnceAnOrderHasBegun) {
  gates::testing::World world;
  world.put_in_force(
      sign_order(testing::with_effect(gates::testing::restriction_of("sub-1", "speech", '1'),
                                      {EffectKind::deny, 0}, "2026-11-09T00:00:00Z"),
                 {"ada", "ben"}),
      "2026-11-06T00:00:00Z");
  testing::ServedWorld served(world);
  ASSERT_EQ(served.problem, "");
  Latest<Names> names;
  names.set(*Names::from_snapshot(world.snapshot_text()));
  Checks checks(*served.gate, served.clocks);
  Authzen authzen(checks, names, {});
  const auto search = [&] {
    const std::string body = R"({"subject":{"type":"subscription"},"action":{"name":"GetObject"},)"
                             R"("resource":{"type":"service","id":"object-storage"}})";
    return body_of(ask(authzen,
                       "POST /access/v1/search/subject HTTP/1.1\r\nHost: h\r\n"
                       "Content-Type: application/json\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body));
  };
  EXPECT_EQ(search(), R"({"results":[]})");
  served.clocks.pass_until(testing::at("2026-11-09T00:00:00Z"));
  EXPECT_EQ(search(), R"({"results":[{"id":"sub-1","type":"subscription"}]})");
  served.clocks.pass_until(testing::at("2027-01-31T00:00:00Z"));
  EXPECT_EQ(search(), R"({"results":[]})");
}

// It asks the gate about each candidate, and none of them asked for anything.
TEST(SearchTest, NobodyIsRefusedByIt) {
  gates::testing::World world;
  world.put_in_force(
      sign_order(testing::with_effect(gates::testing::restriction_of("sub-1", "speech", '1'),
                                      {EffectKind::deny, 0}),
                 {"ada", "ben"}),
      "2026-11-06T00:00:00Z");
  testing::ServedWorld served(world);
  Latest<Names> names;
  names.set(*Names::from_snapshot(world.snapshot_text()));
  Checks checks(*served.gate, served.clocks);
  Authzen authzen(checks, names, {});
  const std::string body = R"({"subject":{"type":"subscription"},"action":{"name":"Recognize"},)"
                           R"("resource":{"type":"service","id":"speech"}})";
  const std::string found = ask(authzen,
                                "POST /access/v1/search/subject HTTP/1.1\r\nHost: h\r\n"
                                "Content-Type: application/json\r\nContent-Length: " +
                                    std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(body_of(found), R"({"results":[]})");
  EXPECT_EQ(served.recorded(), 0);
  // Who does ask is.
  EXPECT_TRUE(checks.ask({"sub-1", "speech", "Recognize", "", ""}).refused());
  EXPECT_EQ(served.recorded(), 1);
}

}  // namespace
}  // namespace proviso::gate_daemon
