// SPDX-License-Identifier: Apache-2.0
#include "model/policy.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/json_flag.h"
#include "model/register.h"

namespace proviso::model {
namespace {

constexpr std::int64_t kApprovalsMax = 100;
constexpr std::array<OrderKind, 8> kAllKinds = {
    OrderKind::restrict_use, OrderKind::lift,         OrderKind::roster,   OrderKind::policy,
    OrderKind::catalogue,    OrderKind::field_policy, OrderKind::rulebook, OrderKind::terms};

std::int64_t read_count(JsonReader& reader, std::string_view name) {
  const std::int64_t count = reader.integer(name);
  if (count < 1 || count > kApprovalsMax) reader.fail_at(name, "must be 1 to 100");
  return count;
}

Result<std::map<std::string, ProtectedRule, std::less<>>> protected_from_json(const Json& value) {
  std::map<std::string, ProtectedRule, std::less<>> out;
  const Json::Object* classes = value.if_object();
  if (classes == nullptr || classes->empty()) {
    return fail(Errc::invalid_input, "policy.protected: names classes, or is not there");
  }
  for (const auto& [name, rule] : *classes) {
    if (!is_protected_class(name)) {
      return fail(Errc::invalid_input,
                  "policy.protected." + printable(name) + ": not a protected class (I15)");
    }
    JsonReader reader(rule, "policy.protected." + name);
    const ProtectedRule read{.more = read_count(reader, "more"),
                             .outside = read_count(reader, "outside")};
    TRY_VOID(reader.finish());
    out.emplace(name, read);
  }
  return out;
}

}  // namespace

ProtectedRule Policy::rule_for(const std::vector<std::string>& protected_classes) const {
  ProtectedRule out{.more = 0, .outside = 0};
  for (const std::string& name : protected_classes) {
    const auto own = protected_subjects.find(name);
    const ProtectedRule rule = own == protected_subjects.end() ? ProtectedRule{} : own->second;
    out = {.more = std::max(out.more, rule.more), .outside = std::max(out.outside, rule.outside)};
  }
  return out;
}

Json policy_to_json(const Policy& policy) {
  Json::Object out;
  for (const auto& [kind, count] : policy.approvals) out.emplace(kind, count);
  Json::Object classes;
  for (const auto& [name, rule] : policy.protected_subjects) {
    classes.emplace(name, Json::Object{{"more", rule.more}, {"outside", rule.outside}});
  }
  if (!classes.empty()) out.emplace("protected", std::move(classes));
  if (policy.server_mediated) out.emplace("server_mediated", true);
  return out;
}

Result<Policy> policy_from_json(const Json& value) {
  JsonReader reader(value, "policy");
  Policy policy;
  for (const OrderKind kind : kAllKinds) {
    const std::int64_t count = reader.integer(to_string(kind));
    const std::int64_t least = kind == OrderKind::lift ? 1 : 2;
    if (count < least || count > kApprovalsMax) {
      reader.fail_at(to_string(kind), "must be 2 to 100, and 1 to 100 for a lift");
    }
    policy.approvals.emplace(to_string(kind), count);
  }
  policy.server_mediated = read_flag(reader, "server_mediated");
  const Json* classes = reader.optional("protected");
  TRY_VOID(reader.finish());
  if (classes != nullptr) policy.protected_subjects = TRY(protected_from_json(*classes));
  return policy;
}

}  // namespace proviso::model
