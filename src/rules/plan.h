// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "rules/event_view.h"
#include "rules/expression.h"

namespace proviso::rules {

/// An expression laid out for evaluation: one array, cheap tests before dear ones. The answer is
/// that of evaluate(), whatever the order: tests have no effects.
///
/// Refers to the expression, which must outlive it. Immutable, any thread.
class Plan {
 public:
  /// Of nothing; holds() may not be asked.
  Plan() = default;
  explicit Plan(const Expression& expression);
  [[nodiscard]] bool holds(EventView& event) const { return holds(0, event); }

 private:
  struct Node {
    Expression::Kind kind = Expression::Kind::test;
    std::uint32_t end = 0;  ///< behind the last node of this part
    const Test* test = nullptr;
  };
  void add(const Expression& expression);
  [[nodiscard]] bool holds(std::uint32_t at, EventView& event) const;
  std::vector<Node> nodes_;
};

}  // namespace proviso::rules
