// SPDX-License-Identifier: Apache-2.0
#include "gates/gate.h"

#include <algorithm>
#include <limits>
#include <set>
#include <string>

#include "gates/gate_parts.h"
#include "gates/table_builder.h"
#include "gates/trusted_policy.h"
#include "ledger/finding.h"
#include "model/gate_snapshot.h"

namespace proviso::gates {
namespace {

using model::EffectStep;
using model::HeldEffect;

// Whether the witnesses that the trust file asks for have cosigned (I2).
Result<bool> is_witnessed(const std::string& checkpoint, const model::TrustRoot& trust,
                          const Gate* kept) {
  const PolicyOrNone policy = TRY(trusted_policy(trust));
  if (!policy) return true;
  const auto cosigned = ledger::judge_witnesses("checkpoint", checkpoint, &*policy);
  if (cosigned) return true;
  const ledger::Finding& finding = cosigned.error();
  if (finding.error_class == "quorum" && kept != nullptr) return false;
  return fail(Errc::denied, finding.error_class + " at " + finding.where + ": " + finding.detail +
                                (finding.error_class == "quorum"
                                     ? "; with nothing kept there is nothing to ease (I2)"
                                     : " (I2)"));
}

// At each time the laxer of both.
std::vector<EffectStep> laxer_of(const std::vector<EffectStep>& a,
                                 const std::vector<EffectStep>& b) {
  std::set<Time> times;
  for (const auto* steps : {&a, &b}) {
    for (const EffectStep& step : *steps) times.insert(step.from);
  }
  std::vector<EffectStep> out;
  for (const Time time : times) {
    const HeldEffect left = model::held_of(a, time);
    const HeldEffect right = model::held_of(b, time);
    const HeldEffect& laxer = model::stricter(left, right) ? right : left;
    out.push_back({time, laxer.effect, laxer.shadow});
  }
  return out;
}

// What of `order` may be enforced without witnesses: no more than `kept` does already.
std::optional<EnforcedOrder> eased(EnforcedOrder order, const Gate& kept) {
  const auto number = kept.table().number_of(order.digest);
  if (!number) return std::nullopt;
  order.schedule = laxer_of(order.schedule, kept.order(*number).schedule);
  return order;
}

// Whether the order itself is stricter at any time than what is enforced of it, if anything is.
bool waits(const EnforcedOrder& order, const std::optional<EnforcedOrder>& enforced) {
  if (!enforced) return true;
  const auto& steps = enforced->schedule;
  return std::any_of(steps.begin(), steps.end(), [&](const EffectStep& step) {
    return model::stricter(model::held_of(order.schedule, step.from), step.held());
  });
}

}  // namespace

std::int64_t no_stricter_after(Time made_at, std::optional<Duration> stage_freshness) {
  if (!stage_freshness) return std::numeric_limits<std::int64_t>::max();
  // In seconds: the span between two times can exceed what nanoseconds hold.
  return unix_seconds(made_at) + std::chrono::floor<std::chrono::seconds>(*stage_freshness).count();
}

EnforcedOrder enforced_order(const VerifiedRestriction& verified,
                             const model::Governance& governance, std::string_view gate) {
  const model::Restriction& r = *verified.order.order.restriction;
  return {.digest = verified.digest,
          .term = r.terms.front().id.value,
          .until = r.until,
          .review = r.review,
          .schedule = governance.schedule(verified.order, verified.in_force_at, gate),
          .catalogue = verified.catalogue};
}

Time last_stage_of(const VerifiedRestriction& verified, std::string_view gate) {
  const model::Restriction& r = *verified.order.order.restriction;
  Time last = verified.in_force_at;
  for (const model::Stage& stage : r.stages) last = std::max(last, stage.from);
  return r.rollout ? std::max(last, r.rollout->enforced_from(gate)) : last;
}

Result<Gate> Gate::load(std::string_view snapshot_text, const model::TrustRoot& trust,
                        const GateOptions& options) {
  const model::GateSnapshot parsed = TRY(model::parse_snapshot(snapshot_text));
  VerifiedSnapshot verified = TRY(verify_snapshot(parsed, trust));
  GateParts parts;
  parts.witnessed = TRY(is_witnessed(parsed.checkpoint, trust, options.kept));
  parts.stage_freshness = options.stage_freshness;
  parts.name = options.name;
  const std::int64_t fresh_until = no_stricter_after(verified.made_at, options.stage_freshness);
  TableBuilder builder(KeySeed::of_process());
  model::OrderSum sum;
  for (const VerifiedRestriction& restriction : verified.restrictions) {
    sum.add(restriction.digest);
    parts.last_stage = std::max(parts.last_stage, last_stage_of(restriction, parts.name));
    EnforcedOrder order = enforced_order(restriction, verified.governance, parts.name);
    if (!parts.witnessed) order.schedule = beginning(order.schedule, fresh_until);
    const auto allowed = parts.witnessed ? std::optional(order) : eased(order, *options.kept);
    if (waits(order, allowed)) ++parts.waiting;
    if (!allowed) continue;
    const std::uint32_t number = builder.add_order(*allowed);
    for (const model::ScopeLine& line : restriction.order.order.restriction->scope) {
      TRY_VOID(builder.add_line(line, number));
    }
  }
  auto base = std::make_shared<const BaseTable>(TRY(builder.finish(verified.catalogues)));
  parts.state = {verified.checkpoint_size, verified.checkpoint_root, verified.made_at, sum.value()};
  parts.history = std::move(verified.history);
  parts.catalogues =
      std::make_shared<const std::vector<model::Catalogue>>(std::move(verified.catalogues));
  parts.table = LayeredTable(std::move(base), nullptr, {}, fresh_until);
  return Gate(std::make_shared<const GateParts>(std::move(parts)));
}

Verdict Gate::check(const Request& request, Time at) const noexcept {
  const LayeredTable& table = parts_->table;
  const auto found = table.find(key_of(table.seed(), request.subscription), request.subscription);
  if (!found) return {};
  const std::int64_t seconds = unix_seconds(at);
  const Judgement judgement = table.judge(found, request, {.one = seconds, .other = seconds});
  return {judgement.effect, judgement.outcome, judgement.rate_per_second, judgement.order,
          judgement.shadow};
}

std::uint64_t Gate::snapshot_size() const { return parts_->state.size; }
const Digest& Gate::snapshot_root() const { return parts_->state.root; }
Time Gate::snapshot_made_at() const { return parts_->state.made_at; }
const model::GateState& Gate::state() const { return parts_->state; }
EnforcedOrder Gate::order(std::uint32_t index) const { return parts_->table.order(index); }
std::size_t Gate::order_count() const { return parts_->table.order_count(); }
const LayeredTable& Gate::table() const { return parts_->table; }
std::uint64_t Gate::waiting() const { return parts_->waiting; }
bool Gate::witnessed() const { return parts_->witnessed; }

}  // namespace proviso::gates
