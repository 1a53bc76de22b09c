// SPDX-License-Identifier: Apache-2.0
// What docs/gate-envoy.md tells an operator to write.
#include <algorithm>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include "gate_daemon/config.h"
#include "gate_daemon/testing/check_request.h"

namespace proviso::gate_daemon {
namespace {

std::string block(const std::string& name) {
  std::ifstream file(std::string(PROVISO_SOURCE_DIR) + "/docs/gate-envoy.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = text.find("<!-- " + name + ":BEGIN");
  const std::size_t end = text.find("<!-- " + name + ":END");
  EXPECT_LT(begin, end) << name;
  const std::size_t first = text.find('\n', text.find("```", begin)) + 1;
  return text.substr(first, text.rfind("```", end) - first);
}

std::string type_of(const YAML::Node& filter) {
  const auto type = filter["typed_config"]["@type"].as<std::string>();
  return type.substr(type.rfind('.') + 1);
}

class EnvoyExample : public ::testing::Test {
 protected:
  YAML::Node resources = YAML::Load(block("ENVOY"))["static_resources"];
  YAML::Node manager = resources["listeners"][0]["filter_chains"][0]["filters"][0]["typed_config"];
  YAML::Node host = manager["route_config"]["virtual_hosts"][0];
  Result<GateConfig> config = GateConfig::parse("gate.toml", block("GATE"));
};

TEST_F(EnvoyExample, AsksTheGateAfterItKnowsWhoAsksAndBeforeItLimits) {
  std::vector<std::string> order;
  for (const YAML::Node& filter : manager["http_filters"]) order.push_back(type_of(filter));
  EXPECT_EQ(order,
            (std::vector<std::string>{"JwtAuthentication", "ExtAuthz", "RateLimit", "Router"}));
}

TEST_F(EnvoyExample, SaysWhatHappensWithoutAGate) {
  const YAML::Node authz = manager["http_filters"][1]["typed_config"];
  EXPECT_EQ(authz["failure_mode_allow"].as<std::string>(), "true") << "I4";
  EXPECT_EQ(authz["transport_api_version"].as<std::string>(), "V3");
  const auto cluster = authz["grpc_service"]["envoy_grpc"]["cluster_name"].as<std::string>();
  EXPECT_EQ(resources["clusters"][0]["name"].as<std::string>(), cluster);
}

// What Envoy asks of a route, with the settings beside it, names all that a gate needs.
TEST_F(EnvoyExample, EveryRouteNamesItsServiceAndOperation) {
  ASSERT_TRUE(config) << config.error().message;
  const YAML::Node provider = manager["http_filters"][0]["typed_config"]["providers"]["provider"];
  const auto key = provider["payload_in_metadata"].as<std::string>();
  std::vector<std::string> said;
  for (const YAML::Node& route : host["routes"]) {
    const YAML::Node settings =
        route["typed_per_filter_config"]["envoy.filters.http.ext_authz"]["check_settings"];
    testing::CheckRequest request;
    for (const auto& extension : settings["context_extensions"]) {
      request.extensions.emplace_back(extension.first.as<std::string>(),
                                      extension.second.as<std::string>());
    }
    request.metadata = {
        {"envoy.filters.http.jwt_authn",
         testing::struct_of_struct(key, testing::struct_of_text("subscription", "sub-1"))}};
    gates::Request read;
    const std::string bytes = request.bytes();
    ASSERT_TRUE(read_check_request(bytes, config->ext_authz.mapping, read));
    EXPECT_EQ(read.subscription, "sub-1");
    EXPECT_EQ(read.region, "eu-central-1");
    said.push_back(std::string(read.service) + " " + std::string(read.operation));
  }
  EXPECT_EQ(said, (std::vector<std::string>{"storage PutObject", "storage GetObject"}));
}

// The two members of our metadata that the rate limits take.
TEST_F(EnvoyExample, TheRateLimitTakesWhatTheGateGives) {
  gates::Answer answer;
  answer.basis = gates::Basis::snapshot;
  answer.effect = {model::EffectKind::throttle, 5};
  answer.outcome = model::Outcome::limited;
  answer.rate_per_second = 5;
  answer.order = *Digest::from_hex(std::string(64, 'a'));
  std::string message;
  write_answer(answer, Told::enough, {}, {}, 0, message);
  const std::string shown = testing::dump(message, testing::kCheckResponse);
  const YAML::Node limit = host["rate_limits"][0];
  for (const YAML::Node& key : {limit["actions"][0]["metadata"]["metadata_key"],
                                limit["limit"]["dynamic_metadata"]["metadata_key"]}) {
    EXPECT_EQ(key["key"].as<std::string>(), "envoy.filters.http.ext_authz");
    const auto name = key["path"][0]["key"].as<std::string>();
    EXPECT_NE(shown.find("1{1\"" + name + "\""), std::string::npos) << name << " in " << shown;
  }
}

}  // namespace
}  // namespace proviso::gate_daemon
