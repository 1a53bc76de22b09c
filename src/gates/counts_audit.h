// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gates/gate_counts.h"
#include "gates/ledger_audit.h"
#include "gates/verified_snapshot.h"
#include "model/rollout.h"

// Whether an order stands behind everything that a gate says it refused. What is refused without
// one, or by one that the ledger does not know, is a cut that is not in the ledger: an alarm (I2).
namespace proviso::gates {

/// When an order may have restricted anything.
struct OrderSpan {
  Time from{};
  std::optional<Time> until;  ///< lifted, or over by its own end
  /// Where a snapshot tells it: before its time there a gate enforces nothing of the order.
  std::optional<model::Rollout> rollout = {};
};
using KnownOrders = std::map<Digest, OrderSpan>;

/// Of a log that was audited: from an order's entry to its lift. Its own end is not public.
KnownOrders known_orders(const AuditReport& log);
/// Of a snapshot: from an order's first effect to its end. It lacks what was lifted before it was
/// made, and what came after.
KnownOrders known_orders(const VerifiedSnapshot& snapshot);
/// The log's orders, each in the narrower of both spans where the snapshot has it too.
KnownOrders narrowed(KnownOrders log, const KnownOrders& snapshot);

/// A gate's clock may be off, and a lift takes its time to reach it.
inline constexpr Duration kCountsGrace = std::chrono::minutes{1};

/// The classes are a contract (docs/formats/gate-counts.md):
///   without-order   it refused with a snapshot and no order
///   without-state   it refused without any snapshot: the owner's choice, but no order's
///   unknown-order   it names an order that is not known
///   not-in-force    it names one that was not in force at any time of that hour, or only in shadow
///                   at this gate
///   unnamed-orders  it counted orders without naming them
struct CountsAlarm {
  std::string error_class;
  std::optional<Digest> order;
  std::uint64_t requests = 0;
  std::string detail;  ///< one line for people
};

/// Empty where an order stands behind everything. What is counted in shadow was done to nobody, and
/// is passed over. Pure.
std::vector<CountsAlarm> judge_counts(const GateCounts& counts, const KnownOrders& known);
/// The same for whoever knows no orders: `without-order` and `without-state` alone.
std::vector<CountsAlarm> judge_counts(const GateCounts& counts);

}  // namespace proviso::gates
