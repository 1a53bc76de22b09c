// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ledger/witness_policy.h"
#include "model/genesis.h"
#include "model/order_bundle.h"

// Judges one order bundle (docs/formats/order-bundle.md) from a trust file alone. Robust to
// untrusted input. Any thread; no state.
namespace proviso::gates {

/// The verdict. `error_class` is "OK" or the first thing that is wrong:
///   bundle       not an order bundle: its form, or that of what it holds
///   trust        the trust file's key or witness policy cannot be read, or the genesis is not the
///                one that it names
///   checkpoint-format, checkpoint-signature, checkpoint-origin
///   cosignature, quorum     as in ledger/verify_log.h, where there is a witness policy
///   inclusion    the order's entry is not in the log under the checkpoint
///   entry        the entry is no ledger entry of this ledger, or puts another order in force, or
///                with other signatures
///   governance   a change of roster, policy or documents that its authority did not allow (I2)
///   order        too few approvals of distinct people, expired, or not what it says of itself
///                (I2, I3, I5, I6, I15)
struct BundleReport {
  bool ok = false;
  std::string error_class;
  std::string where;   ///< the member of the bundle, or the order
  std::string detail;  ///< one line for people
  // Below: what is proven, where `ok`.
  model::SignedOrder order;
  Digest digest;
  model::Standing standing;       ///< by how many it was approved, and how many it took
  std::uint64_t entry_index = 0;  ///< of the entry that put it in force
  /// That entry's time, but never before the changes of who decides that stand before it.
  Time in_force_at{};
  std::uint64_t checkpoint_size = 0;
  Digest checkpoint_root;
  std::uint64_t governance_orders = 0;  ///< changes of who decides before it, as told
  ledger::Cosigned cosigned;            ///< where there is a witness policy
};

/// What it cannot see: what stands in the log and not in the bundle. That is: a lift, and a change
/// of who decides that was left out. audit_ledger() sees both.
/// Enough witnesses of the policy have to have cosigned the checkpoint: of the one that is given,
/// else of the trust file's.
BundleReport verify_order_bundle(std::string_view text, const model::TrustRoot& trust,
                                 const ledger::WitnessPolicy* policy = nullptr);

/// What a good report says, in lines for people. Always the same text for the same report.
std::string bundle_in_words(const BundleReport& report);

}  // namespace proviso::gates
