// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rules/condition.h"
#include "rules/resolved.h"

namespace re2 {
class RE2;
}

namespace proviso::rules {

// What a pipeline's text becomes: read by pipeline_reader.cc, run by pipeline.cc.

enum class Relation : std::uint8_t { eq, ne, gte, gt, lte, lt, in, not_in };

struct PipelineCondition {
  enum class Kind : std::uint8_t {
    // of a rule
    logsource,
    contains_detection_item,
    contains_field,
    is_rule,
    is_correlation,
    rule_attribute,
    tag,
    // of a rule, an item or a field
    item_applied,
    state,
    // of an item
    match_string,
    match_value,
    contains_wildcard,
    is_null,
    // of a field's name
    include_fields,
    exclude_fields,
  };
  Kind kind = Kind::is_rule;
  Position at{};
  std::string key{};  ///< of conditions given as a map, for expressions
  /// Field, attribute, tag, key of a state, or id of an item.
  std::string name{};
  LogSource logsource{};
  ScalarAst value{};
  Relation relation = Relation::eq;
  bool every = false;   ///< of an item's values: all instead of any
  bool negate = false;  ///< match_string
  std::vector<std::string> fields{};
  /// match_string: one; include_fields, exclude_fields with `mode: re`: one per field. Shared
  /// because conditions are copied and RE2 can't be.
  std::vector<std::shared_ptr<const re2::RE2>> patterns{};
};

/// Conditions joined by `and`, `or` or an expression over their keys; none at all holds.
struct ConditionGroup {
  std::vector<PipelineCondition> conditions{};
  bool any = false;
  bool negated = false;
  std::optional<ConditionAst> expression{};

  template <class Holds>
  [[nodiscard]] bool holds(const Holds& one) const {
    if (conditions.empty()) return true;
    const bool result = expression ? holds_in(*expression, one) : joined(one);
    return result != negated;
  }

 private:
  template <class Holds>
  bool joined(const Holds& one) const {
    for (const PipelineCondition& c : conditions) {
      if (one(c) == any) return any;
    }
    return !any;
  }
  template <class Holds>
  bool holds_in(const ConditionAst& node, const Holds& one) const {
    using Kind = ConditionAst::Kind;
    if (node.kind == Kind::negation) return !holds_in(node.children.front(), one);
    if (node.kind == Kind::all_of || node.kind == Kind::any_of) {
      const bool wanted = node.kind == Kind::any_of;
      for (const ConditionAst& child : node.children) {
        if (holds_in(child, one) == wanted) return wanted;
      }
      return !wanted;
    }
    for (const PipelineCondition& c : conditions) {
      if (c.key == node.name) return one(c);
    }
    return false;  // the reader has checked the names
  }
};

struct FieldMapping {
  std::optional<std::string> from{};  ///< nothing: keywords
  std::vector<std::string> to{};
};

struct PipelineItem {
  enum class Kind : std::uint8_t {
    field_name_mapping,
    field_name_prefix_mapping,
    field_name_prefix,
    field_name_suffix,
    add_condition,
    change_logsource,
    value_placeholders,
    wildcard_placeholders,
    drop_detection_item,
    replace_string,
    map_string,
    set_value,
    convert_type,
    change_case,
    hashes_fields,
    set_state,
    set_attribute,
    list_of_fields,  ///< add_field, remove_field, set_field: nothing reads that list here
    nest,
    rule_failure,
    detection_item_failure,
    strict_field_mapping_failure,
  };
  Kind kind = Kind::rule_failure;
  std::string id{};
  std::string file{};
  Position at{};
  ConditionGroup for_rule{};
  ConditionGroup for_item{};
  ConditionGroup for_field{};

  std::vector<FieldMapping> mapping{};  ///< of fields, or of strings for map_string
  /// Prefix, suffix, message, key of a state, name of an attribute or an added condition,
  /// replacement, type to convert to, case.
  std::string text{};
  LogSource logsource{};
  ScalarAst value{};                                  ///< set_state, set_value
  std::vector<ScalarAst> values{};                    ///< set_attribute
  bool is_list = false;                               ///< set_attribute: several values
  std::optional<SelectionAst> selection{};            ///< add_condition
  bool negated = false;                               ///< add_condition
  bool is_template = false;                           ///< add_condition
  std::optional<std::vector<std::string>> include{};  ///< placeholders
  std::optional<std::vector<std::string>> exclude{};
  std::shared_ptr<const re2::RE2> pattern{};  ///< replace_string
  bool skip_special = false;
  bool interpret_special = false;
  std::vector<std::string> algorithms{};  ///< hashes_fields, as they are written
  bool drop_algorithm = false;            ///< hashes_fields: the prefix is the whole name
  std::vector<PipelineItem> nested{};     ///< nest
};

/// Several pipelines, one behind the other.
struct PipelineProgram {
  std::vector<PipelineItem> items{};
  std::map<std::string, std::vector<std::string>, std::less<>> variables{};
};

/// One file. Faults are in the diagnostics, each with its place.
struct PipelineFile {
  std::int64_t priority = 0;
  PipelineProgram program{};
};
PipelineFile read_pipeline(const YamlNode& document, const ReadContext& context);
/// The conditions of an item of one level: "rule", "detection_item" or "field_name".
ConditionGroup read_condition_group(const YamlNode& item, const std::string& level,
                                    const ReadContext& context);
/// Null, and an error, where RE2 cannot take it.
std::shared_ptr<const re2::RE2> read_pattern(const YamlNode& node, const std::string& path,
                                             const ReadContext& context);

/// add_condition: `$product` and the like become those of the log source; an error text where it
/// has none.
Result<void> fill_template(SelectionAst& selection, const LogSource& source);
/// hashes_fields: an item of a field of its own for each algorithm that the values name, joined as
/// the values were. Nothing where the item stays as it is; an error text where no value names one
/// that the transformation knows.
Result<std::optional<ResolvedSelection>> split_hashes(const PipelineItem& item,
                                                      const ResolvedItem& detection);

/// What the transformations of values make of one value; `budget` is what they may still make.
struct ValueBudget {
  std::size_t values = 0;
  bool exceeded = false;
};
/// Nothing where the value stays as it is; an error text where it cannot be.
Result<std::optional<std::vector<ItemValue>>> transform_value(const PipelineItem& item,
                                                              const PipelineProgram& program,
                                                              const ItemValue& value,
                                                              ValueBudget& budget);

}  // namespace proviso::rules
