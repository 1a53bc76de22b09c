// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/result.h"
#include "rules/program.h"

namespace proviso::rules {

/// The steps and ways of a temporal_ordered correlation, from its refs and its condition or
/// thresholds:
/// - neither: all rules, in the order of `rules`;
/// - thresholds: so many of them in that order, others left out;
/// - a condition: the rules that it names, in the order of `rules`; what stands under `not` must
/// not
///   have occurred in the window at all. Each way through an `or` is a sequence of its own.
/// An error text where there are too many ways, or none.
Result<void> make_order(Correlation& correlation);

}  // namespace proviso::rules
