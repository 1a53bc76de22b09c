// SPDX-License-Identifier: Apache-2.0
#include "rules/resolved.h"

namespace proviso::rules {

std::optional<ResolvedSelection> resolve_selection(const SelectionAst& selection,
                                                   const ReadContext& context) {
  ResolvedSelection out;
  if (selection.kind == SelectionAst::Kind::item) {
    auto item = resolve_item(selection.item, context);
    if (!item) return std::nullopt;
    out.item = std::move(*item);
    return out;
  }
  out.kind = selection.kind == SelectionAst::Kind::all_of ? ResolvedSelection::Kind::all_of
                                                          : ResolvedSelection::Kind::any_of;
  bool good = true;
  for (const SelectionAst& child : selection.children) {
    auto one = resolve_selection(child, context);
    if (!one) good = false;
    if (one) out.children.push_back(std::move(*one));
  }
  if (!good) return std::nullopt;
  return out;
}

std::optional<ResolvedDetection> resolve_detection(const DetectionAst& detection,
                                                   const ReadContext& context) {
  ResolvedDetection out;
  out.conditions = detection.conditions;
  bool good = true;
  for (const NamedSelection& named : detection.selections) {
    auto one = resolve_selection(named.selection, context);
    if (!one) good = false;
    if (one) out.selections.push_back({named.name, context.file, std::move(*one)});
  }
  if (!good) return std::nullopt;
  return out;
}

ResolvedRule resolve_rule(RuleAst rule, Diagnostics& diagnostics) {
  ResolvedRule out;
  if (rule.detection) {
    out.detection = resolve_detection(*rule.detection, {rule.info.file, diagnostics});
  }
  out.info = std::move(rule.info);
  out.correlation = std::move(rule.correlation);
  out.attributes = std::move(rule.attributes);
  return out;
}

std::optional<ResolvedFilter> resolve_filter(RuleAst rule, Diagnostics& diagnostics) {
  FilterAst& ast = *rule.filter;
  auto detection = resolve_detection(ast.detection, {rule.info.file, diagnostics});
  if (!detection) return std::nullopt;
  return ResolvedFilter{std::move(rule.info), ast.at, ast.any, std::move(ast.rules),
                        std::move(*detection)};
}

}  // namespace proviso::rules
