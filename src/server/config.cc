// SPDX-License-Identifier: Apache-2.0
#include "server/config.h"

#include <algorithm>
#include <array>

#include "base/text/format.h"
#include "server/cosigning_config.h"
#include "server/gates_config.h"
#include "server/serve_config.h"
#include "server/toml_settings.h"

namespace proviso::server {
namespace {

constexpr std::array<std::string_view, 8> kKnown = {
    "ledger.origin",           "intake.rejects_share_max",
    "intake.lateness_minutes", "intake.lateness_minutes_of",
    "sealing.every_minutes",   "sealing.per_slot",
    "sealing.open_by_days",    "sealing.open_after_days"};
constexpr std::int64_t kLatenessMax = 10'080;

Result<void> check_known(const std::string& name, const toml::table& table) {
  for (const auto& [section, value] : table) {
    if (section == "serve" || section == "witnesses" || section == "gates")
      continue;  // have readers of their own
    const toml::table* members = value.as_table();
    if (members == nullptr) return unknown_setting(name, value.source());
    for (const auto& [key, member] : *members) {
      const std::string path = std::string(section.str()) + "." + std::string(key.str());
      if (std::find(kKnown.begin(), kKnown.end(), path) == kKnown.end()) {
        return unknown_setting(name, member.source());
      }
    }
  }
  return {};
}

bool is_lateness(std::int64_t minutes) { return minutes >= 0 && minutes <= kLatenessMax; }

Result<void> read_lateness(const std::string& name, const toml::node* node, Config& config) {
  if (node == nullptr) return {};
  const toml::table* table = node->as_table();
  if (table == nullptr) {
    return fault_at(name, node->source(), "intake.lateness_minutes_of must be a table of formats");
  }
  for (const auto& [format, value] : *table) {
    const auto minutes = value.value_exact<std::int64_t>();
    if (!minutes || !is_lateness(*minutes)) {
      return fault_at(name, value.source(), "the minutes of a format must be 0 to 10080");
    }
    config.lateness_minutes_of.emplace(format.str(), *minutes);
  }
  return {};
}

struct SealSetting {
  std::string_view name;
  std::int64_t least;
  std::int64_t most;
  std::int64_t Config::* value;
};
constexpr std::array<SealSetting, 4> kSealSettings = {{
    {"every_minutes", 0, 1'440, &Config::seal_every_minutes},
    {"per_slot", 1, 64, &Config::seals_per_slot},
    {"open_by_days", 180, 732, &Config::seal_open_by_days},
    {"open_after_days", 0, 89, &Config::seal_open_after_days},
}};

Result<void> read_sealing(const std::string& name, const toml::table& table, Config& config) {
  const toml::node* section = table.get("sealing");
  if (section == nullptr) return {};
  const toml::table& members = *section->as_table();  // check_known has seen that it is one
  for (const SealSetting& setting : kSealSettings) {
    const toml::node* node = members.get(setting.name);
    if (node == nullptr) continue;
    const auto number = node->value_exact<std::int64_t>();
    if (!number || *number < setting.least || *number > setting.most) {
      return fault_at(
          name, node->source(),
          format("sealing.{} must be {} to {}", setting.name, setting.least, setting.most));
    }
    config.*setting.value = *number;
  }
  return {};
}

}  // namespace

std::int64_t Config::lateness_max() const {
  std::int64_t out = lateness_minutes;
  for (const auto& [format, minutes] : lateness_minutes_of) out = std::max(out, minutes);
  return out;
}

Result<Config> parse_config(const std::string& name, const std::string& text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) return fault_at(name, parsed.error().source(), parsed.error().description());
  const toml::table& table = parsed.table();
  TRY_VOID(check_known(name, table));
  TRY_VOID(parse_serve_config(name, text));
  TRY_VOID(parse_cosigning_config(name, text));
  TRY_VOID(parse_gates_config(name, text));
  Config config;
  config.ledger_origin = table["ledger"]["origin"].value_or(std::string());
  config.rejects_share_max =
      table["intake"]["rejects_share_max"].value_or(config.rejects_share_max);
  config.lateness_minutes = table["intake"]["lateness_minutes"].value_or(config.lateness_minutes);
  TRY_VOID(read_lateness(name, table["intake"]["lateness_minutes_of"].node(), config));
  TRY_VOID(read_sealing(name, table, config));
  if (config.ledger_origin.empty() ||
      config.ledger_origin.find_first_of(" +\n") != std::string::npos) {
    return fail(Errc::invalid_input,
                name + ":1:1: ledger.origin is missing, or holds a space or +");
  }
  if (config.rejects_share_max < 0 || config.rejects_share_max > 1) {
    return fail(Errc::invalid_input, name + ":1:1: intake.rejects_share_max must be 0 to 1");
  }
  if (!is_lateness(config.lateness_minutes)) {
    return fail(Errc::invalid_input, name + ":1:1: intake.lateness_minutes must be 0 to 10080");
  }
  return config;
}

std::string default_config(const std::string& ledger_origin, std::int64_t seal_every_minutes) {
  return format(
      "# Settings of this data folder. Everything that binds people (roster, terms, catalogue,\n"
      "# field policy, rulebook) is not here: it changes only by orders.\n\n"
      "[ledger]\n"
      "# The log's name: stands in every checkpoint and order. Fixed once the founding is sealed.\n"
      "origin = \"{}\"\n\n"
      "[intake]\n"
      "# Stop when more than this share of the records cannot be read.\n"
      "rejects_share_max = 0.05\n"
      "# How far behind the newest record of its source, in event time, a record may come and\n"
      "# still be counted in its order. A source is a format; each may have its own bound:\n"
      "#   [intake.lateness_minutes_of]\n"
      "#   aws-cloudtrail = 1440\n"
      "lateness_minutes = 60\n\n"
      "[sealing]\n"
      "# From slot to slot; 0: nothing is sealed. Where it is not 0, a timer has to call\n"
      "# `proviso ledger tick` at least that often. At each slot per_slot sealed entries go into\n"
      "# the ledger, covers where there is nothing to seal (docs/formats/entry.md).\n"
      "every_minutes = {}\n"
      "per_slot = 1\n"
      "# Days after which each is open, whatever happens; and after an order's effect.\n"
      "open_by_days = 400\n"
      "open_after_days = 30\n\n{}\n{}\n{}",
      ledger_origin, seal_every_minutes, default_serve_section(), default_cosigning_section(),
      default_gates_section());
}

}  // namespace proviso::server
