// SPDX-License-Identifier: Apache-2.0
#include "gates/verified_bundle.h"

#include <algorithm>
#include <expected>
#include <utility>

#include "gates/proven_entry.h"
#include "gates/trusted_policy.h"
#include "ledger/finding.h"
#include "ledger/proof.h"
#include "model/catalogue.h"
#include "model/governance.h"
#include "model/in_force.h"
#include "model/order_words.h"

namespace proviso::gates {
namespace {

using ledger::Finding;
using Check = std::expected<void, Finding>;

std::unexpected<Finding> found(std::string error_class, std::string where, const Error& error) {
  return std::unexpected(Finding{std::move(error_class), std::move(where), error.message});
}

std::unexpected<Finding> found(std::string error_class, std::string where, std::string what) {
  return std::unexpected(Finding{std::move(error_class), std::move(where), std::move(what)});
}

bool same(const model::Signature& a, const model::Signature& b) {
  return a.key_id == b.key_id && a.bytes == b.bytes;
}

// The envelope holds the signatures that the ledger has, each once and in its order: nobody can add
// one, leave one out, or put one in another's place afterwards.
Check check_signatures(const model::SignedOrder& told, const model::SignedOrder& logged) {
  if (told.proposal.has_value() != logged.proposal.has_value() ||
      (told.proposal && !same(*told.proposal, *logged.proposal))) {
    return found("entry", "proposal", "not the signature that the ledger entry names");
  }
  if (!std::ranges::equal(told.approvals, logged.approvals, same)) {
    return found("entry", "approvals.signatures", "not the signatures that the ledger entry names");
  }
  return {};
}

/// Works through a bundle from the trust root to the order.
class Verifier {
 public:
  Verifier(const model::OrderBundle& bundle, const model::TrustRoot& trust,
           const ledger::WitnessPolicy* policy)
      : bundle_(bundle), trust_(trust), policy_(policy) {}

  Check run(BundleReport& out) {
    if (auto done = open_proof(); !done) return done;
    if (auto done = read_governance(); !done) return done;
    if (auto done = read_entry(); !done) return done;
    if (auto done = judge_order(); !done) return done;
    out.order = bundle_.order;
    out.digest = sha256(bundle_.order.canonical);
    out.standing = standing_;
    out.entry_index = proof_.index;
    out.in_force_at = in_force_at_;
    out.checkpoint_size = checkpoint_.size;
    out.checkpoint_root = checkpoint_.root;
    out.governance_orders = bundle_.governance.size();
    out.cosigned = cosigned_;
    return {};
  }

 private:
  Check open_proof() {
    const auto key = ledger::NoteVerifier::parse(trust_.ledger_key);
    if (!key) return found("trust", "ledger_key", key.error());
    auto proof = ledger::parse_tlog_proof(bundle_.proof);
    if (!proof) return found("bundle", "proof", proof.error());
    proof_ = std::move(*proof);
    auto checkpoint =
        ledger::open_as("checkpoint", "proof", proof_.checkpoint, *key, trust_.ledger);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    checkpoint_ = std::move(*checkpoint);
    auto cosigned = ledger::judge_witnesses("proof", proof_.checkpoint, policy_);
    if (!cosigned) return std::unexpected(cosigned.error());
    cosigned_ = std::move(*cosigned);
    const auto included =
        ledger::verify_inclusion(proof_.index, checkpoint_.size, ledger::leaf_hash(bundle_.entry),
                                 proof_.hashes, checkpoint_.root);
    if (!included) return found("inclusion", "entry", included.error());
    return {};
  }

  Check read_governance() {
    auto genesis = proven_genesis(bundle_.genesis, checkpoint_, trust_);
    if (!genesis) return found("trust", "genesis", genesis.error());
    governance_ = model::Governance::from(*genesis);
    std::uint64_t latest = 0;
    for (std::size_t i = 0; i < bundle_.governance.size(); ++i) {
      const model::ProvenOrder& change = bundle_.governance[i];
      const std::string where = "governance[" + std::to_string(i) + "]";
      if (change.entry.index <= latest || change.entry.index >= proof_.index) {
        return found("governance", where, "not in ledger order before the order's entry (I2)");
      }
      latest = change.entry.index;
      const auto applied = apply(change);
      if (!applied) return found("governance", where, applied.error());
    }
    return {};
  }

  Result<void> apply(const model::ProvenOrder& change) {
    const model::Entry entry = TRY(proven_in_force(change, checkpoint_, trust_));
    TRY_VOID(governance_.apply(change.order, entry.time));
    return {};
  }

  Check read_entry() {
    const auto entry = trusted_entry(bundle_.entry, trust_);
    if (!entry) return found("entry", "entry", entry.error());
    const auto in_force = model::in_force_of(*entry, bundle_.order);
    if (!in_force) return found("entry", "entry", in_force.error());
    entry_time_ = entry->time;
    in_force_at_ = std::max(entry->time, governance_.latest_change());
    return check_signatures(bundle_.order, in_force->signed_order);
  }

  Check judge_order() {
    const auto standing = judge();
    if (!standing) return found("order", order_name(), standing.error());
    standing_ = *standing;
    return {};
  }

  Result<model::Standing> judge() {
    switch (bundle_.order.order.kind) {
      case model::OrderKind::restrict_use: {
        const model::Catalogue catalogue = TRY(model::Catalogue::parse(bundle_.catalogue));
        return model::check_restriction(bundle_.order, governance_, catalogue, in_force_at_);
      }
      case model::OrderKind::lift:
        return model::check_lift(bundle_.order, governance_, in_force_at_);
      default: return governance_.apply(bundle_.order, entry_time_);
    }
  }

  [[nodiscard]] std::string order_name() const {
    return gates::order_name("order", sha256(bundle_.order.canonical));
  }

  const model::OrderBundle& bundle_;
  const model::TrustRoot& trust_;
  const ledger::WitnessPolicy* policy_;
  ledger::TlogProof proof_;
  ledger::Cosigned cosigned_;
  ledger::Checkpoint checkpoint_;
  model::Governance governance_;
  model::Standing standing_;
  Time entry_time_{};
  Time in_force_at_{};
};

BundleReport refused(const Finding& finding) {
  BundleReport report;
  report.error_class = finding.error_class;
  report.where = finding.where;
  report.detail = finding.detail;
  return report;
}

std::string people(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " person" : " people");
}

}  // namespace

BundleReport verify_order_bundle(std::string_view text, const model::TrustRoot& trust,
                                 const ledger::WitnessPolicy* policy) {
  const auto bundle = model::parse_order_bundle(text);
  if (!bundle) return refused({"bundle", "bundle", bundle.error().message});
  const auto trusted = trusted_policy(trust);
  if (!trusted && policy == nullptr) {
    return refused({"trust", "witnesses", trusted.error().message});
  }
  if (policy == nullptr && *trusted) policy = &**trusted;
  BundleReport report;
  const Check result = Verifier(*bundle, trust, policy).run(report);
  if (!result) return refused(result.error());
  report.ok = true;
  report.error_class = "OK";
  return report;
}

std::string bundle_in_words(const BundleReport& report) {
  const model::Order& order = report.order.order;
  std::string out = "valid: the order was put in force at " + format_time(report.in_force_at) +
                    " by entry " + std::to_string(report.entry_index) + "\nApproved by " +
                    people(report.standing.valid) + ", " + std::to_string(report.standing.needed) +
                    " needed";
  if (report.standing.outside_needed > 0) {
    out += ", " + std::to_string(report.standing.outside_needed) +
           " of those from outside the organisation";
  }
  if (report.standing.own_keys < report.standing.valid) {
    const std::int64_t own_keys = report.standing.own_keys;
    out += "; " + people(own_keys) +
           (own_keys == 1 ? " with a key of their own" : " with keys of their own") +
           ", the others server-mediated";
  }
  if (order.kind != model::OrderKind::lift) out += "; proposed by another person";
  out += "\n" + model::order_in_words(order, report.digest);
  out += "Proven under the log's signed checkpoint of " + std::to_string(report.checkpoint_size) +
         " entries, root " + report.checkpoint_root.hex() + "\n";
  out +=
      "This file does not show whether the order was lifted since, nor a change of who decides "
      "that it leaves out: the whole log does.\n";
  return out;
}

}  // namespace proviso::gates
