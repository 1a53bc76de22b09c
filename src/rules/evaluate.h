// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rules/event_view.h"
#include "rules/expression.h"

namespace proviso::rules {

/// Whether the expression holds for the event: the plain definition, part by part.
bool evaluate(const Expression& expression, EventView& event);
bool evaluate_test(const Test& test, EventView& event);

/// A number, or text that is one as a whole.
std::optional<double> number_of(const Value& value);

}  // namespace proviso::rules
