// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "gates/verified_orders.h"

namespace proviso::gates {

/// What a snapshot proves under a trust root. Self-contained; holds nothing of its source.
struct VerifiedSnapshot {
  std::uint64_t checkpoint_size = 0;
  Digest checkpoint_root;
  /// Told by whoever made the snapshot; proven by nothing.
  Time made_at{};
  model::Genesis genesis;
  model::Governance governance;
  std::shared_ptr<const GovernanceHistory> history;  ///< what `governance` was made of
  std::vector<model::Catalogue> catalogues;
  std::vector<VerifiedRestriction> restrictions;  ///< in ledger order
};

/// Verifies all of I2 and I3 from `trust` alone: the checkpoint's signature, the genesis, every
/// governance order in ledger order, every restriction's entry, approvals and catalogue.
///
/// Errors begin with the order concerned ("restriction 0a1b2c3d4e5f: ...") and name the invariant;
/// one bad order refuses the whole snapshot. Any thread; no state. Where there are many orders,
/// threads of its own help, one for each processor; all have ended when it returns.
///
/// Witnesses are not asked for: ledger::judge_witnesses() on the checkpoint does, as Gate::load()
/// and audit_ledger() have it, because a snapshot without them may still ease (I5).
///
/// What it cannot see: an entry that the snapshot leaves out, such as a lift or a removed approver.
/// audit_ledger (ledger_audit.h) holds a snapshot against the whole log for that.
Result<VerifiedSnapshot> verify_snapshot(const model::GateSnapshot& snapshot,
                                         const model::TrustRoot& trust);

}  // namespace proviso::gates
