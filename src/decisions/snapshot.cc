// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <set>

#include "decisions/order_store.h"
#include "decisions/orders.h"
#include "decisions/proof_head.h"
#include "decisions/stages.h"

namespace proviso::decisions {

Result<std::vector<OrderRow>> Orders::governance_orders() {
  return read_orders(record_.database(),
                     "JOIN outbox ON outbox.entry = orders.in_force_entry "
                     "WHERE orders.kind NOT IN ('restrict','lift') ORDER BY outbox.seq");
}

// Those in force that have not ended by themselves (I5) and may be known to gates (I11).
Result<std::vector<OrderRow>> Orders::enforced(Time now) {
  std::vector<OrderRow> out;
  for (OrderRow& row : TRY(in_force())) {
    const model::Restriction& r = *row.signed_order.order.restriction;
    const Time in_force_at = TRY(parse_time(row.in_force_at));
    if (r.until && *r.until <= now) continue;
    if (known_to_gates_from(r, in_force_at) > now) continue;
    out.push_back(std::move(row));
  }
  return out;
}

Result<std::uint64_t> Orders::covering(const std::vector<OrderRow>& rows) {
  std::uint64_t size = 1;  // the genesis
  for (const OrderRow& row : rows) {
    const std::uint64_t index = TRY(record_.index_of(model::EntryId(row.in_force_entry)));
    size = std::max(size, index + 1);
  }
  return size;
}

Result<model::GateSnapshot> Orders::snapshot(const std::optional<std::string>& cosigned) {
  model::GateSnapshot out;
  out.ledger = record_.origin();
  out.made_at = floor_second(record_.now());
  const auto governance = TRY(governance_orders());
  const auto restrictions = TRY(enforced(out.made_at));
  // All proofs lead to this one checkpoint, whatever is appended meanwhile. A lift needs no proof,
  // so it stands in the next snapshot also while witnesses are down (I5).
  const std::uint64_t covered = std::max(TRY(covering(governance)), TRY(covering(restrictions)));
  ledger::LogHead head = TRY(proof_head(*record_.log(), covered, cosigned));
  out.checkpoint = std::move(head.checkpoint);
  const std::string genesis_entry = TRY(read_genesis_entry(record_.database()));
  out.genesis = TRY(prove(genesis_entry, head.size));
  for (const OrderRow& row : governance) {
    model::ProvenOrder order = TRY(proven(row, head.size));
    out.governance.push_back(std::move(order));
  }
  std::set<Digest> catalogues;
  for (const OrderRow& row : restrictions) {
    model::ProvenOrder order = TRY(proven(row, head.size));
    catalogues.insert(row.signed_order.order.restriction->catalogue);
    out.restrictions.push_back(std::move(order));
  }
  for (const Digest& digest : catalogues) {
    const std::string text = TRY(read_document(record_.database(), digest));
    Json catalogue = TRY(parse_json(text));
    out.catalogues.push_back(std::move(catalogue));
  }
  return out;
}

}  // namespace proviso::decisions
