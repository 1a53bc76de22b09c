// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "rules/pipeline_items.h"

namespace proviso::rules {

/// What the pipelines have done to one rule so far.
struct PipelineState {
  std::set<std::string> applied{};  ///< ids of items
  std::map<std::string, ScalarAst> values{};
  /// Ids of the items that a field's name went through, by its name now.
  std::map<std::string, std::set<std::string>> field_applied{};
  std::set<std::string> mapped{};  ///< names that a mapping took or gave
};

/// The conditions of a pipeline's items against a rule, an item or a field's name.
class PipelineMatch {
 public:
  /// `rules_of` gives the plain rules that a correlation rests on.
  using RulesOf = std::function<std::vector<const ResolvedRule*>(const ResolvedRule&)>;
  PipelineMatch(const ResolvedRule& rule, const PipelineState& state, const RulesOf& rules_of)
      : rule_(rule), state_(state), rules_of_(rules_of) {}

  [[nodiscard]] bool rule(const PipelineItem& item) const;
  /// The item conditions, and the field conditions by the item's field or any field it refers to.
  [[nodiscard]] bool item(const PipelineItem& item, const ResolvedItem& detection) const;
  /// The field conditions. Null stands for keywords.
  [[nodiscard]] bool field(const PipelineItem& item, const std::string* name) const;

 private:
  [[nodiscard]] bool rule_holds(const PipelineCondition& c) const;
  [[nodiscard]] bool item_holds(const PipelineCondition& c, const ResolvedItem& item) const;
  [[nodiscard]] bool field_of_item_holds(const PipelineCondition& c,
                                         const ResolvedItem& item) const;
  [[nodiscard]] bool name_holds(const PipelineCondition& c, const std::string* name) const;
  [[nodiscard]] bool state_holds(const PipelineCondition& c) const;
  [[nodiscard]] bool attribute_holds(const PipelineCondition& c) const;

  const ResolvedRule& rule_;
  const PipelineState& state_;
  const RulesOf& rules_of_;
};

/// Calls `visit` with each item of a rule, those of its filters and added conditions included.
template <class Visit>
void for_each_item(const ResolvedSelection& selection, const Visit& visit) {
  if (selection.kind == ResolvedSelection::Kind::item) visit(selection.item);
  for (const ResolvedSelection& child : selection.children) for_each_item(child, visit);
}
template <class Visit>
void for_each_item(const ResolvedRule& rule, const Visit& visit) {
  if (!rule.detection) return;
  for (const NamedResolved& s : rule.detection->selections) for_each_item(s.selection, visit);
  for (const AddedCondition& added : rule.detection->added) {
    for (const NamedResolved& s : added.selections) for_each_item(s.selection, visit);
  }
}

}  // namespace proviso::rules
