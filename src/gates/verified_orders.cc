// SPDX-License-Identifier: Apache-2.0
#include "gates/verified_orders.h"

#include <algorithm>
#include <set>
#include <span>

#include "base/in_parallel.h"
#include "gates/proven_entry.h"
#include "model/in_force.h"

namespace proviso::gates {
namespace {

using model::ProvenOrder;

class Verifier {
 public:
  explicit Verifier(OrderGround on) : on_(std::move(on)) {}

  Result<VerifiedOrders> run(const std::vector<ProvenOrder>& governance,
                             const std::vector<ProvenOrder>& all) {
    std::vector<const ProvenOrder*> restrictions;
    for (const ProvenOrder& order : all) restrictions.push_back(&order);
    std::sort(restrictions.begin(), restrictions.end(),
              [](const auto* a, const auto* b) { return a->entry.index < b->entry.index; });
    std::span<const ProvenOrder* const> rest = restrictions;
    for (const ProvenOrder& change : governance) {
      const auto before = static_cast<std::size_t>(
          std::find_if(rest.begin(), rest.end(),
                       [&](const auto* r) { return r->entry.index >= change.entry.index; }) -
          rest.begin());
      TRY_VOID(read_restrictions(rest.first(before)));
      rest = rest.subspan(before);
      if (change.entry.index <= on_.history->last_entry) {
        return fail(Errc::denied, "governance: not in ledger order (I2)");
      }
      TRY_VOID(read_change(change));
    }
    TRY_VOID(read_restrictions(rest));
    return VerifiedOrders{std::move(out_), std::move(on_.history)};
  }

 private:
  Result<void> read_change(const ProvenOrder& proven) {
    const auto applied = try_change(proven);
    if (applied) return {};
    return fail_in(order_name("governance order", sha256(proven.order.canonical)), applied.error());
  }

  Result<void> try_change(const ProvenOrder& proven) {
    const model::Entry entry = TRY(proven_in_force(proven, on_.checkpoint, on_.trust));
    auto next = std::make_shared<GovernanceHistory>(*on_.history);
    TRY_VOID(next->governance.apply(proven.order, entry.time));
    next->changes.push_back({proven.order, entry.time});
    next->last_entry = proven.entry.index;
    on_.history = std::move(next);
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
      out_.push_back(*std::move(verified[i]));
    }
    return {};
  }

  [[nodiscard]] Result<VerifiedRestriction> read_restriction(const ProvenOrder& proven) const {
    const model::Entry entry = TRY(proven_in_force(proven, on_.checkpoint, on_.trust));
    if (!proven.order.order.restriction) return fail(Errc::denied, "does not restrict (I3)");
    const Digest& pinned = proven.order.order.restriction->catalogue;
    const auto catalogue =
        std::find_if(on_.catalogues.begin(), on_.catalogues.end(),
                     [&](const model::Catalogue& c) { return c.digest() == pinned; });
    if (catalogue == on_.catalogues.end()) {
      return fail(Errc::denied, "the catalogue that it pins is not in the snapshot (I3)");
    }
    const Time in_force_at = std::max(entry.time, on_.history->governance.latest_change());
    TRY_VOID(
        model::check_restriction(proven.order, on_.history->governance, *catalogue, in_force_at));
    return VerifiedRestriction{
        .order = proven.order,
        .digest = sha256(proven.order.canonical),
        .entry_index = proven.entry.index,
        .in_force_at = in_force_at,
        .catalogue = static_cast<std::size_t>(catalogue - on_.catalogues.begin())};
  }

  OrderGround on_;
  std::vector<VerifiedRestriction> out_;
  std::set<Digest> seen_;
};

}  // namespace

Result<VerifiedOrders> verify_orders(const std::vector<ProvenOrder>& governance,
                                     const std::vector<ProvenOrder>& restrictions,
                                     OrderGround ground) {
  return Verifier(std::move(ground)).run(governance, restrictions);
}

}  // namespace proviso::gates
