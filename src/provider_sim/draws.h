// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "base/random.h"

namespace proviso::provider_sim {

/// Draws that are the same on every machine: integers only. One thread.
/// One draw in a full expression: in what order the arguments of a call are evaluated is the
/// compiler's choice, and the same seed must give the same provider with each.
class Draws {
 public:
  explicit Draws(std::uint64_t seed) : random_(seed) {}

  std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
  /// Uniform in [low, high].
  std::uint64_t between(std::uint64_t low, std::uint64_t high) {
    return low + random_.below(high - low + 1);
  }
  bool chance(std::uint32_t per_mille) { return random_.below(1000) < per_mille; }
  /// Log-normal: half of the draws lie below `median`; `sigma` is the standard deviation of the
  /// natural logarithm, in thousandths. Never 0. Tails reach to 6 standard deviations (4e-10).
  std::uint64_t log_normal(std::uint64_t median, std::uint32_t sigma);
  /// Uniform in the logarithm, in [low, high]; low > 0.
  std::uint64_t log_uniform(std::uint64_t low, std::uint64_t high);

 private:
  SeededRandom random_;
};

}  // namespace proviso::provider_sim
