// SPDX-License-Identifier: Apache-2.0
#include "model/governance.h"

#include <algorithm>

#include "base/check.h"
#include "model/catalogue.h"

namespace proviso::model {
namespace {

// Whoever signed did so under what was known then: an old proposal with half its approvals is not a
// weapon to keep.
Result<void> check_in_time(const Order& order, Time in_force_at) {
  if (unix_seconds(in_force_at) - unix_seconds(order.proposed_at) <=
      std::chrono::floor<std::chrono::seconds>(kDecisionMax).count()) {
    return {};
  }
  return fail(
      Errc::denied,
      "the approvals have expired: the order was proposed more than 30 days before (propose "
      "it again)");
}

Result<void> check_ledger(const SignedOrder& order, const Governance& governance) {
  if (order.order.ledger == governance.ledger()) return {};
  return fail(Errc::denied, "the order belongs to another ledger (I2)");
}

Result<Digest> changed_document(const Json& change) {
  JsonReader reader(change, "change");
  const auto digest = Digest::from_hex(reader.string("digest"));
  if (!digest) reader.fail_at("digest", "not a SHA-256");
  TRY_VOID(reader.finish());
  return *digest;
}

Result<void> change_documents(const Order& order, Documents& documents) {
  switch (order.kind) {
    case OrderKind::catalogue: documents.catalogue = TRY(changed_document(*order.change)); break;
    case OrderKind::field_policy:
      documents.field_policy = TRY(changed_document(*order.change));
      break;
    case OrderKind::rulebook: documents.rulebook = TRY(changed_document(*order.change)); break;
    case OrderKind::terms: documents.terms = TRY(changed_document(*order.change)); break;
    default: break;
  }
  return {};
}

}  // namespace

Result<Authority> changed_authority(const Order& order, const Authority& before) {
  if (!order.change) return fail(Errc::invalid_input, "not a governance order");
  Authority next = before;
  if (order.kind == OrderKind::roster) next.roster = TRY(roster_from_json(*order.change));
  if (order.kind == OrderKind::policy) next.policy = TRY(policy_from_json(*order.change));
  TRY_VOID(check_authority(next));
  return next;
}

Governance Governance::from(const Genesis& genesis) {
  Governance governance;
  governance.ledger_ = genesis.ledger;
  governance.steps_.push_back({genesis.sealed_at, genesis.authority, genesis.documents});
  return governance;
}

Result<Standing> Governance::apply(const SignedOrder& order, Time time) {
  TRY_VOID(check_ledger(order, *this));
  const Digest digest = sha256(order.canonical);
  if (std::find(applied_.begin(), applied_.end(), digest) != applied_.end()) {
    return fail(Errc::conflict, "the order was put in force before (I2)");
  }
  const Standing approved = TRY(check_enough(order, authority()));
  TRY_VOID(check_in_time(order.order, time));
  Step next{std::max(time, steps_.back().from), TRY(changed_authority(order.order, authority())),
            documents()};
  TRY_VOID(change_documents(order.order, next.documents));
  steps_.push_back(std::move(next));
  applied_.push_back(digest);
  return approved;
}

const Governance::Step& Governance::step_at(Time time) const {
  const Step* found = &steps_.front();
  for (const Step& step : steps_) {
    if (step.from <= time) found = &step;
  }
  return *found;
}

const Authority& Governance::authority_at(Time time) const { return step_at(time).authority; }

bool Governance::knows_catalogue(const Digest& digest) const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [&](const Step& s) { return s.documents.catalogue == digest; });
}

std::vector<EffectStep> Governance::steps(const SignedOrder& order, Time in_force_at,
                                          Time not_before) const {
  const Restriction& r = *order.order.restriction;
  std::vector<EffectStep> out;
  Effect effect;
  // Signatures are verified once per authority, not once per stage; for the one at the beginning
  // the caller has done so.
  const Step* judged = &step_at(in_force_at);
  bool stands = true;
  for (const Stage& stage : r.stages) {
    const Time begins = std::max({stage.from, in_force_at, not_before});
    if (r.until && begins >= *r.until) break;
    const Step& step = step_at(begins);
    if (stricter(stage.effect, effect) && judged != &step) {
      const auto s = standing(order, step.authority);
      stands = s.has_value() && s->enough();
      judged = &step;
    }
    // I10: a stage that makes it stricter needs approvers in good standing when it begins; easing
    // always runs.
    if (stricter(stage.effect, effect) && !stands) continue;
    effect = stage.effect;
    if (!out.empty() && out.back().from == begins) out.pop_back();
    out.push_back({begins, effect});
  }
  if (r.until && !out.empty()) out.push_back({*r.until, Effect{}});
  return out;
}

std::vector<EffectStep> Governance::schedule(const SignedOrder& order, Time in_force_at,
                                             std::string_view gate) const {
  CHECK(order.order.restriction.has_value());
  const auto& rollout = order.order.restriction->rollout;
  std::vector<EffectStep> out = steps(order, in_force_at, Time::min());
  if (!rollout) return out;
  const Time enforced_from = rollout->enforced_from(gate);
  std::erase_if(out, [&](const EffectStep& step) { return step.from >= enforced_from; });
  for (EffectStep& step : out) step.shadow = true;
  const auto enforced = steps(order, in_force_at, enforced_from);
  // Where nobody stands for it any more the shadow ends all the same.
  const bool begins = !enforced.empty() && enforced.front().from == enforced_from;
  if (!out.empty() && !begins) out.push_back({enforced_from, Effect{}});
  out.insert(out.end(), enforced.begin(), enforced.end());
  return out;
}

Effect Governance::effect_at(const SignedOrder& order, Time in_force_at, Time now) const {
  return effect_of(schedule(order, in_force_at), now);
}

HeldEffect held_of(const std::vector<EffectStep>& schedule, Time now) {
  HeldEffect held;
  for (const EffectStep& step : schedule) {
    if (step.from > now) break;
    held = step.held();
  }
  return held;
}

Effect effect_of(const std::vector<EffectStep>& schedule, Time now) {
  return held_of(schedule, now).enforced();
}

Result<Standing> check_restriction(const SignedOrder& order, const Governance& governance,
                                   const Catalogue& catalogue, Time in_force_at) {
  if (!order.order.restriction) return fail(Errc::invalid_input, "not a restrict order");
  TRY_VOID(check_ledger(order, governance));
  const Restriction& r = *order.order.restriction;
  if (r.catalogue != catalogue.digest()) {
    return fail(Errc::denied, "the catalogue is not the one that the order pins (I3)");
  }
  if (!governance.knows_catalogue(r.catalogue)) {
    return fail(Errc::denied, "the order pins a catalogue that no order ever put in force (I3)");
  }
  if (r.closes_export != closes_export(r, catalogue)) {
    return fail(Errc::denied, "the order does not say that it closes the export (I6)");
  }
  TRY_VOID(check_in_time(order.order, in_force_at));
  return check_enough(order, governance.authority_at(in_force_at));
}

Result<Standing> check_lift(const SignedOrder& order, const Governance& governance,
                            Time in_force_at) {
  if (!order.order.lifts) return fail(Errc::invalid_input, "not a lift");
  TRY_VOID(check_ledger(order, governance));
  return check_enough(order, governance.authority_at(in_force_at));
}

}  // namespace proviso::model
