// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>

#include "base/time.h"
#include "gates/live_clock.h"

namespace proviso::gates::testing {

/// Two clocks that stand until they are told to go on. Any thread.
class ManualClocks final : public Clocks {
 public:
  explicit ManualClocks(Time wall) : wall_(unix_seconds(wall)) {}
  [[nodiscard]] std::int64_t wall() const noexcept override { return wall_; }
  [[nodiscard]] std::int64_t steady() const noexcept override { return steady_; }
  /// Time goes by.
  void pass(std::int64_t seconds) {
    wall_ += seconds;
    steady_ += seconds;
  }
  void pass_until(Time wall) { pass(unix_seconds(wall) - wall_); }
  /// Somebody sets the clock.
  void step(std::int64_t seconds) { wall_ += seconds; }

 private:
  std::atomic<std::int64_t> wall_;
  std::atomic<std::int64_t> steady_ = 1000;
};

}  // namespace proviso::gates::testing
