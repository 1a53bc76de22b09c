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

bool compares_with_literal(const ResolvedItem& item) {
  return std::ranges::any_of(item.values, [](const ItemValue& v) {
    using Kind = ItemValue::Kind;
    return v.kind != Kind::null && v.kind != Kind::exists && v.kind != Kind::field_ref;
  });
}

}  // namespace

void Compiler::check_policy(const ResolvedRule& rule) {
  const RuleInfo& info = rule.info;
  if (policy_->needs_terms && info.signals_alone && info.terms.empty()) {
    diagnostics_.add({.file = info.file,
                      .at = info.at,
                      .item = "proviso.terms",
                      .message = "is missing (name the terms that the rule is about)",
                      .reason = Reason::terms});
  }
  for (const std::string& term : info.terms) {
    if (policy_->term_exists && !policy_->term_exists(term)) {
      diagnostics_.add(
          {.file = info.file,
           .at = info.at,
           .item = "proviso.terms",
           .message = "there is no term \"" + printable(term) + "\" (load it or mend the id)",
           .reason = Reason::terms});
    }
  }
  if (!info.shadow_of.empty()) {
    const auto target = find(info.shadow_of);
    if (!target || sources_[*target].info.shadow) {
      error(info, info.shadow_at, "proviso.shadow_of",
            "there is no rule \"" + printable(info.shadow_of) +
                "\" beside the shadows (name the one it is to replace by id or name)");
    }
  }
  if (rule.detection) {
    for (const NamedResolved& s : rule.detection->selections) {
      check_selection(rule, s.file, s.selection);
    }
    for (const AddedCondition& added : rule.detection->added) {
      for (const NamedResolved& s : added.selections) check_selection(rule, s.file, s.selection);
    }
    return;
  }
  if (!rule.correlation) return;
  const CorrelationAst& correlation = *rule.correlation;
  const auto check = [&](const TextAst& name, const std::string& path) {
    for (const TextAst& ref : correlation.refs) {
      const auto target = find(ref.text);
      if (target)
        check_field(info.file, sources_[*target].info.logsource, name.text, name.at, path);
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

void Compiler::check_selection(const ResolvedRule& rule, const std::string& file,
                               const ResolvedSelection& selection) {
  for (const ResolvedSelection& child : selection.children) check_selection(rule, file, child);
  if (selection.kind != ResolvedSelection::Kind::item) return;
  const ResolvedItem& item = selection.item;
  if (item.field.empty()) {
    return diagnostics_.add(
        {.file = file,
         .at = item.at,
         .item = item.path,
         .message =
             "keywords read every field, the field policy does not keep them all (name a field)",
         .reason = Reason::keywords});
  }
  if (names_customer(item.field) && compares_with_literal(item)) {
    diagnostics_.add(
        {.file = file,
         .at = item.at,
         .item = item.path,
         .message = "the rule names a subscription or customer (I14: describe the use instead)",
         .reason = Reason::identity});
  }
  check_field(file, rule.info.logsource, item.field, item.at, item.path);
  for (const ItemValue& value : item.values) {
    if (value.kind != ItemValue::Kind::field_ref) continue;
    check_field(file, rule.info.logsource, value.text, item.at, item.path);
  }
}

void Compiler::check_field(const std::string& file, const LogSource& source,
                           const std::string& field, Position at, const std::string& path) {
  if (!policy_->refuse_field || usage_field_known(field)) return;
  const auto reason = policy_->refuse_field(source, field);
  if (reason) {
    diagnostics_.add({.file = file,
                      .at = at,
                      .item = path,
                      .message = "the rule reads \"" + printable(field) + "\": " + *reason,
                      .reason = Reason::unkept_field,
                      .field = field});
  }
}

}  // namespace proviso::rules
