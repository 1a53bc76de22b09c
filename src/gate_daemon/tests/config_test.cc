// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/config.h"

#include <tuple>

#include <gtest/gtest.h>

#include "base/file_system.h"

namespace proviso::gate_daemon {
namespace {

std::string problem(std::string_view text) {
  const auto config = GateConfig::parse("gate.toml", text);
  return config ? "" : config.error().message;
}

TEST(GateConfigTest, AnEmptyFileIsTheDefaults) {
  const auto config = GateConfig::parse("gate.toml", "");
  ASSERT_TRUE(config);
  EXPECT_EQ(to_string(config->authzen.subscription), "subject.id");
  EXPECT_EQ(to_string(config->authzen.region), "context.region");
  EXPECT_EQ(config->check.subscription, "X-Proviso-Subscription");
  EXPECT_FALSE(config->check.queries);
}

TEST(GateConfigTest, ReadsMappingsAndLimits) {
  const auto config = GateConfig::parse("gate.toml", R"(
[authzen]
subscription = "subject.properties.tenant"
service = "=speech"
subject_type = "user"
[http]
subscription = "X-Tenant"
queries = true
[limits]
body_bytes = 1000
request_seconds = 2
[refusals]
megabytes = 2
days = 3
)");
  ASSERT_TRUE(config) << config.error().message;
  EXPECT_EQ(config->authzen.subscription.of, Place::Of::subject_property);
  EXPECT_EQ(config->authzen.subscription.name, "tenant");
  EXPECT_EQ(to_string(config->authzen.service), "=speech");
  EXPECT_EQ(config->authzen.subject_type, "user");
  EXPECT_EQ(config->check.subscription, "X-Tenant");
  EXPECT_TRUE(config->check.queries);
  EXPECT_EQ(config->http_limits.body_bytes_max, 1000U);
  EXPECT_EQ(config->loop_limits.request, std::chrono::seconds{2});
  EXPECT_EQ(config->refusals.files.bytes_max, 2U << 20U);
  EXPECT_EQ(config->refusals.files.age_max, std::chrono::hours{72});
}

// docs/gate.md promises that what stands there is what is missing.
TEST(GateConfigTest, TheDefaultsStandInTheDocs) {
  const auto page = real_file_system().read(PROVISO_SOURCE_DIR "/docs/gate.md", 1U << 20U);
  ASSERT_TRUE(page);
  const std::size_t begin = page->find("```toml\n", page->find("<!-- CONFIG:BEGIN")) + 8;
  const std::string text = page->substr(begin, page->find("```", begin) - begin);
  const auto told = GateConfig::parse("gate.md", text);
  ASSERT_TRUE(told) << told.error().message;
  const GateConfig none;
  const auto places = [](const AuthzenMapping& m) {
    return to_string(m.subscription) + to_string(m.service) + to_string(m.operation) +
           to_string(m.region) + to_string(m.resource) + m.subject_type + m.resource_type;
  };
  EXPECT_EQ(places(told->authzen), places(none.authzen));
  const auto fields = [](const CheckMapping& m) {
    return m.subscription + m.service + m.operation + m.region + m.resource +
           (m.queries ? "+" : "-");
  };
  EXPECT_EQ(fields(told->check), fields(none.check));
  const auto limits = [](const GateConfig& c) {
    return std::tuple(c.http_limits.head_bytes_max, c.http_limits.fields_max,
                      c.http_limits.body_bytes_max, c.ext_authz.limits.message_bytes_max,
                      c.loop_limits.connections_max, c.loop_limits.idle, c.loop_limits.request,
                      c.loop_limits.write, c.loop_limits.stop);
  };
  EXPECT_EQ(limits(*told), limits(none));
  const auto refusals = [](const RefusalSettings& r) {
    return std::tuple(r.records, r.files.bytes_max, r.files.age_max, r.counts_age_max);
  };
  EXPECT_EQ(refusals(told->refusals), refusals(none.refusals));
  for (const char* key : {"subscription", "resource_type", "queries", "stop_seconds", "records",
                          "megabytes", "days", "counts_days"}) {
    EXPECT_NE(text.find(key), std::string::npos) << key;
  }
}

TEST(GateConfigTest, SaysWhatIsWrongAndWhere) {
  for (const auto& [text, where] : std::initializer_list<std::pair<std::string, std::string>>{
           {"[authzen]\nsubscription = \"subject.name\"", "gate.toml:2:16: no place of a request"},
           {"[authzen]\nsubscription = \"context.\"", "gate.toml:2:16: no place of a request"},
           {"[authzen]\nsubscription = 1", "gate.toml:2:16: must be a text"},
           {"[authzen]\nsubject_type = \"\"", "gate.toml:2:16: is empty"},
           {"[authzen]\nother = \"a\"", "gate.toml:2:1: unknown setting"},
           {"[http]\nsubscription = \"a: b\"", "gate.toml:2:16: no name of a header field"},
           {"[http]\nqueries = 1", "gate.toml:2:11: must be true or false"},
           {"[limits]\nbody_bytes = -1", "gate.toml:2:14: must be a whole number from 0"},
           {"[limits]\nconnections = 1.5", "gate.toml:2:15: must be a whole number from 1"},
           {"[limits]\nothers = 1", "gate.toml:2:1: unknown setting"},
           {"[refusals]\nrecords = 1", "gate.toml:2:11: must be a whole number from 64"},
           {"[refusals]\nbody_bytes = 1", "gate.toml:2:1: unknown setting"},
           {"[nginx]\n", "gate.toml:1:2: unknown setting"},
           {"authzen = 1", "gate.toml:1:1: unknown setting"},
           {"[authzen", "gate.toml:1:9: "}}) {
    EXPECT_TRUE(problem(text).starts_with(where)) << text << "\n" << problem(text);
  }
}

}  // namespace
}  // namespace proviso::gate_daemon
