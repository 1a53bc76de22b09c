// SPDX-License-Identifier: Apache-2.0
#include "decisions/order_store.h"
#include "decisions/orders.h"
#include "ledger/checkpoint.h"
#include "ledger/proof.h"

namespace proviso::decisions {

namespace {

// The cosigned checkpoint, if it is this log's and has entry `index`; else the newest.
Result<ledger::LogHead> head_over(ledger::Log& log, std::uint64_t index,
                                  const std::optional<std::string>& cosigned) {
  if (cosigned) {
    const auto checkpoint = ledger::open_checkpoint(*cosigned, log.verifier(), log.origin());
    if (checkpoint && checkpoint->size > index && checkpoint->size <= log.size()) {
      return ledger::LogHead{.checkpoint = *cosigned, .size = checkpoint->size};
    }
  }
  return log.head();
}

}  // namespace

Result<model::OrderBundle> Orders::bundle(const Digest& digest,
                                          const std::optional<std::string>& cosigned) {
  const OrderRow row = TRY(find(digest));
  if (row.in_force_entry.empty()) {
    return fail(Errc::conflict, "the order is " + row.state + ": only one in force can be proven");
  }
  cases::Database& database = record_.database();
  // All proofs lead to this one checkpoint, whatever is appended meanwhile.
  const std::uint64_t index = TRY(record_.index_of(model::EntryId(row.in_force_entry)));
  const ledger::LogHead head = TRY(head_over(*record_.log(), index, cosigned));
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
