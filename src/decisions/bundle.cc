// SPDX-License-Identifier: Apache-2.0
#include "decisions/order_store.h"
#include "decisions/orders.h"
#include "ledger/proof.h"

namespace proviso::decisions {

Result<model::OrderBundle> Orders::bundle(const Digest& digest) {
  const OrderRow row = TRY(find(digest));
  if (row.in_force_entry.empty()) {
    return fail(Errc::conflict, "the order is " + row.state + ": only one in force can be proven");
  }
  cases::Database& database = record_.database();
  // All proofs lead to this one checkpoint, whatever is appended meanwhile.
  const ledger::LogHead head = TRY(record_.log()->head());
  model::OrderBundle out;
  out.order = row.signed_order;
  const model::ProvenEntry entry = TRY(prove(row.in_force_entry, head.size));
  out.entry = entry.bytes;
  out.proof = ledger::format_tlog_proof({entry.index, head.size, entry.path}, head.checkpoint);
  const std::string genesis = TRY(read_genesis_entry(database));
  out.genesis = TRY(prove(genesis, head.size));
  const auto changes =
      TRY(read_orders(database,
                      "JOIN outbox ON outbox.entry = orders.in_force_entry "
                      "WHERE orders.kind NOT IN ('restrict','lift') ORDER BY outbox.seq"));
  for (const OrderRow& change : changes) {
    model::ProvenOrder order = TRY(proven(change, head.size));
    if (order.entry.index < entry.index) out.governance.push_back(std::move(order));
  }
  if (row.signed_order.order.restriction) {
    const std::string text =
        TRY(read_document(database, row.signed_order.order.restriction->catalogue));
    out.catalogue = TRY(parse_json(text));
  }
  return out;
}

}  // namespace proviso::decisions
