// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proviso::signals {

/// A number that lies between two others; both are the number where it is known exactly.
struct Between {
  double lower = 0;
  double upper = 0;
  [[nodiscard]] bool is_exact() const { return lower == upper; }
};

}  // namespace proviso::signals
