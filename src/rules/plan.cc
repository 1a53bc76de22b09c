// SPDX-License-Identifier: Apache-2.0
#include "rules/plan.h"

#include <algorithm>

#include "rules/evaluate.h"

namespace proviso::rules {
namespace {

// About tens of nanoseconds.
int cost_of(const Test& test) {
  constexpr int kRegex = 30;
  constexpr int kEveryValue = 100;
  switch (test.kind) {
    case TestKind::null:
    case TestKind::exists: return 1;
    case TestKind::text: return test.pattern.shape() == TextPattern::Shape::glob ? 8 : 2;
    case TestKind::number: return 3;
    case TestKind::cidr:
    case TestKind::time_part: return 6;
    case TestKind::field_ref: return 10;
    case TestKind::regex: return kRegex;
    case TestKind::keyword: return kEveryValue;
  }
  return kEveryValue;
}

int cost_of(const Expression& e) {
  if (e.kind == Expression::Kind::test) return cost_of(e.test);
  int sum = 0;
  for (const Expression& child : e.children) sum += cost_of(child);
  return sum;
}

}  // namespace

Plan::Plan(const Expression& expression) { add(expression); }

void Plan::add(const Expression& e) {
  const std::size_t at = nodes_.size();
  nodes_.push_back({e.kind, 0, e.kind == Expression::Kind::test ? &e.test : nullptr});
  std::vector<std::pair<int, const Expression*>> children;
  for (const Expression& child : e.children) children.emplace_back(cost_of(child), &child);
  std::ranges::stable_sort(children, {}, &std::pair<int, const Expression*>::first);
  for (const auto& [cost, child] : children) add(*child);
  nodes_[at].end = static_cast<std::uint32_t>(nodes_.size());
}

bool Plan::holds(std::uint32_t at, EventView& event) const {
  const Node& node = nodes_[at];
  switch (node.kind) {
    case Expression::Kind::test: return evaluate_test(*node.test, event);
    case Expression::Kind::negation: return !holds(at + 1, event);
    case Expression::Kind::all_of:
      for (std::uint32_t c = at + 1; c < node.end; c = nodes_[c].end) {
        if (!holds(c, event)) return false;
      }
      return true;
    case Expression::Kind::any_of:
      for (std::uint32_t c = at + 1; c < node.end; c = nodes_[c].end) {
        if (holds(c, event)) return true;
      }
      return false;
  }
  return false;
}

}  // namespace proviso::rules
