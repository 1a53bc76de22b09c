// SPDX-License-Identifier: Apache-2.0
#include "gates/verified_snapshot.h"

#include <algorithm>
#include <set>

#include "gates/proven_entry.h"
#include "model/in_force.h"

namespace proviso::gates {
namespace {

using model::ProvenOrder;

// Works through the orders in ledger order, governance and restrictions merged, so that each is
// judged by exactly the authority that stood before it.
class Verifier {
 public:
  Verifier(const model::GateSnapshot& snapshot, const model::TrustRoot& trust)
      : snapshot_(snapshot), trust_(trust) {}

  Result<VerifiedSnapshot> run() {
    if (snapshot_.ledger != trust_.ledger) {
      return fail(Errc::denied, "the snapshot is of another ledger than the trust file (I2)");
    }
    checkpoint_ = TRY(trusted_checkpoint(snapshot_.checkpoint, trust_));
    TRY_VOID(read_genesis());
    TRY_VOID(read_catalogues());
    TRY_VOID(read_orders());
    out_.checkpoint_size = checkpoint_.size;
    out_.checkpoint_root = checkpoint_.root;
    out_.made_at = snapshot_.made_at;
    return std::move(out_);
  }

 private:
  Result<void> read_genesis() {
    auto genesis = proven_genesis(snapshot_.genesis, checkpoint_, trust_);
    if (!genesis) return fail_in("genesis", genesis.error());
    out_.genesis = std::move(*genesis);
    out_.governance = model::Governance::from(out_.genesis);
    return {};
  }

  Result<void> read_catalogues() {
    for (const Json& document : snapshot_.catalogues) {
      model::Catalogue catalogue = TRY(model::Catalogue::parse(document));
      out_.catalogues.push_back(std::move(catalogue));
    }
    return {};
  }

  Result<void> read_orders() {
    std::vector<const ProvenOrder*> restrictions;
    for (const ProvenOrder& order : snapshot_.restrictions) restrictions.push_back(&order);
    std::sort(restrictions.begin(), restrictions.end(),
              [](const auto* a, const auto* b) { return a->entry.index < b->entry.index; });
    std::uint64_t latest = 0;
    auto next = restrictions.begin();
    for (const ProvenOrder& change : snapshot_.governance) {
      for (; next != restrictions.end() && (*next)->entry.index < change.entry.index; ++next) {
        TRY_VOID(read_restriction(**next));
      }
      if (change.entry.index <= latest) {
        return fail(Errc::denied, "governance: not in ledger order (I2)");
      }
      latest = change.entry.index;
      TRY_VOID(read_change(change));
    }
    for (; next != restrictions.end(); ++next) TRY_VOID(read_restriction(**next));
    return {};
  }

  Result<void> read_change(const ProvenOrder& proven) {
    const auto applied = try_change(proven);
    if (applied) return {};
    return fail_in(order_name("governance order", sha256(proven.order.canonical)), applied.error());
  }

  Result<void> try_change(const ProvenOrder& proven) {
    const model::Entry entry = TRY(proven_in_force(proven, checkpoint_, trust_));
    TRY_VOID(out_.governance.apply(proven.order, entry.time));
    return {};
  }

  Result<void> read_restriction(const ProvenOrder& proven) {
    const Digest digest = sha256(proven.order.canonical);
    const auto verified = try_restriction(proven, digest);
    if (verified) return {};
    return fail_in(order_name("restriction", digest), verified.error());
  }

  Result<void> try_restriction(const ProvenOrder& proven, const Digest& digest) {
    if (!seen_.insert(digest).second) return fail(Errc::denied, "stands twice (I3)");
    const model::Entry entry = TRY(proven_in_force(proven, checkpoint_, trust_));
    if (!proven.order.order.restriction) return fail(Errc::denied, "does not restrict (I3)");
    const Digest& pinned = proven.order.order.restriction->catalogue;
    const auto catalogue =
        std::find_if(out_.catalogues.begin(), out_.catalogues.end(),
                     [&](const model::Catalogue& c) { return c.digest() == pinned; });
    if (catalogue == out_.catalogues.end()) {
      return fail(Errc::denied, "the catalogue that it pins is not in the snapshot (I3)");
    }
    const Time in_force_at = std::max(entry.time, out_.governance.latest_change());
    TRY_VOID(model::check_restriction(proven.order, out_.governance, *catalogue, in_force_at));
    out_.restrictions.push_back(
        {.order = proven.order,
         .digest = digest,
         .entry_index = proven.entry.index,
         .in_force_at = in_force_at,
         .catalogue = static_cast<std::size_t>(catalogue - out_.catalogues.begin())});
    return {};
  }

  const model::GateSnapshot& snapshot_;
  const model::TrustRoot& trust_;
  ledger::Checkpoint checkpoint_;
  VerifiedSnapshot out_;
  std::set<Digest> seen_;
};

}  // namespace

Result<VerifiedSnapshot> verify_snapshot(const model::GateSnapshot& snapshot,
                                         const model::TrustRoot& trust) {
  return Verifier(snapshot, trust).run();
}

}  // namespace proviso::gates
