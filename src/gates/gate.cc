// SPDX-License-Identifier: Apache-2.0
#include "gates/gate.h"

#include <algorithm>
#include <array>
#include <functional>
#include <set>
#include <string>
#include <unordered_map>

#include "gates/trusted_policy.h"
#include "ledger/finding.h"
#include "model/gate_snapshot.h"

namespace proviso::gates {
namespace {

using model::Effect;
using model::EffectStep;
using model::Outcome;

struct Key {
  std::string subscription;
  std::string service;
};
struct KeyView {
  std::string_view subscription;
  std::string_view service;
  explicit KeyView(const Key& key) : subscription(key.subscription), service(key.service) {}
  KeyView(std::string_view sub, std::string_view svc) : subscription(sub), service(svc) {}
  bool operator==(const KeyView&) const = default;
};
struct KeyHash {
  using is_transparent = void;
  template <class K>
  std::size_t operator()(const K& key) const {
    const KeyView view(key);
    const std::hash<std::string_view> hash;
    return hash(view.subscription) * 31U + hash(view.service);
  }
};
struct KeyEqual {
  using is_transparent = void;
  template <class A, class B>
  bool operator()(const A& a, const B& b) const {
    return KeyView(a) == KeyView(b);
  }
};

// One scope line. Empty lists and a mask of 0 mean "all".
struct Line {
  std::size_t order = 0;
  std::uint8_t classes = 0;  // bit per ActionClass
  std::vector<std::string> regions;
  std::vector<std::string> resources;
};

std::uint8_t class_bit(model::ActionClass c) {
  return static_cast<std::uint8_t>(1U << static_cast<unsigned>(c));
}

Line compile(const model::ScopeLine& source, std::size_t order) {
  Line line{.order = order, .classes = 0, .regions = source.regions, .resources = source.resources};
  for (const model::ActionClass c : source.classes) line.classes |= class_bit(c);
  return line;
}

bool names(const std::vector<std::string>& list, std::string_view value) {
  if (list.empty()) return true;
  return !value.empty() && std::find(list.begin(), list.end(), value) != list.end();
}

bool matches(const Line& line, const Request& request, model::ActionClass c) {
  return (line.classes == 0 || (line.classes & class_bit(c)) != 0) &&
         names(line.regions, request.region) && names(line.resources, request.resource);
}

int severity(Outcome outcome) {
  if (outcome == Outcome::no) return 2;
  return outcome == Outcome::limited ? 1 : 0;
}

// Orders stand each for itself: none that is added can loosen what another one refuses.
void add(Verdict& verdict, const EnforcedOrder& order, const Effect& effect, Outcome outcome) {
  if (effect.kind == model::EffectKind::throttle && outcome == Outcome::limited &&
      (verdict.rate_per_second == 0 || effect.rate_per_second < verdict.rate_per_second)) {
    verdict.rate_per_second = effect.rate_per_second;
  }
  if (severity(outcome) > severity(verdict.outcome)) verdict.outcome = outcome;
  if (verdict.order == nullptr || model::stricter(effect, verdict.effect)) {
    verdict.effect = effect;
    verdict.order = &order;
  }
}

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

// Orders name GUIDs in lower case; a request may write them otherwise. Without allocation.
class NormalisedId {
 public:
  explicit NormalisedId(std::string_view id) : view_(id) {
    if (id.size() != buffer_.size() || !is_guid(id)) return;
    std::transform(id.begin(), id.end(), buffer_.begin(),
                   [](char c) { return c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c; });
    view_ = {buffer_.data(), buffer_.size()};
  }
  NormalisedId(const NormalisedId&) = delete;
  NormalisedId& operator=(const NormalisedId&) = delete;
  [[nodiscard]] std::string_view view() const { return view_; }

 private:
  static bool is_guid(std::string_view id) {
    for (std::size_t i = 0; i < id.size(); ++i) {
      const char c = id[i];
      const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
      const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
      if (dash ? c != '-' : !hex) return false;
    }
    return true;
  }
  std::array<char, 36> buffer_{};
  std::string_view view_;
};

EnforcedOrder enforce(const VerifiedRestriction& verified, const VerifiedSnapshot& snapshot,
                      const GateOptions& options) {
  const model::Restriction& r = *verified.order.order.restriction;
  const auto steps = snapshot.governance.schedule(verified.order, verified.in_force_at);
  return {.digest = verified.digest,
          .term = r.terms.front().id.value,
          .until = r.until,
          .review = r.review,
          .in_force_at = verified.in_force_at,
          .entry_index = verified.entry_index,
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
  const auto& known = kept.orders();
  const auto same = std::find_if(known.begin(), known.end(), [&](const EnforcedOrder& other) {
    return other.digest == order.digest;
  });
  if (same == known.end()) return std::nullopt;
  order.schedule = laxer_of(order.schedule, same->schedule);
  return order;
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

struct Gate::Table {
  std::uint64_t snapshot_size = 0;
  Time snapshot_made_at{};
  std::vector<model::Catalogue> catalogues;
  std::vector<EnforcedOrder> orders;
  std::uint64_t waiting = 0;
  std::unordered_map<Key, std::vector<Line>, KeyHash, KeyEqual> lines;

  void enforce_scope(const model::Restriction& restriction, EnforcedOrder order) {
    for (const model::ScopeLine& line : restriction.scope) {
      lines[Key{line.subscription.value, line.service.value}].push_back(
          compile(line, orders.size()));
    }
    orders.push_back(std::move(order));
  }
};

Result<Gate> Gate::load(std::string_view snapshot_text, const model::TrustRoot& trust,
                        const GateOptions& options) {
  const model::GateSnapshot parsed = TRY(model::parse_snapshot(snapshot_text));
  VerifiedSnapshot verified = TRY(verify_snapshot(parsed, trust));
  auto table = std::make_unique<Table>();
  table->snapshot_size = verified.checkpoint_size;
  table->snapshot_made_at = verified.made_at;
  const bool witnessed = TRY(is_witnessed(parsed.checkpoint, trust, options.kept));
  for (const VerifiedRestriction& restriction : verified.restrictions) {
    const EnforcedOrder order = enforce(restriction, verified, options);
    auto allowed = witnessed ? std::optional(order) : eased(order, *options.kept);
    if (waits(order, allowed)) ++table->waiting;
    if (allowed) table->enforce_scope(*restriction.order.order.restriction, std::move(*allowed));
  }
  table->catalogues = std::move(verified.catalogues);
  return Gate(std::move(table));
}

Verdict Gate::check(const Request& request, Time at) const {
  Verdict verdict;
  verdict.snapshot_size = table_->snapshot_size;
  verdict.snapshot_made_at = table_->snapshot_made_at;
  const NormalisedId subscription(request.subscription);
  const auto found = table_->lines.find(KeyView(subscription.view(), request.service));
  if (found == table_->lines.end()) return verdict;
  for (const Line& line : found->second) {
    const EnforcedOrder& order = table_->orders[line.order];
    const Effect effect = model::effect_of(order.schedule, at);
    if (effect.kind == model::EffectKind::allow) continue;
    // I3: the class is the one of the catalogue that this order pins, not of today's.
    const model::ActionClass c =
        table_->catalogues[order.catalogue].class_of(request.service, request.operation);
    if (!matches(line, request, c)) continue;
    add(verdict, order, effect, model::outcome(effect.kind, c));
  }
  return verdict;
}

std::uint64_t Gate::snapshot_size() const { return table_->snapshot_size; }
Time Gate::snapshot_made_at() const { return table_->snapshot_made_at; }
const std::vector<EnforcedOrder>& Gate::orders() const { return table_->orders; }
std::uint64_t Gate::waiting() const { return table_->waiting; }

Gate::Gate(std::unique_ptr<const Table> table) : table_(std::move(table)) {}
Gate::~Gate() = default;
Gate::Gate(Gate&&) noexcept = default;
Gate& Gate::operator=(Gate&&) noexcept = default;

}  // namespace proviso::gates
