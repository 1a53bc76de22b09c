// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "ledger/checkpoint.h"
#include "model/entry.h"
#include "model/gate_snapshot.h"
#include "model/genesis.h"

// What verified_snapshot and ledger_audit share: from bytes to an entry that is proven to be in the
// trusted ledger. Robust to untrusted input.
namespace proviso::gates {

/// "restriction 0a1b2c3d4e5f": how errors name an order. The prefix tells it apart, no more.
std::string order_name(std::string_view kind, const Digest& digest);

/// Parses a leaf and holds its ledger's name against the trusted one.
Result<model::Entry> trusted_entry(std::string_view bytes, const model::TrustRoot& trust);

/// trusted_entry(), and the inclusion proof under `checkpoint` (I2).
Result<model::Entry> proven_entry(const model::ProvenEntry& proven,
                                  const ledger::Checkpoint& checkpoint,
                                  const model::TrustRoot& trust);

/// The founding: the trusted digest, of kind genesis, naming the trusted ledger and key.
Result<model::Genesis> trusted_genesis(std::string_view bytes, const model::TrustRoot& trust);

/// The founding, proven to be entry 0 under `checkpoint`.
Result<model::Genesis> proven_genesis(const model::ProvenEntry& proven,
                                      const ledger::Checkpoint& checkpoint,
                                      const model::TrustRoot& trust);

/// That the ledger put exactly this order in force (I3). Its approvals are checked apart.
Result<model::Entry> proven_in_force(const model::ProvenOrder& proven,
                                     const ledger::Checkpoint& checkpoint,
                                     const model::TrustRoot& trust);

/// The checkpoint, signed by the trusted key for the trusted origin.
Result<ledger::Checkpoint> trusted_checkpoint(std::string_view note, const model::TrustRoot& trust);

}  // namespace proviso::gates
