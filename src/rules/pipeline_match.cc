// SPDX-License-Identifier: Apache-2.0
#include "rules/pipeline_match.h"

#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "rules/filters.h"
#include "rules/fold.h"

namespace proviso::rules {
namespace {

using Kind = PipelineCondition::Kind;

template <class T>
bool relates(Relation relation, const T& a, const T& b) {
  switch (relation) {
    case Relation::eq: return a == b;
    case Relation::ne: return a != b;
    case Relation::gte: return a >= b;
    case Relation::gt: return a > b;
    case Relation::lte: return a <= b;
    case Relation::lt: return a < b;
    case Relation::in:
    case Relation::not_in: return false;  // for lists
  }
  return false;
}

bool same(const ScalarAst& a, const ScalarAst& b) {
  if (a.kind == ScalarAst::Kind::number && b.kind == ScalarAst::Kind::number) {
    return a.number == b.number;
  }
  return a.kind == b.kind && a.text == b.text;
}

bool relates(Relation relation, const ScalarAst& a, const ScalarAst& b) {
  if (relation == Relation::eq) return same(a, b);
  if (relation == Relation::ne) return !same(a, b);
  if (a.kind != b.kind) return false;
  if (a.kind == ScalarAst::Kind::number) return relates(relation, a.number, b.number);
  return a.kind == ScalarAst::Kind::string && relates(relation, a.text, b.text);
}

// Levels and statuses in their order; nothing for another attribute or word.
std::optional<std::size_t> rank(std::string_view attribute, std::string_view word) {
  constexpr std::array<std::string_view, 5> kLevels = {"informational", "low", "medium", "high",
                                                       "critical"};
  constexpr std::array<std::string_view, 5> kStatuses = {"unsupported", "deprecated",
                                                         "experimental", "test", "stable"};
  if (attribute != "level" && attribute != "status") return std::nullopt;
  const auto& words = attribute == "level" ? kLevels : kStatuses;
  const auto found = std::ranges::find(words, folded(word));
  if (found == words.end()) return std::nullopt;
  return static_cast<std::size_t>(found - words.begin());
}

// pySigma's equality of types: a number is a number, text is compared as parsed.
bool equals(const ItemValue& value, const ScalarAst& wanted) {
  switch (wanted.kind) {
    case ScalarAst::Kind::null: return value.kind == ItemValue::Kind::null;
    case ScalarAst::Kind::boolean:
      return value.kind == ItemValue::Kind::boolean && value.text == wanted.text;
    case ScalarAst::Kind::number:
      return (value.kind == ItemValue::Kind::number || value.kind == ItemValue::Kind::time_part) &&
             value.number == wanted.number;
    case ScalarAst::Kind::string:
      return value.kind == ItemValue::Kind::string &&
             value.strings.front() == parse_sigma_string(wanted.text);
  }
  return false;
}

bool matches_at_front(const re2::RE2& pattern, std::string_view text) {
  return pattern.Match(text, 0, text.size(), re2::RE2::ANCHOR_START, nullptr, 0);
}

bool value_holds(const PipelineCondition& c, const ItemValue& value) {
  const bool string = value.kind == ItemValue::Kind::string;
  switch (c.kind) {
    case Kind::match_string:
      return (string && matches_at_front(*c.patterns.front(), plain(value.strings.front()))) !=
             c.negate;
    case Kind::match_value: return equals(value, c.value);
    case Kind::contains_wildcard: return string && has_wildcard(value.strings.front());
    case Kind::is_null: return value.kind == ItemValue::Kind::null;
    default: return false;
  }
}

bool has_id(const std::vector<std::string>& applied, const std::string& id) {
  return std::ranges::find(applied, id) != applied.end();
}

}  // namespace

bool PipelineMatch::rule(const PipelineItem& item) const {
  return item.for_rule.holds([&](const PipelineCondition& c) { return rule_holds(c); });
}

bool PipelineMatch::item(const PipelineItem& item, const ResolvedItem& detection) const {
  return item.for_item.holds([&](const PipelineCondition& c) {
    return item_holds(c, detection);
  }) && item.for_field.holds([&](const PipelineCondition& c) {
    return field_of_item_holds(c, detection);
  });
}

bool PipelineMatch::field(const PipelineItem& item, const std::string* name) const {
  return item.for_field.holds([&](const PipelineCondition& c) { return name_holds(c, name); });
}

bool PipelineMatch::rule_holds(const PipelineCondition& c) const {
  const auto any_item = [&](const auto& fits) {
    bool found = false;
    for_each_item(rule_, [&](const ResolvedItem& item) { found = found || fits(item); });
    return found;
  };
  switch (c.kind) {
    case Kind::logsource: {
      const auto fits = [&](const ResolvedRule* r) {
        return contains(c.logsource, r->info.logsource);
      };
      return std::ranges::any_of(rules_of_(rule_), fits);
    }
    case Kind::contains_detection_item:
      return any_item([&](const ResolvedItem& item) {
        const auto equal = [&](const ItemValue& v) { return !v.cased && equals(v, c.value); };
        return !item.field.empty() && item.field == c.name &&
               std::ranges::any_of(item.values, equal);
      });
    case Kind::contains_field:
      return any_item(
          [&](const ResolvedItem& item) { return !item.field.empty() && item.field == c.name; });
    case Kind::item_applied: return state_.applied.contains(c.name);
    case Kind::state: return state_holds(c);
    case Kind::is_rule: return !rule_.correlation.has_value();
    case Kind::is_correlation: return rule_.correlation.has_value();
    case Kind::rule_attribute: return attribute_holds(c);
    case Kind::tag: return std::ranges::find(rule_.info.tags, c.name) != rule_.info.tags.end();
    default: return false;
  }
}

bool PipelineMatch::item_holds(const PipelineCondition& c, const ResolvedItem& item) const {
  if (c.kind == Kind::item_applied) return has_id(item.applied, c.name);
  if (c.kind == Kind::state) return state_holds(c);
  const auto one = [&](const ItemValue& v) { return value_holds(c, v); };
  return c.every ? std::ranges::all_of(item.values, one) : std::ranges::any_of(item.values, one);
}

bool PipelineMatch::field_of_item_holds(const PipelineCondition& c,
                                        const ResolvedItem& item) const {
  if (c.kind == Kind::item_applied) return has_id(item.applied, c.name);
  if (name_holds(c, item.field.empty() ? nullptr : &item.field)) return true;
  return std::ranges::any_of(item.values, [&](const ItemValue& v) {
    return v.kind == ItemValue::Kind::field_ref && name_holds(c, &v.text);
  });
}

bool PipelineMatch::name_holds(const PipelineCondition& c, const std::string* name) const {
  if (c.kind == Kind::state) return state_holds(c);
  if (c.kind == Kind::item_applied) {
    if (name == nullptr) return false;
    const auto found = state_.field_applied.find(*name);
    return found != state_.field_applied.end() && found->second.contains(c.name);
  }
  const auto included = [&] {
    if (name == nullptr) return false;
    if (c.patterns.empty()) return std::ranges::find(c.fields, *name) != c.fields.end();
    return std::ranges::any_of(c.patterns,
                               [&](const auto& p) { return matches_at_front(*p, *name); });
  };
  return included() == (c.kind == Kind::include_fields);
}

bool PipelineMatch::state_holds(const PipelineCondition& c) const {
  const auto found = state_.values.find(c.name);
  return found != state_.values.end() && relates(c.relation, found->second, c.value);
}

// An attribute that the rule does not have, or that cannot be compared so, does not hold.
bool PipelineMatch::attribute_holds(const PipelineCondition& c) const {
  const auto found = std::ranges::find(rule_.attributes, c.name, &RuleAttribute::name);
  if (found == rule_.attributes.end()) return false;
  if (found->list) {
    const auto equal = [&](const ScalarAst& v) { return same(v, c.value); };
    const bool has = std::ranges::any_of(found->values, equal);
    if (c.relation == Relation::in) return has;
    return c.relation == Relation::not_in ? !has : c.relation == Relation::ne;
  }
  const ScalarAst& value = found->values.front();
  const auto mine = rank(c.name, value.text);
  const auto wanted = rank(c.name, c.value.text);
  if (mine && wanted) return relates(c.relation, *mine, *wanted);
  const bool ordered = value.kind == ScalarAst::Kind::number || c.name == "date" ||
                       c.name == "modified" || c.relation == Relation::eq ||
                       c.relation == Relation::ne;
  return ordered && relates(c.relation, value, c.value);
}

}  // namespace proviso::rules
