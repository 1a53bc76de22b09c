// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ledger/checkpoint.h"
#include "model/catalogue.h"
#include "model/gate_snapshot.h"
#include "model/governance.h"

// What snapshots and deltas share: orders, proven in ledger order.
namespace proviso::gates {

/// A restriction of which everything is proven.
struct VerifiedRestriction {
  model::SignedOrder order;
  Digest digest;
  std::uint64_t entry_index = 0;
  /// When it came into force: its entry's time, but never before the governance that stands before
  /// it in the ledger, so that a back-dated entry cannot call upon approvers who were removed.
  Time in_force_at{};
  std::size_t catalogue = 0;  ///< index into VerifiedSnapshot::catalogues: the one it pins
};

/// A change of who decides or of a document, and its entry's time: what Governance::apply() takes.
struct GovernanceChange {
  model::SignedOrder order;
  Time time{};
};

/// Who could decide at each time, and what that was made of.
struct GovernanceHistory {
  std::string genesis;  ///< the bytes of entry 0
  std::vector<GovernanceChange> changes;
  std::uint64_t last_entry = 0;  ///< of the latest change; 0 where there was none
  model::Governance governance;  ///< after all of them
};

/// What orders are judged by.
struct OrderGround {
  const ledger::Checkpoint& checkpoint;
  const model::TrustRoot& trust;
  const std::vector<model::Catalogue>& catalogues;
  /// Before the changes that are verified. Shared: what no order changes is not copied.
  std::shared_ptr<const GovernanceHistory> history;
};

struct VerifiedOrders {
  std::vector<VerifiedRestriction> restrictions;     ///< in ledger order
  std::shared_ptr<const GovernanceHistory> history;  ///< with the changes
};

/// Works through the orders in ledger order, governance and restrictions merged, so that each is
/// judged by exactly the authority that stood before it.
/// Errors name the order; a digest that stands twice is one. Threads of its own help with many.
Result<VerifiedOrders> verify_orders(const std::vector<model::ProvenOrder>& governance,
                                     const std::vector<model::ProvenOrder>& restrictions,
                                     OrderGround ground);

}  // namespace proviso::gates
