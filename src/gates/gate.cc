// SPDX-License-Identifier: Apache-2.0
#include "gates/gate.h"

#include <algorithm>
#include <set>
#include <string>

#include "gates/table_builder.h"
#include "gates/trusted_policy.h"
#include "ledger/finding.h"
#include "model/gate_snapshot.h"

namespace proviso::gates {
namespace {

using model::Effect;
using model::EffectStep;

// I10 for a gate that is cut off: what makes it stricter begins only while the snapshot is fresh.
std::vector<EffectStep> fresh_steps(const std::vector<EffectStep>& steps, Time made_at,
                                    const GateOptions& options) {
  if (!options.stage_freshness) return steps;
  std::vector<EffectStep> out;
  Effect effect;
  // In seconds: the span between two times can exceed what nanoseconds hold.
  const std::int64_t limit =
      std::chrono::floor<std::chrono::seconds>(*options.stage_freshness).count();
  for (const EffectStep& step : steps) {
    const bool fresh = unix_seconds(step.from) - unix_seconds(made_at) <= limit;
    if (!fresh && model::stricter(step.effect, effect)) continue;
    effect = step.effect;
    out.push_back(step);
  }
  return out;
}

EnforcedOrder enforce(const VerifiedRestriction& verified, const VerifiedSnapshot& snapshot,
                      const GateOptions& options) {
  const model::Restriction& r = *verified.order.order.restriction;
  const auto steps = snapshot.governance.schedule(verified.order, verified.in_force_at);
  return {.digest = verified.digest,
          .term = r.terms.front().id.value,
          .until = r.until,
          .review = r.review,
          .schedule = fresh_steps(steps, snapshot.made_at, options),
          .catalogue = verified.catalogue};
}

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
    const Effect left = model::effect_of(a, time);
    const Effect right = model::effect_of(b, time);
    out.push_back({time, model::stricter(left, right) ? right : left});
  }
  return out;
}

// What of `order` may be enforced without witnesses: no more than `kept` does already.
std::optional<EnforcedOrder> eased(EnforcedOrder order, const Gate& kept) {
  for (std::uint32_t i = 0; i < kept.order_count(); ++i) {
    if (kept.table().digest_of(i) != order.digest) continue;
    order.schedule = laxer_of(order.schedule, kept.order(i).schedule);
    return order;
  }
  return std::nullopt;
}

// Whether the order itself is stricter at any time than what is enforced of it, if anything is.
bool waits(const EnforcedOrder& order, const std::optional<EnforcedOrder>& enforced) {
  if (!enforced) return true;
  const auto& steps = enforced->schedule;
  return std::any_of(steps.begin(), steps.end(), [&](const EffectStep& step) {
    return model::stricter(model::effect_of(order.schedule, step.from), step.effect);
  });
}

}  // namespace

struct Gate::Parts {
  std::uint64_t snapshot_size = 0;
  Digest snapshot_root;
  Time snapshot_made_at{};
  std::uint64_t waiting = 0;
  bool witnessed = true;
  PackedTable table;
};

Result<Gate> Gate::load(std::string_view snapshot_text, const model::TrustRoot& trust,
                        const GateOptions& options) {
  const model::GateSnapshot parsed = TRY(model::parse_snapshot(snapshot_text));
  const VerifiedSnapshot verified = TRY(verify_snapshot(parsed, trust));
  const bool witnessed = TRY(is_witnessed(parsed.checkpoint, trust, options.kept));
  TableBuilder builder(KeySeed::of_process());
  std::uint64_t waiting = 0;
  for (const VerifiedRestriction& restriction : verified.restrictions) {
    const EnforcedOrder order = enforce(restriction, verified, options);
    const auto allowed = witnessed ? std::optional(order) : eased(order, *options.kept);
    if (waits(order, allowed)) ++waiting;
    if (!allowed) continue;
    const std::uint32_t number = builder.add_order(*allowed);
    for (const model::ScopeLine& line : restriction.order.order.restriction->scope) {
      TRY_VOID(builder.add_line(line, number));
    }
  }
  return Gate(std::make_unique<Parts>(Parts{.snapshot_size = verified.checkpoint_size,
                                            .snapshot_root = verified.checkpoint_root,
                                            .snapshot_made_at = verified.made_at,
                                            .waiting = waiting,
                                            .witnessed = witnessed,
                                            .table = TRY(builder.finish(verified.catalogues))}));
}

Verdict Gate::check(const Request& request, Time at) const noexcept {
  const PackedTable& table = parts_->table;
  const auto record = table.find(key_of(table.seed(), request.subscription), request.subscription);
  if (record == nullptr) return {};
  const std::int64_t seconds = unix_seconds(at);
  const Judgement judgement = table.judge(record, request, {seconds, seconds});
  return {judgement.effect, judgement.outcome, judgement.rate_per_second, judgement.order};
}

std::uint64_t Gate::snapshot_size() const { return parts_->snapshot_size; }
const Digest& Gate::snapshot_root() const { return parts_->snapshot_root; }
Time Gate::snapshot_made_at() const { return parts_->snapshot_made_at; }
EnforcedOrder Gate::order(std::uint32_t index) const { return parts_->table.order(index); }
std::size_t Gate::order_count() const { return parts_->table.order_count(); }
const PackedTable& Gate::table() const { return parts_->table; }
std::uint64_t Gate::waiting() const { return parts_->waiting; }
bool Gate::witnessed() const { return parts_->witnessed; }

Gate::Gate(std::unique_ptr<const Parts> parts) : parts_(std::move(parts)) {}
Gate::~Gate() = default;
Gate::Gate(Gate&&) noexcept = default;
Gate& Gate::operator=(Gate&&) noexcept = default;

}  // namespace proviso::gates
