// SPDX-License-Identifier: Apache-2.0
#include "rules/matcher.h"

#include <algorithm>
#include <cmath>
#include <map>

#include <re2/re2.h>

#include "rules/fold.h"
#include "rules/reader.h"

namespace proviso::rules {

std::optional<double> number_of(const Value& value) {
  if (value.kind == ValueKind::number) return value.number;
  if (value.kind == ValueKind::string) return parse_number(value.text);
  return std::nullopt;
}

namespace {

// From here on a double skips integers: equality needs the text too.
constexpr double kExactMax = 9007199254740992.0;

// A number of the rule equals a number of the event by value; text of the event equals it only
// where it reads the same ("0403" is not 403).
bool number_test(const Test& test, const Value& value) {
  if (test.comparison == Comparison::eq) {
    if (value.text == test.text) return value.kind != ValueKind::null;
    return value.kind == ValueKind::number && value.number == test.number &&
           std::fabs(test.number) < kExactMax;
  }
  const auto number = number_of(value);
  return number && holds(test.comparison, *number, test.number);
}

bool time_part_test(const Test& test, const Value& value) {
  const auto time = time_of(value);
  return time &&
         holds(test.comparison, static_cast<double>(part_of(test.part, *time)), test.number);
}

bool refs_fit(const Test& test, std::string_view left, std::string_view right) {
  switch (test.ref_shape) {
    case TextPattern::Shape::contains: return left.find(right) != std::string_view::npos;
    case TextPattern::Shape::prefix: return left.starts_with(right);
    case TextPattern::Shape::suffix: return left.ends_with(right);
    default: return left == right;
  }
}

bool field_ref_test(const Test& test, EventView& event) {
  const auto left = event.values(test.field);
  const auto right = event.values(test.other);
  for (const Value& a : left) {
    for (const Value& b : right) {
      if (a.kind == ValueKind::null || b.kind == ValueKind::null) continue;
      const bool fits = test.cased ? refs_fit(test, a.text, b.text)
                                   : refs_fit(test, folded(a.text), folded(b.text));
      if (fits) return true;
    }
  }
  return false;
}

bool value_test(const Test& test, const Value& value) {
  if (test.kind == TestKind::null) return value.kind == ValueKind::null;
  if (value.kind == ValueKind::null) return false;
  switch (test.kind) {
    case TestKind::text: return test.pattern.matches(value.text);
    case TestKind::keyword:
      return test.regex ? re2::RE2::PartialMatch(value.text, *test.regex)
                        : test.pattern.matches(value.text);
    case TestKind::regex: return re2::RE2::PartialMatch(value.text, *test.regex);
    case TestKind::number: return number_test(test, value);
    case TestKind::time_part: return time_part_test(test, value);
    case TestKind::cidr: return value.kind == ValueKind::string && test.cidr.contains(value.text);
    default: return false;
  }
}

bool evaluate_test(const Test& test, EventView& event) {
  if (test.kind == TestKind::field_ref) return field_ref_test(test, event);
  const auto values = test.kind == TestKind::keyword ? event.leaves() : event.values(test.field);
  if (test.kind == TestKind::exists) return !values.empty();
  if (test.kind == TestKind::null && values.empty()) return true;
  return std::ranges::any_of(values, [&](const Value& v) { return value_test(test, v); });
}

// The texts one of which a field must equal for the expression to hold.
struct Need {
  FieldId field{};
  std::vector<std::string> texts;
};

std::optional<Need> need_of(const Expression& e) {
  if (e.kind == Expression::Kind::test) {
    const bool exact = e.test.kind == TestKind::text &&
                       e.test.pattern.shape() == TextPattern::Shape::equal && !e.test.cased;
    if (!exact) return std::nullopt;
    return Need{e.test.field, {e.test.pattern.needle()}};
  }
  if (e.kind == Expression::Kind::negation) return std::nullopt;
  std::optional<Need> best;
  for (const Expression& child : e.children) {
    auto need = need_of(child);
    if (e.kind == Expression::Kind::all_of) {
      if (need && (!best || need->texts.size() < best->texts.size())) best = std::move(need);
      continue;
    }
    if (!need || (best && best->field != need->field)) return std::nullopt;
    if (!best) {
      best = std::move(need);
    } else {
      best->texts.insert(best->texts.end(), need->texts.begin(), need->texts.end());
    }
  }
  return best;
}

}  // namespace

bool evaluate(const Expression& expression, EventView& event) {
  const auto holds_for = [&](const Expression& child) { return evaluate(child, event); };
  switch (expression.kind) {
    case Expression::Kind::test: return evaluate_test(expression.test, event);
    case Expression::Kind::all_of: return std::ranges::all_of(expression.children, holds_for);
    case Expression::Kind::any_of: return std::ranges::any_of(expression.children, holds_for);
    case Expression::Kind::negation: return !evaluate(expression.children.front(), event);
  }
  return false;
}

Matcher::Matcher(std::shared_ptr<const Program> program) : program_(std::move(program)) {
  std::map<FieldId, std::size_t> key_of_field;
  for (std::size_t i = 0; i < program_->rules().size(); ++i) {
    const RuleIndex rule{static_cast<std::uint32_t>(i)};
    const Expression* expression = program_->expression(rule);
    if (expression == nullptr) continue;
    const auto need = need_of(*expression);
    if (!need) {
      always_.push_back(rule);
      continue;
    }
    const auto [at, added] = key_of_field.emplace(need->field, keys_.size());
    if (added) keys_.push_back({need->field, {}});
    for (const std::string& text : need->texts) {
      auto& rules = keys_[at->second].rules_of_text[text];
      if (rules.empty() || rules.back() != rule) rules.push_back(rule);
    }
  }
}

void Matcher::add_candidates(const KeyField& key, EventView& event) {
  for (const Value& value : event.values(key.field)) {
    if (value.kind == ValueKind::null) continue;
    fold(value.text, folded_);
    const auto found = key.rules_of_text.find(folded_);
    if (found == key.rules_of_text.end()) continue;
    candidates_.insert(candidates_.end(), found->second.begin(), found->second.end());
  }
}

std::span<const RuleIndex> Matcher::match(EventView& event) {
  matched_.clear();
  candidates_.assign(always_.begin(), always_.end());
  for (const KeyField& key : keys_) add_candidates(key, event);
  std::ranges::sort(candidates_);
  const auto surplus = std::ranges::unique(candidates_);
  candidates_.erase(surplus.begin(), surplus.end());
  for (const RuleIndex rule : candidates_) {
    if (evaluate(*program_->expression(rule), event)) matched_.push_back(rule);
  }
  return matched_;
}

}  // namespace proviso::rules
