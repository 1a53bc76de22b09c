// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/digest.h"
#include "base/json.h"
#include "base/time.h"
#include "model/not_affected.h"
#include "model/rollout.h"
#include "model/scope.h"

namespace proviso::model {

/// What an order does. Documents of the operator (catalogue and so on) change only by orders (I1).
enum class OrderKind : std::uint8_t {
  restrict_use,
  lift,
  roster,
  policy,
  catalogue,
  field_policy,
  rulebook,
  terms,
};
/// "restrict", "lift", "roster", "policy", "catalogue", "field-policy", "rulebook", "terms".
std::string_view to_string(OrderKind kind);
std::optional<OrderKind> parse_order_kind(std::string_view text);

/// `effect` holds from `from` until the next stage begins.
struct Stage {
  Time from{};
  Effect effect;
  bool operator==(const Stage&) const = default;
};

/// Who asked for the order. `kind`: own-review, report, court, authority, statute.
struct OrderOrigin {
  std::string kind = "own-review";
  std::string country;     ///< ISO 3166-1 alpha-2, or empty
  std::string instrument;  ///< SHA-256 of the instrument in hexadecimal, or empty
  std::optional<Time> gag_until;
  /// Whether it was asked for from outside, so that I15 wants an outside approver.
  [[nodiscard]] bool by_authority() const {
    return kind == "court" || kind == "authority" || kind == "statute";
  }
};

struct TermRef {
  TermId id;
  std::int64_t version = 1;
};

/// The members that only a `restrict` order has.
struct Restriction {
  CaseId case_id;
  std::vector<ScopeLine> scope;
  std::vector<Stage> stages;   ///< 1..16, strictly rising in time
  std::optional<Time> until;   ///< a suspension's end (I5)
  std::optional<Time> review;  ///< a termination's review date (I5)
  std::vector<TermRef> terms;
  std::vector<std::string> evidence;  ///< digests, sorted
  OrderOrigin origin;
  std::vector<std::string> protected_classes;  ///< of the customer, at the time of the proposal
  /// Why it is restricted though it is protected (I15): the digest of that text, which stands
  /// beside the order. There exactly where `protected_classes` names some.
  std::optional<Digest> protected_reason;
  bool closes_export = false;  ///< I6: wants one more approval
  /// Cuts at once by kEmergencyApprovals people, for at most kEmergencyMax (docs/formats/order.md).
  bool emergency = false;
  std::optional<Digest> ratifies;  ///< the emergency that this order goes on with
  std::optional<Rollout> rollout;  ///< where it begins in shadow, or gate by gate
  std::vector<std::string> agreements_not_affected;
  std::vector<std::string> services_not_affected;    ///< "SUB/SERVICE", as in a scope line
  std::optional<NotAffectedRest> not_affected_rest;  ///< where that is not everything
  Digest catalogue;
  Digest terms_document;
};

/// What people sign. Canonical JSON (RFC 8785); its SHA-256 is its identity
/// (docs/formats/order.md).
struct Order {
  OrderKind kind = OrderKind::restrict_use;
  std::string ledger;  ///< origin line of the ledger it belongs to
  std::string nonce;   ///< 128 random bits, 32 hexadecimal digits
  Time proposed_at{};
  Digest reason;  ///< SHA-256 of the reason's text, which stands beside the order
  std::optional<Restriction> restriction;  ///< restrict
  std::optional<Digest> lifts;             ///< lift: the order that ends
  std::optional<Json> change;  ///< roster, policy: the new one; documents: {"digest":HEX}
};

inline constexpr std::size_t kEvidenceMax = 10'000;
inline constexpr Duration kSuspensionMax = std::chrono::days{180};  // I5
inline constexpr Duration kReviewMax = std::chrono::days{366};
inline constexpr Duration kEmergencyMax = std::chrono::hours{72};
inline constexpr std::int64_t kEmergencyApprovals = 2;
/// Approvals expire: an order that is not in force this long after its proposal never will be. A
/// lift does not expire (I5).
inline constexpr Duration kDecisionMax = std::chrono::days{30};

Json order_to_json(const Order& order);
/// Refuses every order that could not have been proposed: unknown members, an empty, duplicate or
/// wildcard scope (I3), no end (I5), stages out of order.
Result<Order> order_from_json(const Json& document);
Result<Order> parse_order(std::string_view canonical);
std::string canonical_order(const Order& order);
Digest order_digest(const Order& order);

/// Whether some stage denies an export operation that the catalogue knows (I6).
bool closes_export(const Restriction& restriction, const class Catalogue& catalogue);

}  // namespace proviso::model
