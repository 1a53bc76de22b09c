// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "model/authority.h"

// What a gate's snapshot and an order bundle are made of (docs/formats/snapshot.md). Readers prove
// nothing; gates do.
namespace proviso::model {

/// A ledger entry and its inclusion proof under a checkpoint that stands beside it.
struct ProvenEntry {
  std::string bytes;
  std::uint64_t index = 0;
  std::vector<Digest> path;  ///< leaf side first
};
Json proven_entry_to_json(const ProvenEntry& entry);
Result<ProvenEntry> proven_entry_from_json(const Json& value, const std::string& where);

/// An order, what people signed, and the `order-in-force` entry that put it in force.
struct ProvenOrder {
  SignedOrder order;
  ProvenEntry entry;
};
Json proven_order_to_json(const ProvenOrder& proven);
/// Errors begin with "NAME[I]".
Result<std::vector<ProvenOrder>> proven_orders_from_json(const Json::Array& items,
                                                         std::string_view name);

}  // namespace proviso::model
