// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/program.h"

namespace proviso::rules {

/// Why an expression holds for an event, or which part of it does not: a tree of the same shape.
struct Explanation {
  Expression::Kind kind = Expression::Kind::test;
  bool holds = false;
  std::string selection;  ///< the name of the selection that it is; may be empty
  std::string text;       ///< a test in words; "all of", "any of", "not" for the others
  std::string field;      ///< a test's field; empty for keywords and for the others
  /// What the test read: the values of its field (of both fields for a field_ref), as the event's
  /// view gives them, so only kept ones (I1). At most kValuesMax of at most kValueBytesMax; empty
  /// where the field is missing and for keywords, which read every value.
  std::vector<std::string> values;
  bool missing = false;  ///< the field is not in the event
  std::vector<Explanation> children;
};

inline constexpr std::size_t kValuesMax = 4;
inline constexpr std::size_t kValueBytesMax = 200;

/// Looks at every part, also where the answer is certain before; `holds` is what evaluate() says.
Explanation explain(const Expression& expression, EventView& event);

/// How far a figure is from making a correlation hold: 0 where it holds, else the smallest change
/// of `value` that would. Nothing for a correlation without thresholds, and for temporal_ordered:
/// the figure of its twin knows no order.
std::optional<double> distance(const Correlation& correlation, double value);

/// The thresholds as text: ">= 200000", "> 3 and <= 50".
std::string thresholds_text(const Correlation& correlation);

/// A program with a twin for each correlation: the same hits, groups and window, but no threshold
/// (temporal types: any of its rules), so that it fires at each hit and shows the figure. Nothing
/// refers to a twin, so everything else fires as before.
struct Twins {
  std::shared_ptr<const Program> program;
  /// By twin: the rule that it shows the figures of. Twins are the rules from `first` on.
  std::vector<RuleIndex> shows;
  std::size_t first = 0;
  /// The rule whose figure a firing of `rule` shows, or nothing where it is no twin.
  [[nodiscard]] std::optional<RuleIndex> shown_by(RuleIndex rule) const;
};
Twins with_twins(const Program& program);

}  // namespace proviso::rules
