// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "gates/packed_table.h"

namespace proviso::gates {

/// The two clocks of a machine, in whole seconds. Any thread; tests have clocks of their own.
class Clocks {
 public:
  virtual ~Clocks() = default;
  /// UTC, since 1970. It can be set.
  [[nodiscard]] virtual std::int64_t wall() const noexcept = 0;
  /// Since some moment. It only goes on; it stands while the machine sleeps.
  [[nodiscard]] virtual std::int64_t steady() const noexcept = 0;
};

/// The machine's own, as of its last tick (1 to 10 ms): 6 ns a call.
class SystemClocks final : public Clocks {
 public:
  [[nodiscard]] std::int64_t wall() const noexcept override;
  [[nodiscard]] std::int64_t steady() const noexcept override;
};

/// What time it is for stages and ends, guarded against a wall clock that jumps.
///
/// The wall clock is held against where the steady clock says that it should be. Within
/// kStepSeconds it is believed. Beyond, nobody can tell from here which of them is right, so both
/// are given, and an order counts with the laxer of its effects at both: a clock that is set
/// forward begins no stage early, one that is set back ends nothing late. When they have disagreed
/// for kAdoptSeconds the wall clock is believed again (a machine that slept, a clock that was put
/// right).
///
/// now(): any thread, wait-free. tick(): one thread at a time, about once a second.
class LiveClock {
 public:
  static constexpr std::int64_t kStepSeconds = 2;
  static constexpr std::int64_t kAdoptSeconds = 3600;

  /// `last_seen`: the wall clock when the gate last ran; a wall clock before it is in doubt.
  LiveClock(const Clocks& clocks, std::optional<std::int64_t> last_seen);
  [[nodiscard]] Instants now() const noexcept;
  void tick() noexcept;
  /// By how much the wall clock is ahead of the steady one; 0 within kStepSeconds.
  [[nodiscard]] std::int64_t step() const noexcept;

 private:
  const Clocks& clocks_;
  std::atomic<std::int64_t> ahead_;          // what the steady clock lacks to be the time
  std::optional<std::int64_t> doubt_began_;  // steady
  std::int64_t doubted_ = 0;                 // the step then
};

}  // namespace proviso::gates
