// SPDX-License-Identifier: Apache-2.0
#include "probes/plan.h"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/encoding.h"
#include "probes/toml_json.h"

namespace proviso::probes {
namespace {

using http::Method;

constexpr std::size_t kNameBytesMax = 100;
constexpr std::size_t kHeadersMax = 32;
constexpr std::size_t kHeaderBytesMax = 4'096;
constexpr std::size_t kStatusesMax = 20;
constexpr std::array<std::string_view, 4> kRoles = {"cut", "neighbour", "export", "notice"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

bool is_field_name(std::string_view name) {
  return !name.empty() && name.size() <= kNameBytesMax && std::ranges::all_of(name, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' ||
           c == '_';
  });
}
bool is_field_value(std::string_view value) {
  return value.size() <= kHeaderBytesMax &&
         std::ranges::none_of(value, [](char c) { return c == '\x7f' || (c >= 0 && c < ' '); });
}
// What the client writes itself, or what would change how the message is read.
bool is_ours(std::string_view name) {
  static constexpr std::array<std::string_view, 8> kOurs = {
      "host",    "content-length", "transfer-encoding", "connection", "upgrade", "te",
      "trailer", "expect"};
  return std::ranges::find(kOurs, lower(name)) != kOurs.end();
}
// Fields that hold what lets somebody in.
bool is_secret(std::string_view name) {
  const std::string small = lower(name);
  return small == "set-cookie" || small == "authorization" || small == "www-authenticate" ||
         small == "proxy-authenticate";
}

std::optional<Method> method_of(std::string_view text) {
  for (const Method method : {Method::get, Method::head, Method::post, Method::put, Method::patch,
                              Method::del, Method::options}) {
    if (to_string(method) == text) return method;
  }
  return std::nullopt;
}

void read_role(JsonReader& reader, Target& out) {
  const std::string role = reader.string("role");
  const auto* const at = std::ranges::find(kRoles, role);
  if (at == kRoles.end()) {
    return reader.fail_at("role", "is not cut, neighbour, export or notice");
  }
  out.role = static_cast<Role>(at - kRoles.begin());
}

void read_request(JsonReader& reader, Target& out) {
  out.url = reader.string("url");
  auto url = http::Url::parse(out.url);
  if (!url) return reader.fail_at("url", url.error().message);
  out.parsed_url = *std::move(url);
  const auto method = method_of(reader.string_or("method", "GET"));
  if (!method) {
    return reader.fail_at("method", "is not GET, HEAD, POST, PUT, PATCH, DELETE or OPTIONS");
  }
  out.method = *method;
}

void read_headers(JsonReader& reader, std::string_view name, http::Headers& out) {
  const Json* const headers = reader.optional(name);
  if (headers == nullptr) return;
  const Json::Object* const members = headers->if_object();
  if (members == nullptr || members->size() > kHeadersMax) {
    return reader.fail_at(name, "must be an object of at most 32 fields");
  }
  for (const auto& [field, value] : *members) {
    const std::string* const text = value.if_string();
    if (!is_field_name(field) || is_ours(field)) {
      return reader.fail_at(name, "'" + printable(field) + "' is no field that can be set");
    }
    if (text == nullptr || !is_field_value(*text)) {
      return reader.fail_at(name, "the value of " + field +
                                      " is not a text of at most 4096 bytes without control "
                                      "characters");
    }
    out.emplace_back(field, *text);
  }
}

void read_statuses(JsonReader& reader, Target& out) {
  const Json* const statuses = reader.optional("statuses");
  if (statuses == nullptr) return;
  const Json::Array* const items = statuses->if_array();
  if (items == nullptr || items->empty() || items->size() > kStatusesMax) {
    return reader.fail_at("statuses", "must be an array of 1 to 20 numbers");
  }
  for (const Json& item : *items) {
    const std::int64_t* const status = item.if_int();
    if (status == nullptr || *status < 200 || *status > 599) {
      return reader.fail_at("statuses", "has something that is no status from 200 to 599");
    }
    // 2xx is success, 5xx a failure of its own: neither can be what an order does.
    if (out.role == Role::cut ? *status < 300 || *status >= 500 : *status >= 400) {
      return reader.fail_at("statuses", out.role == Role::cut
                                            ? "of a cut are from 300 to 499"
                                            : "of what is to be open are from 200 to 399");
    }
    out.statuses.push_back(static_cast<int>(*status));
  }
}

void read_kept(JsonReader& reader, Target& out) {
  out.keep = reader.strings_or_empty("keep");
  if (out.keep.size() > kHeadersMax) return reader.fail_at("keep", "has more than 32 fields");
  for (const std::string& name : out.keep) {
    if (!is_field_name(name)) return reader.fail_at("keep", "has what is no name of a field");
    if (is_secret(name)) return reader.fail_at("keep", name + " may hold a secret");
  }
}

Result<Target> read_target(const Json& json, const std::string& where) {
  JsonReader reader(json, where);
  Target out;
  out.name = reader.string("name");
  if (out.name.empty() || out.name.size() > kNameBytesMax || !is_field_value(out.name)) {
    reader.fail_at("name", "must have 1 to 100 bytes without control characters");
  }
  read_role(reader, out);
  read_request(reader, out);
  read_headers(reader, "headers", out.headers);
  read_statuses(reader, out);
  read_headers(reader, "expect_headers", out.expected_headers);
  read_kept(reader, out);
  for (const auto& [name, value] : out.expected_headers) {
    if (is_secret(name)) reader.fail_at("expect_headers", name + " may hold a secret");
  }
  TRY_VOID(reader.finish());
  return out;
}

std::int64_t number_of(JsonReader& reader, std::string_view name, std::int64_t fallback,
                       std::int64_t least, std::int64_t most) {
  const std::int64_t out = reader.integer_or(name, fallback);
  if (out < least || out > most) {
    reader.fail_at(name, "must be from " + std::to_string(least) + " to " + std::to_string(most));
  }
  return out;
}

// At most, of a report about it; quotes and backslashes take two bytes there.
std::size_t report_bytes(const Target& target) {
  std::size_t out = 300 + 2 * target.name.size() + target.url.size();
  out += 4 * target.statuses.size() * std::string_view("200 or ").size();
  for (const std::string& name : target.keep) out += name.size() + 2 * kShownBytesMax + 8;
  return out + 2 * (kNameBytesMax + 2 * kShownBytesMax + 50);
}

Result<Plan> plan_of(const Json& document) {
  JsonReader reader(document);
  Plan out;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  const auto order = Digest::from_hex(reader.string("order"));
  if (!order) reader.fail_at("order", "must be an order's digest, 64 hexadecimal digits");
  if (order) out.order = *order;
  out.requests_per_second =
      static_cast<unsigned>(number_of(reader, "requests_per_second", 1, 1, 20));
  out.timeout = std::chrono::milliseconds{number_of(reader, "timeout_ms", 5'000, 100, 60'000)};
  out.ca_file = reader.string_or("ca_file", "");
  const Json::Array& targets = reader.array("target");
  if (targets.empty() || targets.size() > kTargetsMax) {
    reader.fail_at("target", "there must be 1 to 50");
  }
  TRY_VOID(reader.finish());
  std::set<std::string> names;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    const std::string where = "target[" + std::to_string(i) + "]";
    out.targets.push_back(TRY(read_target(targets[i], where)));
    if (!names.insert(out.targets.back().name).second) {
      return fail(Errc::invalid_input, where + ".name: stands twice");
    }
    bytes += report_bytes(out.targets.back());
    if (bytes > kReportBytesMax) {
      return fail(Errc::invalid_input, where +
                                           ": a report of so many targets and fields could be "
                                           "longer than 60000 bytes; make two plans of it");
    }
  }
  return out;
}

}  // namespace

std::string_view to_string(Role role) { return kRoles[static_cast<std::size_t>(role)]; }

bool Target::expects(int status) const {
  if (!statuses.empty()) return std::ranges::find(statuses, status) != statuses.end();
  return role == Role::cut ? status == 403 : status >= 200 && status < 300;
}

std::string Target::expected_in_words() const {
  if (statuses.empty()) return role == Role::cut ? "403" : "200 to 299";
  std::string out;
  for (const int status : statuses) {
    out.append(out.empty() ? "" : " or ").append(std::to_string(status));
  }
  return out;
}

Result<Plan> parse_plan(const std::string& file, std::string_view text) {
  if (text.size() > kPlanBytesMax) {
    return fail(Errc::invalid_input, file + ": longer than 1 MiB");
  }
  auto document = file.ends_with(".json") ? parse_json(text) : json_of_toml(file, text);
  if (!document && file.ends_with(".json")) return fail_in(file, document.error());
  if (!document) return std::unexpected(document.error());
  auto plan = plan_of(*document);
  if (!plan) return fail_in(file, plan.error());
  plan->digest = sha256(text);
  return plan;
}

}  // namespace proviso::probes
