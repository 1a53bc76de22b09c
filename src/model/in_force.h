// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "model/authority.h"
#include "model/entry.h"

namespace proviso::model {

// The public part of an `order-in-force` entry. A restriction shows only its digest (who is cut is
// not to be learnt from the log, I11); lifts and governance orders stand there in full, so that
// anyone can follow the chain from the genesis.

/// {"order":HEX,"kind":KIND,"proposal":SIG|null,"approvals":[SIG...],"document":ORDER|null}, and
/// "emergency":true where the order is one: else nobody could tell from the log how many had to
/// sign, nor count how often it was used.
/// "seals" where entries about it were sealed before: how many, and by when they will be open.
struct OrderSeals {
  std::int64_t count = 0;  ///< 1 or more
  Time open_by{};
};
Json in_force_public(const SignedOrder& order, const std::optional<OrderSeals>& seals = {});

struct InForce {
  Digest order;
  OrderKind kind = OrderKind::restrict_use;
  /// For lifts and governance orders, complete; for restrictions only the signatures.
  SignedOrder signed_order;
  bool has_document = false;
  bool emergency = false;
  std::optional<OrderSeals> seals;  ///< only of a restriction
  std::optional<Digest> about;      ///< its tag (model/index_tag.h); only of a restriction or lift
};
/// Refuses a document whose digest is not `order`, and a lift or governance order without one.
Result<InForce> parse_in_force(const Json& public_part);

/// What the entry says, if it put exactly this order in force (I3), says truly whether it is an
/// emergency, and its seals are to be opened within kOpenWithin of its first effect; else `denied`.
/// Signatures are checked apart.
Result<InForce> in_force_of(const Entry& entry, const SignedOrder& order);

}  // namespace proviso::model
