// SPDX-License-Identifier: Apache-2.0
#include "rules/evaluate.h"

#include <algorithm>
#include <cmath>

#include <re2/re2.h>

#include "rules/ascii.h"
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

}  // namespace

namespace {

// One look at the whole record spares a look at each value of it.
std::optional<bool> word_in_record(const Test& test, EventView& event) {
  const TextPattern& pattern = test.pattern;
  const bool word = !test.regex && !pattern.cased() &&
                    pattern.shape() == TextPattern::Shape::contains &&
                    ascii::all_of(pattern.needle());
  return word ? event.some_leaf_contains(pattern.needle()) : std::nullopt;
}

}  // namespace

bool evaluate_test(const Test& test, EventView& event) {
  if (test.kind == TestKind::keyword) {
    if (const auto known = word_in_record(test, event)) return *known;
  }
  if (test.kind == TestKind::field_ref) return field_ref_test(test, event);
  const auto values = test.kind == TestKind::keyword ? event.leaves() : event.values(test.field);
  if (test.kind == TestKind::exists) return !values.empty();
  if (test.kind == TestKind::null && values.empty()) return true;
  return std::ranges::any_of(values, [&](const Value& v) { return value_test(test, v); });
}

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

}  // namespace proviso::rules
