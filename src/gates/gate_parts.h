// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gates/gate.h"
#include "gates/layered_table.h"
#include "gates/verified_orders.h"

// What a gate consists of: for gate.cc, which makes it from a snapshot, and continuation.cc, which
// makes it from a gate and deltas.
namespace proviso::gates {

struct GateParts {
  model::GateState state;
  std::uint64_t waiting = 0;
  bool witnessed = true;
  std::optional<Duration> stage_freshness;
  std::string name;  ///< the gate's
  /// No stage of an order that was ever enforced begins later, whether it may or not.
  Time last_stage = Time::min();
  // What later orders are judged by; shared by the gates that follow one another.
  std::shared_ptr<const GovernanceHistory> history;
  std::shared_ptr<const std::vector<model::Catalogue>> catalogues;
  AddedOrders added;  ///< those of `table`, in its order
  LayeredTable table;
};

/// Up to when a stage that makes it stricter may begin (I10), in seconds since 1970.
std::int64_t no_stricter_after(Time made_at, std::optional<Duration> stage_freshness);
/// With the whole schedule: what begins is decided at each check.
EnforcedOrder enforced_order(const VerifiedRestriction& verified,
                             const model::Governance& governance, std::string_view gate);
/// When its last stage that restricts begins at the gate of this name.
Time last_stage_of(const VerifiedRestriction& verified, std::string_view gate);

}  // namespace proviso::gates
