// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "rules/resolved.h"

namespace proviso::rules {

/// Adds each filter's condition to the rules that it is for: those that it names, or all, of its
/// log source or a part of it. Never to correlations. What a filter names in vain, and a filter
/// that reads as if it were the wrong way round, is warned of.
void apply_filters(const std::vector<ResolvedFilter>& filters, std::vector<ResolvedRule>& rules,
                   Diagnostics& diagnostics);

/// Whether `wide` contains `narrow`: what `wide` does not set fits all.
bool contains(const LogSource& wide, const LogSource& narrow);

}  // namespace proviso::rules
