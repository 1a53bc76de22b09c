// SPDX-License-Identifier: Apache-2.0
#include "gates/continuation.h"

#include <algorithm>
#include <bit>
#include <set>

#include "gates/proven_entry.h"
#include "gates/table_builder.h"
#include "gates/table_layout.h"
#include "gates/trusted_policy.h"
#include "ledger/finding.h"
#include "ledger/merkle.h"

namespace proviso::gates {
namespace {

using model::GateDelta;
using model::OrderKind;

std::unexpected<Error> needs_snapshot(const std::string& why) {
  return fail(Errc::conflict, "delta: " + why + " (send the whole snapshot)");
}

Result<void> check_witnessed(const std::string& checkpoint, const model::TrustRoot& trust) {
  const PolicyOrNone policy = TRY(trusted_policy(trust));
  if (!policy) return {};
  const auto cosigned = ledger::judge_witnesses("checkpoint", checkpoint, &*policy);
  if (cosigned) return {};
  const ledger::Finding& finding = cosigned.error();
  const std::string said = finding.error_class + " at " + finding.where + ": " + finding.detail;
  // Without witnesses it may ease; what eases is found by comparing whole snapshots (G7).
  if (finding.error_class == "quorum") return needs_snapshot(said);
  return fail(Errc::denied, "delta: " + said + " (I2)");
}

// Those that the added orders pin and `ground` has not.
Result<std::vector<model::Catalogue>> new_catalogues(const GateDelta& delta,
                                                     const std::vector<model::Catalogue>& known) {
  std::set<Digest> wanted;
  for (const model::ProvenOrder& added : delta.added) {
    if (added.order.order.restriction) wanted.insert(added.order.order.restriction->catalogue);
  }
  for (const model::Catalogue& one : known) wanted.erase(one.digest());
  std::vector<model::Catalogue> out;
  for (const Json& document : delta.catalogues) {
    model::Catalogue catalogue = TRY(model::Catalogue::parse(document));
    if (wanted.erase(catalogue.digest()) != 0) out.push_back(std::move(catalogue));
  }
  if (known.size() + out.size() > layout::kCataloguesMax) {
    return needs_snapshot("more than 65535 catalogues since the last one");
  }
  return out;
}

std::size_t count_of(const Gone& gone) {
  std::size_t out = 0;
  for (const std::uint64_t word : gone) out += static_cast<std::size_t>(std::popcount(word));
  return out;
}

void set_gone(Gone& gone, std::uint32_t order, std::size_t orders) {
  if (gone.empty()) gone.resize(orders / 64 + 1);
  gone[order / 64] |= std::uint64_t{1} << (order % 64);
}

Result<std::shared_ptr<const PackedTable>> table_of(
    const AddedOrders& added, const KeySeed& seed,
    const std::vector<model::Catalogue>& catalogues) {
  if (added.empty()) return std::shared_ptr<const PackedTable>();
  TableBuilder builder(seed);
  for (const auto& item : added) {
    const std::uint32_t number = builder.add_order(item->order);
    for (const model::ScopeLine& line : item->scope) TRY_VOID(builder.add_line(line, number));
  }
  return std::make_shared<const PackedTable>(TRY(builder.finish(catalogues)));
}

Result<Gate> gate_of(GateParts parts, std::shared_ptr<const BaseTable> base, Gone gone) {
  auto added = TRY(table_of(parts.added, base->table().seed(), *parts.catalogues));
  parts.table = LayeredTable(std::move(base), std::move(added), std::move(gone),
                             no_stricter_after(parts.state.made_at, parts.stage_freshness));
  return Gate(std::make_shared<const GateParts>(std::move(parts)));
}

}  // namespace

Continuation::Continuation(const Gate& before, const model::TrustRoot& trust)
    : trust_(trust), parts_(before.parts()), gone_(before.table().gone()) {}

Result<void> Continuation::check_origin(const GateDelta& delta) const {
  if (!parts_.witnessed) {
    return needs_snapshot("what is enforced waits for witnesses");
  }
  const model::GateState& from = delta.from;
  const model::GateState& here = parts_.state;
  if (from.size != here.size || from.root != here.root || from.orders != here.orders) {
    return needs_snapshot("it continues version " + std::to_string(from.size) + " with orders " +
                          from.orders.hex().substr(0, 12) + ", and version " +
                          std::to_string(here.size) + " with orders " +
                          here.orders.hex().substr(0, 12) + " is enforced");
  }
  if (delta.made_at < here.made_at) {
    return needs_snapshot("made before the one that is enforced");
  }
  return {};
}

Result<ledger::Checkpoint> Continuation::check_checkpoint(const GateDelta& delta) const {
  if (delta.ledger != trust_.ledger) {
    return fail(Errc::denied, "delta: of another ledger than the trust file (I2)");
  }
  ledger::Checkpoint checkpoint = TRY(trusted_checkpoint(delta.checkpoint, trust_));
  const model::GateState& here = parts_.state;
  if (checkpoint.size == here.size) {
    if (checkpoint.root != here.root || !delta.consistency.empty()) {
      return fail(Errc::denied, "delta: forked: another ledger of " + std::to_string(here.size) +
                                    " entries than the one that is enforced; keep it, it proves "
                                    "that (I2)");
    }
  } else {
    const auto continues = ledger::verify_consistency(here.size, here.root, checkpoint.size,
                                                      checkpoint.root, delta.consistency);
    if (!continues) {
      return fail(Errc::denied,
                  "delta: its ledger does not continue the one that is enforced "
                  "(I2): " +
                      continues.error().message);
    }
  }
  TRY_VOID(check_witnessed(delta.checkpoint, trust_));
  return checkpoint;
}

// What was enforced by the authority that stood then is not judged anew here: the orders' texts are
// not kept.
Result<void> Continuation::check_places(const GateDelta& delta) const {
  const std::uint64_t last = parts_.history->last_entry;
  for (const model::ProvenOrder& added : delta.added) {
    if (added.entry.index < last) {
      return needs_snapshot("an added order stands before a change of governance that is known");
    }
  }
  return {};
}

// I10: whether those who signed still stand is asked when a stage begins. Stages that begin before
// the change are not touched by it.
Result<void> Continuation::check_stages(const GovernanceHistory& next) const {
  const std::size_t known = parts_.history->changes.size();
  const bool decides = std::any_of(next.changes.begin() + static_cast<std::ptrdiff_t>(known),
                                   next.changes.end(), [](const GovernanceChange& change) {
                                     const OrderKind kind = change.order.order.kind;
                                     return kind == OrderKind::roster || kind == OrderKind::policy;
                                   });
  if (!decides) return {};
  const Time first = std::max(next.changes[known].time, parts_.history->governance.latest_change());
  if (parts_.last_stage < first) return {};
  return needs_snapshot(
      "who decides changes, and stages begin later whose approvers it may concern");
}

bool Continuation::enforces(const Digest& order) const {
  const auto in_base = base().number_of(order);
  if (in_base && !is_gone(gone_.empty() ? nullptr : gone_.data(), *in_base)) return true;
  return std::any_of(parts_.added.begin(), parts_.added.end(),
                     [&](const auto& added) { return added->order.digest == order; });
}

// The order sum after it.
Result<Digest> Continuation::check_orders(const GateDelta& delta) const {
  auto sum = model::OrderSum::from(parts_.state.orders);
  for (const Digest& gone : delta.gone) {
    if (!enforces(gone)) {
      return needs_snapshot(order_name("gone", gone) + " is not enforced");
    }
    sum.remove(gone);
  }
  for (const model::ProvenOrder& added : delta.added) {
    const Digest digest = sha256(added.order.canonical);
    if (enforces(digest)) {
      return fail(Errc::denied, "delta: " + order_name("restriction", digest) +
                                    " is added and enforced already (I3)");
    }
    sum.add(digest);
  }
  if (sum.value() != delta.orders) {
    return needs_snapshot("its orders do not sum up to what it says");
  }
  return sum.value();
}

Result<void> Continuation::take(const GateDelta& delta) {
  TRY_VOID(check_origin(delta));
  const ledger::Checkpoint checkpoint = TRY(check_checkpoint(delta));
  TRY_VOID(check_places(delta));
  const Digest orders = TRY(check_orders(delta));
  auto catalogues = parts_.catalogues;
  auto more = TRY(new_catalogues(delta, *catalogues));
  if (!more.empty()) {
    auto all = std::make_shared<std::vector<model::Catalogue>>(*catalogues);
    std::move(more.begin(), more.end(), std::back_inserter(*all));
    catalogues = std::move(all);
  }
  auto verified = verify_orders(delta.governance, delta.added,
                                {.checkpoint = checkpoint,
                                 .trust = trust_,
                                 .catalogues = *catalogues,
                                 .history = parts_.history});
  if (!verified) return fail_in("delta", verified.error());
  TRY_VOID(check_stages(*verified->history));

  // All is proven: from here on nothing fails.
  for (const Digest& gone : delta.gone) remove(gone);
  for (const VerifiedRestriction& restriction : verified->restrictions) {
    parts_.added.push_back(std::make_shared<const AddedOrder>(
        AddedOrder{enforced_order(restriction, verified->history->governance, parts_.name),
                   restriction.order.order.restriction->scope}));
    parts_.last_stage = std::max(parts_.last_stage, last_stage_of(restriction, parts_.name));
  }
  parts_.history = std::move(verified->history);
  parts_.catalogues = std::move(catalogues);
  parts_.state = {checkpoint.size, checkpoint.root, delta.made_at, orders};
  return {};
}

void Continuation::remove(const Digest& order) {
  const auto erased =
      std::erase_if(parts_.added, [&](const auto& added) { return added->order.digest == order; });
  if (erased != 0) return;
  set_gone(gone_, *base().number_of(order), base().table().order_count());
}

Result<Gate> Continuation::finish() {
  auto base = parts_.table.base();
  return gate_of(std::move(parts_), std::move(base), std::move(gone_));
}

Result<Gate> Gate::continued(const Gate& before, const GateDelta& delta,
                             const model::TrustRoot& trust) {
  Continuation continuation(before, trust);
  TRY_VOID(continuation.take(delta));
  return continuation.finish();
}

std::size_t changes_since_base(const Gate& gate) {
  return gate.parts().added.size() + count_of(gate.table().gone());
}

bool is_fold_due(const Gate& gate) {
  const std::size_t orders = gate.table().base()->table().order_count();
  return changes_since_base(gate) > std::max(kFoldAlways, orders / 8);
}

Result<std::shared_ptr<const BaseTable>> fold(const Gate& gate) {
  const GateParts& parts = gate.parts();
  const PackedTable& base = parts.table.base()->table();
  const Gone& gone = parts.table.gone();
  TableBuilder builder(base.seed());
  TRY_VOID(builder.add_table(base, gone.empty() ? nullptr : gone.data()));
  for (const auto& item : parts.added) {
    const std::uint32_t number = builder.add_order(item->order);
    for (const model::ScopeLine& line : item->scope) TRY_VOID(builder.add_line(line, number));
  }
  return std::make_shared<const BaseTable>(TRY(builder.finish(*parts.catalogues)));
}

Result<Gate> rebased(const Gate& now, const Gate& before, std::shared_ptr<const BaseTable> base) {
  const BaseTable& old = *now.table().base();
  if (&old != before.table().base().get()) return now.same();
  GateParts parts = now.parts();
  Gone gone;
  const std::size_t orders = base->table().order_count();
  const auto leave = [&](const Digest& order) { set_gone(gone, *base->number_of(order), orders); };
  for (std::uint32_t i = 0; i < old.table().order_count(); ++i) {
    if (now.table().is_gone(i) && !before.table().is_gone(i)) leave(old.table().digest_of(i));
  }
  const std::set<std::shared_ptr<const AddedOrder>> still(parts.added.begin(), parts.added.end());
  const AddedOrders& folded = before.parts().added;
  for (const auto& added : folded) {
    if (!still.contains(added)) leave(added->order.digest);
  }
  const std::set<std::shared_ptr<const AddedOrder>> in_base(folded.begin(), folded.end());
  std::erase_if(parts.added, [&](const auto& added) { return in_base.contains(added); });
  return gate_of(std::move(parts), std::move(base), std::move(gone));
}

Result<Gate> folded(const Gate& gate) {
  auto base = TRY(fold(gate));
  return rebased(gate, gate, std::move(base));
}

}  // namespace proviso::gates
