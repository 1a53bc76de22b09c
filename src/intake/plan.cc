// SPDX-License-Identifier: Apache-2.0
#include "intake/plan.h"

#include <algorithm>
#include <map>
#include <utility>

namespace proviso::intake {
namespace {

using Uses = std::map<std::string, std::vector<FieldUse>>;

void add_ranked(Uses& uses, const std::vector<std::string>& paths, FieldUse::Kind kind,
                std::size_t index) {
  for (std::size_t rank = 0; rank < paths.size(); ++rank) {
    uses[paths[rank]].push_back(
        {kind, static_cast<std::uint8_t>(index), static_cast<std::uint8_t>(rank)});
  }
}

Uses uses_of(const FieldPolicy& policy, Plan& plan) {
  using enum FieldUse::Kind;
  Uses uses;
  for (std::size_t i = 0; i < kTextTargets; ++i) add_ranked(uses, policy.text[i], text, i);
  add_ranked(uses, policy.window_start, window_start, 0);
  add_ranked(uses, policy.window_end, window_end, 0);
  add_ranked(uses, policy.count, count, 0);
  add_ranked(uses, policy.operation_index, operation_index, 0);
  for (std::size_t i = 0; i < policy.amounts.size(); ++i) {
    add_ranked(uses, policy.amounts[i].fields, quantity, i);
    if (!policy.amounts[i].unit_field.empty()) {
      add_ranked(uses, {policy.amounts[i].unit_field}, unit, i);
    }
    plan.amount_units.push_back(policy.amounts[i].unit);
  }
  for (const auto& [field, value] : policy.require) {
    add_ranked(uses, {field}, require, plan.required.size());
    plan.required.push_back(value);
  }
  return uses;
}

void add_wanted(Uses& uses, const FieldPolicy& policy, const std::vector<std::string>& wanted) {
  for (const auto* list : {&policy.keep, &policy.hash}) {
    for (const std::string& path : *list) {
      const bool is_wanted = std::ranges::any_of(
          wanted, [&](const std::string& name) { return rule_name(name) == rule_name(path); });
      if (is_wanted) uses[path].push_back({FieldUse::Kind::kept, 0, 0});
    }
  }
}

/// The child at `path` below `node`, made where it is missing.
Result<PlanNode::Child*> child_at(PlanNode& node, std::string_view path) {
  const std::size_t dot = path.find('.');
  std::string_view key = path.substr(0, dot);
  const bool is_array = key.ends_with("[]");
  if (is_array) key.remove_suffix(2);
  PlanNode::Child* child = TRY(node.add(key));
  if (dot == std::string_view::npos) return child;
  if (!child->node) child->node = std::make_unique<PlanNode>();
  child->is_array = is_array;
  return child_at(*child->node, path.substr(dot + 1));
}

Result<void> add_to_bags(Plan& plan, const FieldPolicy& policy, const std::string& path, int leaf) {
  for (const std::string& bag : policy.attribute_bags) {
    PlanNode::Child* place = TRY(child_at(plan.root, bag));
    if (!place->node) place->node = std::make_unique<PlanNode>();
    place->node->is_bag = true;
    PlanNode::Child* child = TRY(place->node->add(path));
    child->leaf = leaf;
  }
  return {};
}

}  // namespace

bool Leaf::only_kept() const {
  return std::ranges::all_of(uses,
                             [](const FieldUse& use) { return use.kind == FieldUse::Kind::kept; });
}

std::size_t PlanNode::slot(std::string_view key) {
  if (key.empty()) return 0;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(key[i]); };
  return (key.size() * 37 + byte(0) * 5U + byte(key.size() / 2) * 17U + byte(key.size() - 1) * 3U) %
         512;
}

int PlanNode::find(std::string_view key) const {
  for (std::size_t i = slot(key);; i = (i + 1) % table_.size()) {
    if (table_[i] == 0) return -1;
    if (children_[table_[i] - 1U].key == key) return table_[i] - 1;
  }
}

Result<PlanNode::Child*> PlanNode::add(std::string_view key) {
  const int known = find(key);
  if (known >= 0) return &children_[static_cast<std::size_t>(known)];
  if (children_.size() == kChildrenMax) {
    return fail(Errc::exhausted, "field policy: more than 250 members of one object");
  }
  std::size_t i = slot(key);
  while (table_[i] != 0) i = (i + 1) % table_.size();
  children_.push_back({std::string(key), nullptr, false, -1});
  table_[i] = static_cast<std::uint8_t>(children_.size());
  return &children_.back();
}

Result<std::unique_ptr<Plan>> Plan::make(const FieldPolicy& policy,
                                         const std::vector<std::string>& wanted) {
  auto plan = std::make_unique<Plan>();
  Uses uses = uses_of(policy, *plan);
  add_wanted(uses, policy, wanted);
  for (auto& [path, list] : uses) {
    const int leaf = static_cast<int>(plan->leaves.size());
    plan->leaves.push_back({path, rule_name(path), policy.hashes(path), std::move(list)});
    PlanNode::Child* child = nullptr;
    if (policy.literal_names) {
      child = TRY(plan->root.add(path));
    } else {
      child = TRY(child_at(plan->root, path));
    }
    child->leaf = leaf;
    TRY_VOID(add_to_bags(*plan, policy, path, leaf));
  }
  return plan;
}

}  // namespace proviso::intake
