// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rules/expression.h"
#include "rules/reader.h"
#include "rules/resolved.h"

namespace proviso::rules {

/// One detection item as an expression. Nothing, and an error with the value's place, where a value
/// cannot be compiled: a placeholder that is left, an unsupported regular expression, no network.
std::optional<Expression> compile_item(const ResolvedItem& item, const ReadContext& context);

}  // namespace proviso::rules
