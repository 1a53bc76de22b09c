// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "decisions/orders.h"

namespace proviso::decisions {

// Orders and the operator's documents as they stand in the store.

Result<OrderRow> read_order(cases::Database& database, const std::string& digest);
/// Orders with this state and one of these kinds, in the order in which they came into force.
Result<std::vector<OrderRow>> read_orders(cases::Database& database, std::string_view where);

/// Remembers which subscriptions and services a restriction names. With its row in `orders`.
Result<void> store_scope(cases::Database& database, const std::string& digest,
                         const model::Restriction& restriction);
/// A restriction that came into force, and when a lift ended it.
struct PastOrder {
  model::Order order;
  Time in_force_at{};
  std::optional<Time> lifted_at;
};
/// Those that name a subscription and service of `scope`, whatever regions, classes or resources;
/// each once. The cost grows with what is found, not with how many orders there are.
Result<std::vector<PastOrder>> past_orders_naming(cases::Database& database,
                                                  const std::vector<model::ScopeLine>& scope);

/// Stores a document under its digest; fine where it is there.
Result<void> store_document(cases::Database& database, std::string_view kind,
                            const std::string& content, const Digest& digest);
Result<std::string> read_document(cases::Database& database, const Digest& digest);

/// The genesis as it was sealed; conflict before that.
Result<model::Genesis> read_genesis(cases::Database& database);
/// The genesis and every governance order in force, in ledger order; conflict before the seal.
Result<model::Governance> read_governance(cases::Database& database);
/// The id of the genesis entry.
Result<std::string> read_genesis_entry(cases::Database& database);

}  // namespace proviso::decisions
