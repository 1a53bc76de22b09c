// SPDX-License-Identifier: Apache-2.0
#include "intake/field_policy.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "base/json_place.h"
#include "intake/never_list.h"

namespace proviso::intake {
namespace {

constexpr std::size_t kPolicyBytesMax = 1U << 20U;
constexpr std::size_t kFieldsMax = 1000;
constexpr std::size_t kAmountMappingsMax = 8;
constexpr std::array<std::string_view, kTextTargets> kTargetNames = {
    "id",        "provider", "billing_account", "subscription", "service", "service_category",
    "operation", "region",   "resource_type",   "resource_ref", "status"};

std::unexpected<Error> refuse(std::string_view what, Errc code = Errc::invalid_input) {
  return fail(code, std::string(what));
}

bool contains(const std::vector<std::string>& list, std::string_view field) {
  const std::string wanted = rule_name(field);
  return std::ranges::any_of(list, [&](const auto& path) { return rule_name(path) == wanted; });
}

/// "actor.*" names actor and all below it.
bool covers(std::string_view dropped, std::string_view field) {
  if (dropped.ends_with(".*")) dropped.remove_suffix(2);
  const std::string parent = rule_name(dropped);
  const std::string path = rule_name(field);
  return path == parent || path.starts_with(parent + ".");
}

void read_map(const Json& map, FieldPolicy& policy, JsonReader& outer) {
  JsonReader reader(map, outer.path("map"));
  for (std::size_t i = 0; i < kTextTargets; ++i) {
    policy.text[i] = reader.strings_or_empty(kTargetNames[i]);
  }
  policy.window_start = reader.strings_or_empty("window_start");
  policy.window_end = reader.strings_or_empty("window_end");
  policy.count = reader.strings_or_empty("count");
  policy.operation_index = reader.strings_or_empty("operation_index");
  if (const auto done = reader.finish(); !done) outer.fail_at("map", done.error().message);
}

void read_constants(const Json& constants, FieldPolicy& policy, JsonReader& outer) {
  JsonReader reader(constants, outer.path("constants"));
  for (std::size_t i = 0; i < kTextTargets; ++i) {
    const std::string value = reader.string_or(kTargetNames[i], "");
    if (!value.empty()) policy.constants[i] = {value};
  }
  if (const auto done = reader.finish(); !done) outer.fail_at("constants", done.error().message);
}

void read_amounts(const Json& amounts, FieldPolicy& policy, JsonReader& outer) {
  if (amounts.if_array() == nullptr || amounts.if_array()->size() > kAmountMappingsMax) {
    return outer.fail_at("amounts", "must be an array of at most 8 objects");
  }
  for (const Json& each : *amounts.if_array()) {
    JsonReader reader(each, outer.path("amounts"));
    AmountMapping mapping{.unit = reader.string_or("unit", ""),
                          .unit_field = reader.string_or("unit_field", ""),
                          .fields = reader.strings("fields")};
    if (mapping.unit.empty() == mapping.unit_field.empty()) {
      reader.fail_at("unit", "give either unit or unit_field");
    }
    if (const auto done = reader.finish(); !done) outer.fail_at("amounts", done.error().message);
    policy.amounts.push_back(std::move(mapping));
  }
}

void read_detect(const Json* detect, FieldPolicy& policy, JsonReader& outer) {
  const Json::Array* alternatives = detect == nullptr ? nullptr : detect->if_array();
  if (alternatives == nullptr) return outer.fail_at("detect", "must be an array of arrays");
  for (const Json& each : *alternatives) {
    std::vector<std::string> names;
    for (const Json& name : each.if_array() ? *each.if_array() : Json::Array{}) {
      if (name.if_string() != nullptr) names.push_back(*name.if_string());
    }
    if (names.empty()) return outer.fail_at("detect", "each alternative must name a member");
    policy.detect.push_back(std::move(names));
  }
}

void read_syntax(JsonReader& reader, FieldPolicy& policy) {
  const std::string syntax = reader.string("syntax");
  if (syntax != "json" && syntax != "csv") reader.fail_at("syntax", "must be json or csv");
  policy.syntax = syntax == "csv" ? Syntax::csv : Syntax::json;
  const std::string times = reader.string_or("numeric_time", "none");
  if (times == "ms") policy.numeric_time_ns = 1'000'000;
  if (times == "ns") policy.numeric_time_ns = 1;
  if (times != "ms" && times != "ns" && times != "none") {
    reader.fail_at("numeric_time", "must be ms, ns or none");
  }
}

void read_require(const Json* require, FieldPolicy& policy, JsonReader& reader) {
  if (require == nullptr) return;
  if (require->if_object() == nullptr) return reader.fail_at("require", "must be an object");
  for (const auto& [field, value] : *require->if_object()) {
    if (value.if_string() == nullptr) return reader.fail_at("require", "values must be strings");
    policy.require[field] = *value.if_string();
  }
}

/// Every path that the mapping reads.
std::set<std::string> mapped_fields(const FieldPolicy& policy) {
  std::set<std::string> fields;
  const auto add = [&](const std::vector<std::string>& paths) {
    fields.insert(paths.begin(), paths.end());
  };
  for (const auto& paths : policy.text) add(paths);
  for (const auto* paths :
       {&policy.window_start, &policy.window_end, &policy.count, &policy.operation_index}) {
    add(*paths);
  }
  for (const AmountMapping& amount : policy.amounts) {
    add(amount.fields);
    if (!amount.unit_field.empty()) fields.insert(amount.unit_field);
  }
  for (const auto& [field, value] : policy.require) fields.insert(field);
  return fields;
}

Result<void> check_never_list(const FieldPolicy& policy) {
  for (const Use use : {Use::keep, Use::hash}) {
    for (const std::string& field : use == Use::keep ? policy.keep : policy.hash) {
      const auto reason = never_reason(field, use);
      if (!reason) continue;
      return refuse("field " + field + " can never be " + (use == Use::keep ? "kept" : "hashed") +
                        ": " + std::string(*reason) + " (I1: drop it)",
                    Errc::denied);
    }
  }
  return {};
}

Result<void> check_lists(const FieldPolicy& policy) {
  if (policy.keep.size() + policy.hash.size() > kFieldsMax) {
    return refuse("more than 1000 fields");
  }
  for (const std::string& field : policy.hash) {
    if (contains(policy.keep, field)) return refuse("field " + field + ": kept and hashed");
  }
  for (const auto* list : {&policy.keep, &policy.hash}) {
    for (const std::string& field : *list) {
      if (field.empty() || field.find('*') != std::string::npos) {
        return refuse("keep and hash name single fields, without *");
      }
      const auto dropped = std::ranges::find_if(
          policy.drop, [&](const std::string& drop) { return covers(drop, field); });
      if (dropped == policy.drop.end()) continue;
      return refuse("field " + field + " is taken, but drop names " + *dropped);
    }
  }
  return {};
}

Result<void> check_mapping(const FieldPolicy& policy) {
  for (const std::string& field : mapped_fields(policy)) {
    const bool taken = std::ranges::find(policy.keep, field) != policy.keep.end() ||
                       std::ranges::find(policy.hash, field) != policy.hash.end();
    if (!taken) return refuse("field " + field + " is mapped, but not under keep or hash");
  }
  const auto& references = policy.text[static_cast<std::size_t>(TextTarget::resource_ref)];
  for (const std::string& field : references) {
    if (!policy.hashes(field)) {
      return refuse("resource_ref comes from " + field + ", which is not hashed", Errc::denied);
    }
  }
  if (policy.window_start.empty() && policy.window_end.empty()) {
    return refuse("map names no time (window_start or window_end)");
  }
  return {};
}

Result<FieldPolicy> read_policy(const Json& json) {
  JsonReader reader(json);
  FieldPolicy policy;
  policy.format = reader.string("format");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  read_syntax(reader, policy);
  read_detect(reader.optional("detect"), policy, reader);
  read_require(reader.optional("require"), policy, reader);
  read_map(reader.object("map"), policy, reader);
  if (const Json* constants = reader.optional("constants")) {
    read_constants(*constants, policy, reader);
  }
  if (const Json* amounts = reader.optional("amounts")) read_amounts(*amounts, policy, reader);
  policy.numbers_as_strings = reader.boolean_or("numbers_as_strings", false);
  policy.literal_names = reader.boolean_or("literal_names", policy.syntax == Syntax::csv);
  policy.attribute_bags = reader.strings_or_empty("attribute_bags");
  policy.keep = reader.strings("keep");
  policy.hash = reader.strings_or_empty("hash");
  policy.drop = reader.strings_or_empty("drop");
  reader.string_or("read_in", "");
  TRY_VOID(reader.finish());
  TRY_VOID(check_never_list(policy));
  TRY_VOID(check_lists(policy));
  TRY_VOID(check_mapping(policy));
  return policy;
}

// Where in the document a message points: it names a member, or "field NAME" of keep or hash.
std::string path_of(const Json& json, std::string_view message) {
  if (!message.starts_with("field ")) return std::string(message);
  message.remove_prefix(6);
  const std::string_view field = message.substr(0, message.find_first_of(": ,"));
  for (const std::string_view list : {"keep", "hash"}) {
    const Json* items = json.find(list);
    if (items == nullptr || items->if_array() == nullptr) continue;
    for (std::size_t i = 0; i < items->if_array()->size(); ++i) {
      const std::string* text = (*items->if_array())[i].if_string();
      if (text == nullptr || *text != field) continue;
      return std::string(list) + "[" + std::to_string(i) + "]";
    }
  }
  return "map";
}

}  // namespace

std::string_view name_of(TextTarget target) {
  return kTargetNames[static_cast<std::size_t>(target)];
}

std::string rule_name(std::string_view path) {
  std::string out;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path.substr(i, 2) == "[]") {
      ++i;
    } else {
      out += path[i];
    }
  }
  return out;
}

bool FieldPolicy::keeps(std::string_view field) const {
  return contains(keep, field) || contains(hash, field);
}
bool FieldPolicy::hashes(std::string_view field) const { return contains(hash, field); }

Result<void> FieldPolicies::add(FieldPolicy policy) {
  std::string format = policy.format;
  const bool added = all_.emplace(format, std::move(policy)).second;
  if (!added) return fail(Errc::invalid_input, "field policy " + format + ": stands twice");
  return {};
}

const FieldPolicy* FieldPolicies::find(std::string_view format) const {
  const auto it = all_.find(format);
  return it == all_.end() ? nullptr : &it->second;
}

bool FieldPolicies::keeps(std::string_view format, std::string_view field) const {
  const FieldPolicy* policy = find(format);
  return policy != nullptr && policy->keeps(field);
}

bool FieldPolicies::keeps(std::string_view field) const {
  return std::ranges::any_of(all_, [&](const auto& each) { return each.second.keeps(field); });
}

Result<FieldPolicy> parse_field_policy(std::string_view name, std::string_view text) {
  auto json = parse_json(text, {.bytes_max = kPolicyBytesMax, .depth_max = 8});
  if (!json) return fail(json.error().code, std::string(name) + ":" + json.error().message);
  auto policy = read_policy(*json);
  if (policy) return policy;
  const std::string place = json_place(text, path_of(*json, policy.error().message));
  return fail(policy.error().code, std::string(name) + ":" + place + ": " + policy.error().message);
}
Result<FieldPolicies> load_field_policies(FileSystem& files, const std::string& folder) {
  FieldPolicies policies;
  const std::vector<std::string> names = TRY(files.list(folder));
  for (const std::string& name : names) {
    if (!name.ends_with(".json")) continue;
    const std::string path = folder + "/" + name;
    const std::string text = TRY(files.read(path, kPolicyBytesMax));
    FieldPolicy policy = TRY(parse_field_policy(path, text));
    if (policy.format + ".json" != name) {
      return refuse(path + ":1:1: is the policy of " + policy.format + " (name the file after it)");
    }
    TRY_VOID(policies.add(std::move(policy)));
  }
  if (policies.all().empty()) {
    return refuse(folder + ":1:1: holds no field policy (FORMAT.json)", Errc::not_found);
  }
  return policies;
}

}  // namespace proviso::intake
