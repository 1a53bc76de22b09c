// SPDX-License-Identifier: Apache-2.0
#include "server/cosigning_config.h"

#include "base/text/format.h"
#include "server/toml_settings.h"

namespace proviso::server {
namespace {

Result<void> take_seconds(const std::string& name, std::string_view key, const toml::node& node,
                          std::chrono::milliseconds& out) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < 1 || *value > 3600) {
    return fault_at(name, node.source(), format("witnesses.{} must be 1 to 3600", key));
  }
  out = std::chrono::seconds{*value};
  return {};
}

}  // namespace

Result<CosigningConfig> parse_cosigning_config(const std::string& name, const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return fault_at(name, parsed.error().source(), parsed.error().description());
  CosigningConfig out;
  const toml::node* section = parsed.table().get("witnesses");
  if (section == nullptr) return out;
  const toml::table* members = section->as_table();
  if (members == nullptr) return fault_at(name, section->source(), "witnesses must be a section");
  for (const auto& [key, node] : *members) {
    if (key == "policy") {
      TRY_VOID(take_text(name, node, out.policy));
    } else if (key == "ca_file") {
      TRY_VOID(take_text(name, node, out.ca_file));
    } else if (key == "pace_seconds") {
      TRY_VOID(take_seconds(name, key.str(), node, out.pace));
    } else if (key == "call_seconds") {
      TRY_VOID(take_seconds(name, key.str(), node, out.call));
    } else {
      return unknown_setting(name, node.source());
    }
  }
  return out;
}

std::string default_cosigning_section() {
  return "[witnesses]\n"
         "# Witness policy (docs/formats/witness.md): `proviso serve` asks its witnesses to "
         "cosign,\n"
         "# and shows what enough of them cosigned. Empty: nobody is asked. Files are relative to\n"
         "# this folder.\n"
         "policy = \"\"\n"
         "# PEM certificates to trust beside the system's, for witnesses over https.\n"
         "ca_file = \"\"\n"
         "# At least so long between two checkpoints that they are asked about.\n"
         "pace_seconds = 2\n"
         "# For the answer of one witness.\n"
         "call_seconds = 10\n";
}

}  // namespace proviso::server
