// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "model/authority.h"

namespace proviso::model {

// The file that decisions write and gates read: orders in force, and everything that proves them
// (docs/formats/snapshot.md). Owned by neither side.

/// A ledger entry and its inclusion proof under the snapshot's checkpoint.
struct ProvenEntry {
  std::string bytes;
  std::uint64_t index = 0;
  std::vector<Digest> path;  ///< leaf side first
};

/// An order, what people signed, and the `order-in-force` entry that put it in force.
struct ProvenOrder {
  SignedOrder order;
  ProvenEntry entry;
};

struct GateSnapshot {
  std::string ledger;
  Time made_at{};
  std::string checkpoint;  ///< signed note
  ProvenEntry genesis;
  std::vector<ProvenOrder> governance;  ///< in ledger order
  std::vector<Json> catalogues;         ///< every one that an order below pins
  std::vector<ProvenOrder> restrictions;
};

/// Canonical JSON, a line feed, and the SHA-256 of that JSON in hexadecimal with a line feed.
std::string write_snapshot(const GateSnapshot& snapshot);
/// `corrupt` where the digest does not fit. At most 256 MiB. Proves nothing yet: gates do that.
Result<GateSnapshot> parse_snapshot(std::string_view text);

}  // namespace proviso::model
