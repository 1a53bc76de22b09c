// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "rules/compiler.h"
#include "rules/usage_view.h"

// What a rulebook demands beyond good Sigma: I1 (only fields that the field policy keeps), I14 (no
// rule that names a subscription), and terms for every rule that can open a case.
namespace proviso::rules {
namespace {

// Fields that say who the customer is. A rule may group by them and ask whether they are there, but
// not compare them with a value of its own.
constexpr std::array<std::string_view, 12> kIdentity = {
    "subscription",   "customer.id",      "billing_account",    "account",
    "accountid",      "account_id",       "recipientaccountid", "useridentity.accountid",
    "subscriptionid", "billingaccountid", "subaccountid",       "tenantid",
};

bool names_customer(std::string_view field) {
  std::string lower(field);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  return std::ranges::find(kIdentity, lower) != kIdentity.end();
}

bool compares_with_literal(const ItemAst& item) {
  const auto has = [&](std::string_view m) {
    return std::ranges::find(item.modifiers, m) != item.modifiers.end();
  };
  if (has("fieldref") || has("exists")) return false;
  return std::ranges::any_of(item.values,
                             [](const ScalarAst& v) { return v.kind != ScalarAst::Kind::null; });
}

}  // namespace

void Compiler::check_policy(const RuleAst& rule) {
  const RuleInfo& info = rule.info;
  if (info.signals_alone && info.terms.empty()) {
    error(info, info.at, "proviso.terms", "is missing (name the terms that the rule is about)");
  }
  for (const std::string& term : info.terms) {
    if (policy_->term_exists && !policy_->term_exists(term)) {
      error(info, info.at, "proviso.terms",
            "there is no term \"" + printable(term) + "\" (load it or mend the id)");
    }
  }
  if (rule.detection) {
    for (const NamedSelection& s : rule.detection->selections) check_item(rule, s.selection);
    return;
  }
  const CorrelationAst& correlation = *rule.correlation;
  const auto check = [&](const TextAst& name, const std::string& path) {
    for (const TextAst& ref : correlation.refs) {
      const auto target = find(ref.text);
      if (target) check_field(info, asts_[*target].info.logsource, name.text, name.at, path);
    }
  };
  for (const TextAst& name : correlation.value_fields) check(name, "correlation.condition.field");
  for (const TextAst& name : correlation.group_by) {
    const auto alias = std::ranges::find(correlation.aliases, name.text, &AliasAst::name);
    if (alias == correlation.aliases.end()) {
      check(name, "correlation.group-by");
      continue;
    }
    for (const auto& [ref, field] : alias->fields) check({field, ref.at}, "correlation.aliases");
  }
}

void Compiler::check_item(const RuleAst& rule, const SelectionAst& selection) {
  for (const SelectionAst& child : selection.children) check_item(rule, child);
  if (selection.kind != SelectionAst::Kind::item) return;
  const ItemAst& item = selection.item;
  if (item.field.empty()) {
    return error(
        rule.info, item.at, item.path,
        "keywords read every field, the field policy does not keep them all (name a field)");
  }
  if (names_customer(item.field) && compares_with_literal(item)) {
    error(rule.info, item.at, item.path,
          "the rule names a subscription or customer (I14: describe the use instead)");
  }
  check_field(rule.info, rule.info.logsource, item.field, item.at, item.path);
  if (std::ranges::find(item.modifiers, "fieldref") == item.modifiers.end()) return;
  for (const ScalarAst& other : item.values) {
    check_field(rule.info, rule.info.logsource, other.text, other.at, item.path);
  }
}

void Compiler::check_field(const RuleInfo& rule, const LogSource& source, const std::string& field,
                           Position at, const std::string& path) {
  if (!policy_->refuse_field || usage_field_known(field)) return;
  const auto reason = policy_->refuse_field(source, field);
  if (reason) error(rule, at, path, "the rule reads \"" + printable(field) + "\": " + *reason);
}

}  // namespace proviso::rules
