// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/signing.h"
#include "cases/casework.h"
#include "cases/rollup_store.h"
#include "model/catalogue.h"
#include "model/gate_snapshot.h"
#include "model/governance.h"
#include "model/in_force.h"
#include "model/order_bundle.h"

namespace proviso::decisions {

/// What a proposer asks for.
struct Proposal {
  model::CaseId case_id;
  std::vector<model::ScopeLine> scope;
  std::vector<model::Stage> stages;
  std::optional<Time> until;
  std::optional<Time> review;
  std::vector<std::string> terms;
  std::string reason;
  std::string
      protected_reason;  ///< against a protected subject: why all the same (I15); else empty
  model::OrderOrigin origin;
  bool emergency = false;
  std::optional<Digest> ratifies;
  std::optional<model::Rollout> rollout;  ///< begins in shadow, or gate by gate
};

struct OrderRow {
  std::string digest;
  model::SignedOrder signed_order;
  std::string case_id;
  std::string reason;
  std::string protected_reason;  ///< empty but for protected subjects (I15)
  std::string state;             ///< proposed, in_force, lifted
  std::string in_force_entry;
  std::string in_force_at;
};

/// What an approval did.
struct Approved {
  model::Standing standing;
  bool in_force = false;
};

/// Orders: proposed by one, approved by k of n others, lifted by one. Checks I2, I3, I5, I6, I15
/// when an order is proposed and again when it is approved. One thread, the folder's lock held.
class Orders {
 public:
  /// Reads the governance (genesis and governance orders in force) from the store.
  static Result<Orders> open(cases::Record& record, cases::Casework& casework,
                             const model::Register& reg);

  /// Returns the digest. denied: an empty, unknown, duplicate or wildcard scope (I3), no end (I5),
  /// a key that is not on the roster (I2).
  Result<Digest> propose(const Proposal& proposal, const Signer& key);
  /// A change of roster, policy or of a document (`change` as docs/formats/order.md says). A new
  /// document's text is stored under its digest.
  Result<Digest> propose_change(model::OrderKind kind, const Json& change,
                                const std::string& document, const std::string& reason,
                                const Signer& key);
  /// Proposes to lift an order in force. Needs no key: one approver's signature lifts (I5).
  Result<Digest> propose_lift(const Digest& order, const std::string& reason);

  /// `envelope`: what `order sign` wrote. With the last signature that is needed the order comes
  /// into force, in the same store transaction.
  Result<Approved> approve(const Digest& order, std::string_view envelope);

  Result<OrderRow> find(const Digest& order);
  Result<std::vector<OrderRow>> in_force();
  /// For the approver's machine: order and reason; what `order sign` reads.
  Result<std::string> export_order(const Digest& order);
  /// Everything of the customer that the order leaves alone, as canonical JSON; its SHA-256 is what
  /// the order's `not_affected_rest` names, where it has one.
  Result<std::string> not_affected_of(const Digest& order);
  /// What gates enforce, with everything that proves it (I2). Under `cosigned`, a checkpoint with
  /// the lines of witnesses, where that is given and covers all that is proven; else the newest.
  Result<model::GateSnapshot> snapshot(const std::optional<std::string>& cosigned = std::nullopt);

  /// One order that came into force (also one that was lifted since), as a file that proves itself
  /// to whoever has a trust file. Under `cosigned`, a checkpoint with the lines of witnesses, where
  /// that is given and old enough to cover it; else under the newest. `conflict` where the order is
  /// not in force yet.
  Result<model::OrderBundle> bundle(const Digest& order,
                                    const std::optional<std::string>& cosigned = std::nullopt);

  [[nodiscard]] const model::Governance& governance() const { return governance_; }
  [[nodiscard]] const model::Catalogue& catalogue() const { return catalogue_; }

 private:
  Orders(cases::Record& record, cases::Casework& casework, const model::Register& reg,
         model::Governance governance, model::Catalogue catalogue, model::Terms terms)
      : record_(record),
        casework_(casework),
        register_(reg),
        governance_(std::move(governance)),
        catalogue_(std::move(catalogue)),
        terms_(std::move(terms)) {}

  // The texts that stand beside an order; it binds their digests.
  struct Reasons {
    std::string reason;
    std::string of_protected;
  };

  Result<model::Restriction> restriction_of(const Proposal& proposal);
  Result<cases::ServiceUse> known_scope_use(const model::CustomerId& customer,
                                            const std::vector<model::ScopeLine>& scope);
  Result<void> store_proposed(const model::SignedOrder& order, const std::string& case_id,
                              const Reasons& reasons);
  Result<std::vector<std::string>> evidence_for(const cases::CaseRow& row);
  Result<std::vector<model::TermRef>> terms_of(const cases::CaseRow& row, const Proposal& proposal);
  static Result<void> check_stages(const Proposal& proposal, Time proposed_at);
  Result<void> check_chain(const model::Order& order);
  Result<void> check_emergency(const OrderRow& row, const model::Signature& approval);
  Result<void> check_still_true(const OrderRow& row);
  Result<void> wait_for_own_second(model::OrderKind order_kind);
  Result<void> record_approval(const OrderRow& row, const model::Signature& approval);
  model::EntryId add_entry(const std::string& case_id, std::string_view entry_kind,
                           Json public_part, Json private_part);
  Result<std::optional<model::OrderSeals>> told_by(const OrderRow& row, Time now);
  Result<void> put_in_force(const OrderRow& row, const model::SignedOrder& order);
  Result<model::ProvenEntry> prove(const std::string& entry_id, std::uint64_t size);
  Result<model::ProvenOrder> proven(const OrderRow& row, std::uint64_t size);
  Result<std::vector<OrderRow>> governance_orders();  // in ledger order
  Result<std::vector<OrderRow>> enforced(Time now);
  // The size of the smallest log that has the entries of all of them, and the genesis.
  Result<std::uint64_t> covering(const std::vector<OrderRow>& rows);
  model::Order blank(model::OrderKind kind, const std::string& reason) const;

  cases::Record& record_;
  cases::Casework& casework_;
  const model::Register& register_;
  model::Governance governance_;
  model::Catalogue catalogue_;
  model::Terms terms_;
};

}  // namespace proviso::decisions
