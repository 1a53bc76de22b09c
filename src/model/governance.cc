// SPDX-License-Identifier: Apache-2.0
#include "model/governance.h"

#include <algorithm>

#include "base/check.h"
#include "model/catalogue.h"

namespace proviso::model {
namespace {

Result<void> check_enough(const SignedOrder& order, const Authority& authority) {
  const Standing s = TRY(standing(order, authority));
  if (s.valid < s.needed) {
    return fail(Errc::denied, "the order has " + std::to_string(s.valid) + " of " +
                                  std::to_string(s.needed) + " valid approvals (I2)");
  }
  if (!s.enough()) {
    return fail(Errc::denied, "the order needs an approver from outside the organisation (I15)");
  }
  return {};
}

Result<Digest> changed_document(const Json& change) {
  JsonReader reader(change, "change");
  const auto digest = Digest::from_hex(reader.string("digest"));
  if (!digest) reader.fail_at("digest", "not a SHA-256");
  TRY_VOID(reader.finish());
  return *digest;
}

}  // namespace

Governance Governance::from(const Genesis& genesis) {
  Governance governance;
  governance.steps_.push_back({genesis.sealed_at, genesis.authority, genesis.documents});
  return governance;
}

Result<void> Governance::apply(const SignedOrder& order, Time time) {
  TRY_VOID(check_enough(order, authority()));
  Step next{std::max(time, steps_.back().from), authority(), documents()};
  if (!order.order.change) return fail(Errc::invalid_input, "not a governance order");
  const Json& change = *order.order.change;
  switch (order.order.kind) {
    case OrderKind::roster: next.authority.roster = TRY(roster_from_json(change)); break;
    case OrderKind::policy: TRY_VOID(policy_from_json(change, next.authority)); break;
    case OrderKind::catalogue: next.documents.catalogue = TRY(changed_document(change)); break;
    case OrderKind::field_policy:
      next.documents.field_policy = TRY(changed_document(change));
      break;
    case OrderKind::rulebook: next.documents.rulebook = TRY(changed_document(change)); break;
    case OrderKind::terms: next.documents.terms = TRY(changed_document(change)); break;
    case OrderKind::restrict_use:
    case OrderKind::lift: return fail(Errc::invalid_input, "not a governance order");
  }
  TRY_VOID(check_enough_people(next.authority));
  steps_.push_back(std::move(next));
  return {};
}

const Authority& Governance::authority_at(Time time) const {
  const Step* found = &steps_.front();
  for (const Step& step : steps_) {
    if (step.from <= time) found = &step;
  }
  return found->authority;
}

bool Governance::knows_catalogue(const Digest& digest) const {
  return std::any_of(steps_.begin(), steps_.end(),
                     [&](const Step& s) { return s.documents.catalogue == digest; });
}

Effect Governance::effect_at(const SignedOrder& order, Time in_force_at, Time now) const {
  CHECK(order.order.restriction.has_value());
  const Restriction& r = *order.order.restriction;
  Effect effect;
  if (now < in_force_at || (r.until && now >= *r.until)) return effect;
  for (const Stage& stage : r.stages) {
    const Time begins = std::max(stage.from, in_force_at);
    if (begins > now) break;
    // I10: a stage that makes it stricter needs approvers in good standing when it begins; easing
    // always runs.
    const auto s = standing(order, authority_at(begins));
    if (stricter(stage.effect, effect) && (!s || !s->enough())) continue;
    effect = stage.effect;
  }
  return effect;
}

Result<void> check_restriction(const SignedOrder& order, const Governance& governance,
                               const Catalogue& catalogue, Time in_force_at) {
  if (!order.order.restriction) return fail(Errc::invalid_input, "not a restrict order");
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
  return check_enough(order, governance.authority_at(in_force_at));
}

}  // namespace proviso::model
