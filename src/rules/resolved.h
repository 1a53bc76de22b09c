// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/ast.h"
#include "rules/expression.h"
#include "rules/reader.h"
#include "rules/sigma_string.h"

namespace proviso::rules {

// A rule between its text and its program: modifiers are applied to the values, nothing is compiled
// yet. This is what processing pipelines and filters change.

/// One value of a detection item after its modifiers.
struct ItemValue {
  enum class Kind : std::uint8_t {
    null,
    boolean,
    number,
    string,
    expansion,  ///< any of several strings, whatever joins the values of the item
    regex,
    compare,
    time_part,
    cidr,
    exists,
    field_ref,
  };
  Kind kind = Kind::null;
  Position at{};
  /// The value as written: of a number, boolean, exists ("true", "false"), cidr; a field_ref's
  /// field.
  std::string text{};
  double number = 0;              ///< number, compare, time_part
  std::vector<Pieces> strings{};  ///< one of string and regex, any of an expansion
  bool cased = false;
  /// contains, startswith or endswith say where the text stands; else keywords are found anywhere.
  bool placed = false;
  std::string regex_flags{};
  Comparison comparison = Comparison::eq;  ///< compare, time_part
  TimePart part = TimePart::minute;
  TextPattern::Shape ref_shape = TextPattern::Shape::equal;
};

struct ResolvedItem {
  std::string field{};  ///< empty for keywords
  /// Joined by `or`, or by `and` where `all` is set. No value at all means null.
  std::vector<ItemValue> values{};
  bool all = false;
  bool negated = false;
  Position at{};
  std::string path{};  ///< "detection.selection.field"
  /// Ids of the pipeline items that changed it.
  std::vector<std::string> applied{};
};

/// A tree of items. A list without children is a selection that a pipeline has emptied: it drops
/// out of the condition.
struct ResolvedSelection {
  enum class Kind : std::uint8_t { item, all_of, any_of };
  Kind kind = Kind::item;
  ResolvedItem item{};
  std::vector<ResolvedSelection> children{};
};

struct NamedResolved {
  std::string name{};
  std::string file{};  ///< where it is written: a filter's selections are not in the rule's file
  ResolvedSelection selection{};
};

/// What must hold besides the rule's own condition.
struct AddedCondition {
  /// None: the condition is over the selections of the rule.
  std::vector<NamedResolved> selections{};
  TextAst condition{};
  std::string file{};
  std::string path{};
};

struct ResolvedDetection {
  std::vector<NamedResolved> selections{};
  std::vector<TextAst> conditions{};    ///< any of them
  std::vector<AddedCondition> added{};  ///< all of them
};

struct ResolvedFilter {
  RuleInfo info{};
  Position at{};
  bool any = false;
  std::vector<TextAst> rules{};
  ResolvedDetection detection{};  ///< with one condition
};

struct ResolvedRule {
  RuleInfo info{};
  std::optional<ResolvedDetection> detection{};
  std::optional<CorrelationAst> correlation{};
  std::vector<RuleAttribute> attributes{};
};

/// Applies the modifiers of an item. Nothing, and an error with its place, where a modifier is
/// unknown, out of place or does not go with a value.
std::optional<ResolvedItem> resolve_item(const ItemAst& item, const ReadContext& context);
std::optional<ResolvedSelection> resolve_selection(const SelectionAst& selection,
                                                   const ReadContext& context);
/// Without its detection where some item is wrong; all of what is wrong is in the diagnostics.
ResolvedRule resolve_rule(RuleAst rule, Diagnostics& diagnostics);
/// `rule` is a filter. Nothing where some item is wrong.
std::optional<ResolvedFilter> resolve_filter(RuleAst rule, Diagnostics& diagnostics);
std::optional<ResolvedDetection> resolve_detection(const DetectionAst& detection,
                                                   const ReadContext& context);

}  // namespace proviso::rules
