// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#define TOML_EXCEPTIONS 0
#include <algorithm>
#include <array>

#include <toml++/toml.h>

#include "base/text/format.h"

namespace proviso::server {
namespace {

constexpr std::array<std::string_view, 3> kKnown = {"ledger.origin", "intake.rejects_share_max",
                                                    "intake.lateness_minutes"};

std::unexpected<Error> at(const std::string& name, const toml::source_region& where,
                          std::string_view what) {
  return fail(Errc::invalid_input,
              format("{}:{}:{}: {}", name, where.begin.line, where.begin.column, what));
}

Result<void> check_known(const std::string& name, const toml::table& table) {
  for (const auto& [section, value] : table) {
    const toml::table* members = value.as_table();
    if (members == nullptr) return at(name, value.source(), "unknown setting");
    for (const auto& [key, member] : *members) {
      const std::string path = std::string(section.str()) + "." + std::string(key.str());
      if (std::find(kKnown.begin(), kKnown.end(), path) == kKnown.end()) {
        return at(name, member.source(), "unknown setting");
      }
    }
  }
  return {};
}

}  // namespace

Result<Config> parse_config(const std::string& name, const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return at(name, parsed.error().source(), parsed.error().description());
  const toml::table& table = parsed.table();
  TRY_VOID(check_known(name, table));
  Config config;
  config.ledger_origin = table["ledger"]["origin"].value_or(std::string());
  config.rejects_share_max =
      table["intake"]["rejects_share_max"].value_or(config.rejects_share_max);
  config.lateness_minutes = table["intake"]["lateness_minutes"].value_or(config.lateness_minutes);
  if (config.ledger_origin.empty() ||
      config.ledger_origin.find_first_of(" +\n") != std::string::npos) {
    return fail(Errc::invalid_input,
                name + ":1:1: ledger.origin is missing, or holds a space or +");
  }
  if (config.rejects_share_max < 0 || config.rejects_share_max > 1) {
    return fail(Errc::invalid_input, name + ":1:1: intake.rejects_share_max must be 0 to 1");
  }
  if (config.lateness_minutes < 0 || config.lateness_minutes > 10'080) {
    return fail(Errc::invalid_input, name + ":1:1: intake.lateness_minutes must be 0 to 10080");
  }
  return config;
}

std::string default_config(const std::string& ledger_origin) {
  return format(
      "# Settings of this data folder. Everything that binds people (roster, terms, catalogue,\n"
      "# field policy, rulebook) is not here: it changes only by orders.\n\n"
      "[ledger]\n"
      "# The log's name: stands in every checkpoint and order. Fixed once the founding is sealed.\n"
      "origin = \"{}\"\n\n"
      "[intake]\n"
      "# Stop when more than this share of the records cannot be read.\n"
      "rejects_share_max = 0.05\n"
      "# How late, in event time, a record may come and still be counted in its order.\n"
      "lateness_minutes = 60\n",
      ledger_origin);
}

}  // namespace proviso::server
