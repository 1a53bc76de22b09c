// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "rules/cidr.h"
#include "rules/event_view.h"
#include "rules/pattern.h"
#include "rules/time_part.h"

namespace re2 {
class RE2;
}

namespace proviso::rules {

enum class Comparison : std::uint8_t { eq, neq, lt, lte, gt, gte };
std::string_view to_string(Comparison comparison);

template <class T>
bool holds(Comparison comparison, const T& a, const T& b) {
  switch (comparison) {
    case Comparison::eq: return a == b;
    case Comparison::neq: return a != b;
    case Comparison::lt: return a < b;
    case Comparison::lte: return a <= b;
    case Comparison::gt: return a > b;
    case Comparison::gte: return a >= b;
  }
  return false;
}

enum class TestKind : std::uint8_t {
  text,
  regex,
  number,
  cidr,
  null,
  exists,
  field_ref,
  keyword,
  time_part,
};

/// One question about one field: true where any value of the field answers it with yes.
struct Test {
  TestKind kind = TestKind::text;
  std::string field_name;  ///< empty for keywords
  FieldId field{};
  TextPattern pattern;  ///< text, keyword
  /// regex (and keyword where it is not null). Shared because an Expression is copied while rules
  /// are combined, and RE2 can't be copied.
  std::shared_ptr<const re2::RE2> regex;
  Comparison comparison = Comparison::eq;  ///< number, time_part
  double number = 0;                       ///< number, time_part
  TimePart part = TimePart::minute;        ///< time_part
  CidrBlock cidr;
  std::string other_name;  ///< field_ref
  FieldId other{};
  /// How the two fields of a field_ref are compared.
  TextPattern::Shape ref_shape = TextPattern::Shape::equal;
  bool cased = false;
  /// The rule's own text of value and modifiers, for dumps.
  std::string text;
};

/// A tree of tests. Two-valued: a test on a missing field is false, so `not` of it is true.
struct Expression {
  enum class Kind : std::uint8_t { test, all_of, any_of, negation };
  Kind kind = Kind::test;
  Test test;
  std::vector<Expression> children;
  /// The selection that it is, where a condition names one; only for explanations.
  std::string selection{};

  static Expression of(Test t);
  /// One child stands for itself.
  static Expression all_of(std::vector<Expression> children);
  static Expression any_of(std::vector<Expression> children);
  static Expression negation(Expression child);
};

/// Indented text, one node a line.
std::string dump(const Expression& expression, std::size_t indent);

}  // namespace proviso::rules
