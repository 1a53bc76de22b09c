// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rules/diagnostic.h"
#include "rules/program.h"

namespace proviso::rules {

// What the reader makes of a document: the structure of the text, nothing resolved yet.

struct ScalarAst {
  enum class Kind : std::uint8_t { null, boolean, number, string };
  Kind kind = Kind::null;
  std::string text{};
  double number = 0;  ///< number; 0 or 1 for boolean
  Position at{};
};

/// "field|modifier|modifier: values", or bare keywords where the field is empty.
struct ItemAst {
  std::string field{};
  std::vector<std::string> modifiers{};
  std::vector<ScalarAst> values{};
  Position at{};
  std::string path{};  ///< "detection.selection.field"
};

struct SelectionAst {
  enum class Kind : std::uint8_t { item, all_of, any_of };
  Kind kind = Kind::item;
  ItemAst item{};
  std::vector<SelectionAst> children{};
};

struct NamedSelection {
  std::string name{};
  Position at{};
  SelectionAst selection{};
};

/// Text with its place, e.g. a condition.
struct TextAst {
  std::string text{};
  Position at{};
};

struct DetectionAst {
  std::vector<NamedSelection> selections{};
  std::vector<TextAst> conditions{};  ///< any of them
};

struct ThresholdAst {
  Comparison comparison = Comparison::gte;
  double limit = 0;
};

struct AliasAst {
  std::string name{};
  Position at{};
  /// {rule, field}
  std::vector<std::pair<TextAst, std::string>> fields{};
};

struct CorrelationAst {
  CorrelationType type = CorrelationType::event_count;
  Position at{};
  std::vector<TextAst> refs{};
  std::vector<TextAst> group_by{};
  Duration timespan{};
  std::vector<ThresholdAst> thresholds{};
  std::vector<TextAst> value_fields{};
  double percentile = 50;
  std::optional<TextAst> condition{};  ///< extended: over the names in refs
  std::vector<AliasAst> aliases{};
  bool generate = false;
};

/// A Sigma filter: what must hold besides for the rules that it names.
struct FilterAst {
  Position at{};
  bool any = false;  ///< every rule of the log source
  std::vector<TextAst> rules{};
  DetectionAst detection{};
};

/// A member of the rule that pipelines may ask for: one scalar, or a list of them.
struct RuleAttribute {
  std::string name{};
  bool list = false;
  std::vector<ScalarAst> values{};
};

struct RuleAst {
  RuleInfo info{};
  std::optional<DetectionAst> detection{};
  std::optional<CorrelationAst> correlation{};
  std::optional<FilterAst> filter{};
  std::vector<RuleAttribute> attributes{};
};

}  // namespace proviso::rules
