// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "rules/program.h"
#include "signals/window.h"

namespace proviso::signals {

/// Hits of the window that were let go before it began.
enum class Missing : std::uint8_t {
  none,
  some,
  some_below_zero,  ///< among their values may be some below zero
};

struct Verdict {
  enum class Holds : std::uint8_t {
    no,
    yes,
    unsure,  ///< a full or incomplete window does not tell: not assessable, and no firing
  };
  Holds holds = Holds::no;
  /// What was compared; where it is known between two bounds, the bound that decided.
  double value = 0;
};

/// Whether the correlation holds for the window that ends at its newest hit. Where a figure is
/// known between bounds, `yes` and `no` are said only if the whole range says so: gt and gte ask
/// the lower bound, lt and lte the upper, eq wants both, neq wants the limit outside. Where hits
/// are missing only lower bounds are known, and of averages and percentiles nothing.
Verdict judge(const rules::Correlation& correlation, const Window& window, Missing missing);

}  // namespace proviso::signals
