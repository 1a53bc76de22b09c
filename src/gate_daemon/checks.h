// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "gate_daemon/tally.h"
#include "gates/live_gate.h"

namespace proviso::gate_daemon {

/// The gate as front ends ask it: each answer is counted. One event loop's thread.
class Checks {
 public:
  /// Both outlive it.
  Checks(const gates::LiveGate& gate, const gates::Clocks& clocks) : gate_(gate), clocks_(clocks) {}

  [[nodiscard]] gates::Answer ask(const gates::Request& request) {
    const gates::Answer answer = gate_.check(request);
    tally_.count(answer);
    return answer;
  }
  [[nodiscard]] const gates::LiveGate& gate() const { return gate_; }
  [[nodiscard]] Tally& tally() { return tally_; }
  /// Seconds since 1970.
  [[nodiscard]] std::int64_t now() const { return clocks_.wall(); }
  /// How old the answer's snapshot is, in seconds.
  [[nodiscard]] std::int64_t age_of(const gates::Answer& answer) const {
    return std::max<std::int64_t>(0, now() - unix_seconds(answer.snapshot_made_at));
  }

 private:
  const gates::LiveGate& gate_;
  const gates::Clocks& clocks_;
  Tally tally_;
};

}  // namespace proviso::gate_daemon
