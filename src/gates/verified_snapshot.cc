// SPDX-License-Identifier: Apache-2.0
#include "gates/verified_snapshot.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/in_parallel.h"
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
    std::span<const ProvenOrder* const> rest = restrictions;
    for (const ProvenOrder& change : snapshot_.governance) {
      const auto before = static_cast<std::size_t>(
          std::find_if(rest.begin(), rest.end(),
                       [&](const auto* r) { return r->entry.index >= change.entry.index; }) -
          rest.begin());
      TRY_VOID(read_restrictions(rest.first(before)));
      rest = rest.subspan(before);
      if (change.entry.index <= latest) {
        return fail(Errc::denied, "governance: not in ledger order (I2)");
      }
      latest = change.entry.index;
      TRY_VOID(read_change(change));
    }
    return read_restrictions(rest);
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

  // Between two changes of governance: all are judged by the same authority, and none rests on
  // another, so that they can be verified on all processors. The first that is wrong is told.
  Result<void> read_restrictions(std::span<const ProvenOrder* const> group) {
    std::vector<Result<VerifiedRestriction>> verified(group.size());
    in_parallel(group.size(), [&](std::size_t i) { verified[i] = read_restriction(*group[i]); });
    for (std::size_t i = 0; i < group.size(); ++i) {
      if (!verified[i]) {
        return fail_in(order_name("restriction", sha256(group[i]->order.canonical)),
                       verified[i].error());
      }
      if (!seen_.insert(verified[i]->digest).second) {
        return fail_in(order_name("restriction", verified[i]->digest),
                       Error{Errc::denied, "stands twice (I3)"});
      }
      out_.restrictions.push_back(*std::move(verified[i]));
    }
    return {};
  }

  [[nodiscard]] Result<VerifiedRestriction> read_restriction(const ProvenOrder& proven) const {
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
    return VerifiedRestriction{
        .order = proven.order,
        .digest = sha256(proven.order.canonical),
        .entry_index = proven.entry.index,
        .in_force_at = in_force_at,
        .catalogue = static_cast<std::size_t>(catalogue - out_.catalogues.begin())};
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
