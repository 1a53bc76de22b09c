// SPDX-License-Identifier: Apache-2.0
#include "gates/verified_snapshot.h"

#include "gates/proven_entry.h"
#include "gates/table_layout.h"

namespace proviso::gates {
namespace {

Result<std::vector<model::Catalogue>> read_catalogues(const std::vector<Json>& documents) {
  if (documents.size() > layout::kCataloguesMax) {
    return fail(Errc::exhausted, "catalogues: more than 65535");
  }
  std::vector<model::Catalogue> out;
  for (const Json& document : documents) {
    model::Catalogue catalogue = TRY(model::Catalogue::parse(document));
    out.push_back(std::move(catalogue));
  }
  return out;
}

}  // namespace

Result<VerifiedSnapshot> verify_snapshot(const model::GateSnapshot& snapshot,
                                         const model::TrustRoot& trust) {
  if (snapshot.ledger != trust.ledger) {
    return fail(Errc::denied, "the snapshot is of another ledger than the trust file (I2)");
  }
  const ledger::Checkpoint checkpoint = TRY(trusted_checkpoint(snapshot.checkpoint, trust));
  VerifiedSnapshot out;
  auto genesis = proven_genesis(snapshot.genesis, checkpoint, trust);
  if (!genesis) return fail_in("genesis", genesis.error());
  out.genesis = std::move(*genesis);
  out.catalogues = TRY(read_catalogues(snapshot.catalogues));
  auto founding = std::make_shared<GovernanceHistory>();
  founding->genesis = snapshot.genesis.bytes;
  founding->governance = model::Governance::from(out.genesis);
  auto verified = TRY(verify_orders(snapshot.governance, snapshot.restrictions,
                                    {.checkpoint = checkpoint,
                                     .trust = trust,
                                     .catalogues = out.catalogues,
                                     .history = std::move(founding)}));
  out.restrictions = std::move(verified.restrictions);
  out.history = std::move(verified.history);
  out.governance = out.history->governance;
  out.checkpoint_size = checkpoint.size;
  out.checkpoint_root = checkpoint.root;
  out.made_at = snapshot.made_at;
  return out;
}

}  // namespace proviso::gates
