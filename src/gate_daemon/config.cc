// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/config.h"

#define TOML_EXCEPTIONS 0
#include <algorithm>
#include <functional>
#include <map>

#include <toml++/toml.h>

#include "base/text/format.h"
#include "gate_daemon/ext_authz_config.h"
#include "gate_daemon/haproxy_config.h"

namespace proviso::gate_daemon {
namespace {

std::unexpected<Error> fault_at(const std::string& file, const toml::source_region& where,
                                std::string_view what) {
  return fail(Errc::invalid_input,
              format("{}:{}:{}: {}", file, where.begin.line, where.begin.column, what));
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= 100 && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  });
}

using TextSettings = std::map<std::string_view, std::string*>;
using PlaceSettings = std::map<std::string_view, Place*>;

Result<void> take_text(const std::string& file, const toml::node& node, std::string& out) {
  const auto text = node.value_exact<std::string>();
  if (!text) return fault_at(file, node.source(), "must be a text, in quotes");
  out = *text;
  return {};
}

Result<void> read_authzen(const std::string& file, const toml::table& table, AuthzenMapping& out) {
  const PlaceSettings places{{"subscription", &out.subscription},
                             {"service", &out.service},
                             {"operation", &out.operation},
                             {"region", &out.region},
                             {"resource", &out.resource}};
  const TextSettings types{{"subject_type", &out.subject_type},
                           {"resource_type", &out.resource_type}};
  for (const auto& [key, node] : table) {
    std::string text;
    TRY_VOID(take_text(file, node, text));
    if (const auto type = types.find(key.str()); type != types.end()) {
      if (text.empty()) return fault_at(file, node.source(), "is empty");
      *type->second = text;
      continue;
    }
    const auto place = places.find(key.str());
    if (place == places.end()) return fault_at(file, key.source(), "unknown setting");
    auto parsed = Place::parse(text);
    if (!parsed) return fault_at(file, node.source(), parsed.error().message);
    *place->second = *std::move(parsed);
  }
  return {};
}

Result<void> read_check(const std::string& file, const toml::table& table, CheckMapping& out) {
  const TextSettings fields{{"subscription", &out.subscription},
                            {"service", &out.service},
                            {"operation", &out.operation},
                            {"region", &out.region},
                            {"resource", &out.resource}};
  for (const auto& [key, node] : table) {
    if (key.str() == "queries") {
      const auto queries = node.value_exact<bool>();
      if (!queries) return fault_at(file, node.source(), "must be true or false");
      out.queries = *queries;
      continue;
    }
    const auto field = fields.find(key.str());
    if (field == fields.end()) return fault_at(file, key.source(), "unknown setting");
    TRY_VOID(take_text(file, node, *field->second));
    if (!is_field_name(*field->second)) {
      return fault_at(file, node.source(), "no name of a header field (letters, digits, hyphens)");
    }
  }
  return {};
}

struct Limit {
  std::int64_t least;
  std::int64_t most;
  std::function<void(std::int64_t)> set;
};
using Limits = std::map<std::string_view, Limit>;

Limits limits_of(GateConfig& out) {
  const auto size = [](std::size_t& into) {
    return [&into](std::int64_t value) { into = static_cast<std::size_t>(value); };
  };
  const auto seconds = [](std::chrono::milliseconds& into) {
    return [&into](std::int64_t value) { into = std::chrono::seconds{value}; };
  };
  constexpr std::int64_t kMiB = 1 << 20;
  return {{"head_bytes", {256, kMiB, size(out.http_limits.head_bytes_max)}},
          {"header_fields", {4, 1'000, size(out.http_limits.fields_max)}},
          {"body_bytes", {0, 64 * kMiB, size(out.http_limits.body_bytes_max)}},
          {"grpc_message_bytes", {1, 64 * kMiB, size(out.ext_authz.limits.message_bytes_max)}},
          {"connections", {1, 100'000, size(out.loop_limits.connections_max)}},
          {"idle_seconds", {1, 86'400, seconds(out.loop_limits.idle)}},
          {"request_seconds", {1, 3'600, seconds(out.loop_limits.request)}},
          {"write_seconds", {1, 3'600, seconds(out.loop_limits.write)}},
          {"stop_seconds", {1, 3'600, seconds(out.loop_limits.stop)}}};
}

Limits refusal_limits_of(RefusalSettings& out) {
  const auto days = [](Duration& into) {
    return [&into](std::int64_t value) { into = std::chrono::hours{24 * value}; };
  };
  const auto records = [&out](std::int64_t value) {
    out.records = static_cast<std::size_t>(value);
  };
  const auto megabytes = [&out](std::int64_t value) {
    out.files.bytes_max = static_cast<std::uint64_t>(value) << 20U;
  };
  return {{"records", {64, 1 << 20, records}},
          {"megabytes", {1, 1 << 20, megabytes}},
          {"days", {1, 3'660, days(out.files.age_max)}},
          {"counts_days", {1, 3'660, days(out.counts_age_max)}}};
}

Result<void> read_numbers(const std::string& file, const toml::table& table, const Limits& limits) {
  for (const auto& [key, node] : table) {
    const auto limit = limits.find(key.str());
    if (limit == limits.end()) return fault_at(file, key.source(), "unknown setting");
    const auto value = node.value_exact<std::int64_t>();
    const auto& [least, most, set] = limit->second;
    if (!value || *value < least || *value > most) {
      return fault_at(file, node.source(),
                      format("must be a whole number from {} to {}", least, most));
    }
    set(*value);
  }
  return {};
}

}  // namespace

Result<GateConfig> GateConfig::parse(const std::string& file, std::string_view text) {
  const toml::parse_result parsed = toml::parse(text, file);
  if (!parsed) {
    return fault_at(file, parsed.error().source(), parsed.error().description());
  }
  GateConfig out;
  for (const auto& [key, node] : parsed.table()) {
    const toml::table* table = node.as_table();
    if (table != nullptr && key.str() == "authzen") {
      TRY_VOID(read_authzen(file, *table, out.authzen));
    } else if (table != nullptr && key.str() == "http") {
      TRY_VOID(read_check(file, *table, out.check));
    } else if (table != nullptr && key.str() == "ext_authz") {
      TRY_VOID(read_ext_authz(file, *table, out.ext_authz.mapping, out.ext_authz.denial));
    } else if (table != nullptr && key.str() == "haproxy") {
      TRY_VOID(read_haproxy(file, *table, out.haproxy));
    } else if (table != nullptr && key.str() == "limits") {
      TRY_VOID(read_numbers(file, *table, limits_of(out)));
    } else if (table != nullptr && key.str() == "refusals") {
      TRY_VOID(read_numbers(file, *table, refusal_limits_of(out.refusals)));
    } else {
      return fault_at(file, key.source(),
                      "unknown setting (there are [authzen], [ext_authz], [haproxy], [http], "
                      "[limits] and [refusals])");
    }
  }
  return out;
}

}  // namespace proviso::gate_daemon
