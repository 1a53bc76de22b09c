// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/ext_authz_config.h"

#include <gtest/gtest.h>

namespace proviso::gate_daemon {
namespace {

struct Read {
  ExtAuthzMapping mapping;
  ExtAuthzDenial denial;
  std::string error;
};

Read read(std::string_view text) {
  Read out;
  const toml::parse_result parsed = toml::parse(text);
  EXPECT_TRUE(parsed) << text;
  const auto done = read_ext_authz("gate.toml", parsed.table(), out.mapping, out.denial);
  if (!done) out.error = done.error().message;
  return out;
}

TEST(ExtAuthzConfig, HasDefaults) {
  const Read got = read("");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.mapping.subscription_header, "x-proviso-subscription");
  EXPECT_EQ(got.denial.http_status, 403U);
  EXPECT_EQ(got.denial.http_status_no_state, 503U);
}

TEST(ExtAuthzConfig, TakesEverySetting) {
  const Read got = read(R"(
    subscription = "metadata"
    subscription_header = "X-Account"
    subscription_metadata = ["envoy.filters.http.jwt_authn", "claims", "subscription"]
    subscription_prefix = "sub/"
    service = "speech"
    region = "eu-west"
    operation = "grpc-path"
    operation_header = "X-Operation"
    resource_header = "x-resource"
    denied_status = 451
    denied_status_no_state = 500
    denied_body = "Ask us why."
  )");
  EXPECT_EQ(got.error, "");
  EXPECT_EQ(got.mapping.subscription_from, ExtAuthzMapping::Subscription::metadata);
  EXPECT_EQ(got.mapping.subscription_header, "x-account") << "as Envoy gives it";
  EXPECT_EQ(got.mapping.subscription_metadata.at(2), "subscription");
  EXPECT_EQ(got.mapping.subscription_prefix, "sub/");
  EXPECT_EQ(got.mapping.service, "speech");
  EXPECT_EQ(got.mapping.region, "eu-west");
  EXPECT_EQ(got.mapping.operation_from, ExtAuthzMapping::Operation::grpc_path);
  EXPECT_EQ(got.mapping.operation_header, "x-operation");
  EXPECT_EQ(got.mapping.resource_header, "x-resource");
  EXPECT_EQ(got.denial.http_status, 451U);
  EXPECT_EQ(got.denial.http_status_no_state, 500U);
  EXPECT_EQ(got.denial.body, "Ask us why.");
  EXPECT_EQ(read("subscription = \"principal\"").mapping.subscription_from,
            ExtAuthzMapping::Subscription::principal);
}

TEST(ExtAuthzConfig, SaysWhereAndWhatIsWrong) {
  const std::pair<const char*, const char*> wrong[] = {
      {"surprise = 1", "gate.toml:1:1: unknown setting (docs/gate-envoy.md lists them)"},
      {"service = 1", "gate.toml:1:11: must be a text, in quotes"},
      {"subscription = \"cookie\"",
       "gate.toml:1:16: must be \"header\", \"principal\" or \"metadata\""},
      {"operation = \"path\"",
       "gate.toml:1:13: must be \"method\" or \"grpc-path\" (paths of other requests name objects, "
       "which a gate may not see)"},
      {"denied_status = 200", "gate.toml:1:17: must be an HTTP status from 400 to 599"},
      {"denied_status_no_state = \"500\"",
       "gate.toml:1:26: must be an HTTP status from 400 to 599"},
      {"subscription_header = \"a b\"",
       "gate.toml:1:23: no name of a header (letters, digits, hyphens)"},
      {"resource_header = \"\"", "gate.toml:1:19: no name of a header (letters, digits, hyphens)"},
      {"subscription_metadata = [\"jwt\"]",
       "gate.toml:1:25: must be a list of 2 to 8 texts: the filter's namespace, then the keys down "
       "to the value"},
      {"subscription_metadata = [\"jwt\", 1]", "gate.toml:1:33: must be a text, in quotes"},
      {"subscription = \"metadata\"",
       "gate.toml:1:1: subscription = \"metadata\" needs subscription_metadata: the filter's "
       "namespace, then the keys down to the value"},
  };
  for (const auto& [text, error] : wrong) EXPECT_EQ(read(text).error, error) << text;
  EXPECT_NE(read("denied_body = \"" + std::string(5'000, 'x') + "\"").error, "");
}

}  // namespace
}  // namespace proviso::gate_daemon
