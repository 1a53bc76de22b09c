// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/digest.h"
#include "model/proven_order.h"

namespace proviso::model {

// The file that decisions write and gates read: orders in force, and everything that proves them
// (docs/formats/snapshot.md). Owned by neither side.

struct GateSnapshot {
  std::string ledger;
  Time made_at{};
  std::string checkpoint;  ///< signed note
  ProvenEntry genesis;
  std::vector<ProvenOrder> governance;  ///< in ledger order
  std::vector<Json> catalogues;         ///< every one that an order below pins
  std::vector<ProvenOrder> restrictions;
};

/// Some 140,000 orders. What a gate enforces takes a fortieth of it.
inline constexpr std::size_t kSnapshotBytesMax = 480U << 20U;

/// Canonical JSON, a line feed, and the SHA-256 of that JSON in hexadecimal with a line feed.
std::string write_snapshot(const GateSnapshot& snapshot);
/// `corrupt` where the digest does not fit. At most kSnapshotBytesMax. Proves nothing yet: gates do
/// that.
Result<GateSnapshot> parse_snapshot(std::string_view text);

}  // namespace proviso::model
