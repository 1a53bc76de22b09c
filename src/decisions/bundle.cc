// SPDX-License-Identifier: Apache-2.0
#include "decisions/order_store.h"
#include "decisions/orders.h"
#include "decisions/proof_head.h"
#include "ledger/proof.h"

namespace proviso::decisions {

Result<model::OrderBundle> Orders::bundle(const Digest& digest,
                                          const std::optional<std::string>& cosigned) {
  const OrderRow row = TRY(find(digest));
  if (row.in_force_entry.empty()) {
    return fail(Errc::conflict, "the order is " + row.state + ": only one in force can be proven");
  }
  cases::Database& database = record_.database();
  // All proofs lead to this one checkpoint, whatever is appended meanwhile.
  const std::uint64_t index = TRY(record_.index_of(model::EntryId(row.in_force_entry)));
  const ledger::LogHead head = TRY(proof_head(*record_.log(), index + 1, cosigned));
  model::OrderBundle out;
  out.order = row.signed_order;
  const model::ProvenEntry entry = TRY(prove(row.in_force_entry, head.size));
  out.entry = entry.bytes;
  out.proof = ledger::format_tlog_proof({entry.index, head.size, entry.path}, head.checkpoint);
  const std::string genesis = TRY(read_genesis_entry(database));
  out.genesis = TRY(prove(genesis, head.size));
  for (const OrderRow& change : TRY(governance_orders())) {
    // One after the order's entry decided nothing about it, and the checkpoint need not cover it.
    if (TRY(record_.index_of(model::EntryId(change.in_force_entry))) >= index) continue;
    model::ProvenOrder order = TRY(proven(change, head.size));
    out.governance.push_back(std::move(order));
  }
  if (row.signed_order.order.restriction) {
    const std::string text =
        TRY(read_document(database, row.signed_order.order.restriction->catalogue));
    out.catalogue = TRY(parse_json(text));
  }
  return out;
}

}  // namespace proviso::decisions
