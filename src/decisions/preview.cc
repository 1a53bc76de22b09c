// SPDX-License-Identifier: Apache-2.0
#include "decisions/preview.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "cases/rollup_store.h"

namespace proviso::decisions {
namespace {

using model::RollupCell;

constexpr std::int64_t kWindowHours = std::int64_t{30} * 24;

struct ServiceImpact {
  std::uint64_t refused = 0;
  std::uint64_t limited = 0;
  std::uint64_t allowed = 0;
  std::map<std::string, double> refused_quantities;
  bool in_scope = false;
  bool upper_bound = false;
};

// The largest number that canonical JSON holds.
constexpr std::uint64_t kFigureMax = 9'007'199'254'740'991;

// Never wraps; once beyond kFigureMax it stays there.
void add_up(std::uint64_t& sum, std::uint64_t n) {
  const std::uint64_t room = sum > kFigureMax ? 0 : kFigureMax + 1 - sum;
  sum += std::min(n, room);
}

// Figures for JSON, and whether one of them is larger than it says.
struct Figures {
  bool saturated = false;

  Json count(std::uint64_t n) {
    saturated = saturated || n > kFigureMax;
    return Json(std::min(n, kFigureMax));
  }
  Json quantity(double n) {
    constexpr auto max = static_cast<double>(kFigureMax);
    // Also what is no number: a sum that overflowed.
    const bool fits = n >= 0 && n <= max;
    saturated = saturated || !fits;
    return Json(fits ? static_cast<std::int64_t>(std::llround(n))
                     : static_cast<std::int64_t>(kFigureMax));
  }
};

bool covers(const model::ScopeLine& line, const RollupCell& cell) {
  if (line.subscription.value != cell.subscription || line.service.value != cell.service) {
    return false;
  }
  const bool region = line.regions.empty() || std::find(line.regions.begin(), line.regions.end(),
                                                        cell.region) != line.regions.end();
  const bool action = line.classes.empty() || std::find(line.classes.begin(), line.classes.end(),
                                                        cell.action_class) != line.classes.end();
  return region && action;
}

void count_cell(ServiceImpact& impact, const model::Restriction& r, const model::Effect& effect,
                const RollupCell& cell) {
  bool covered = false;
  for (const model::ScopeLine& line : r.scope) {
    if (!covers(line, cell)) continue;
    covered = true;
    impact.upper_bound = impact.upper_bound || !line.resources.empty();
  }
  impact.in_scope = impact.in_scope || covered;
  const auto outcome =
      covered ? model::outcome(effect.kind, cell.action_class) : model::Outcome::yes;
  switch (outcome) {
    case model::Outcome::yes: add_up(impact.allowed, cell.count); return;
    case model::Outcome::limited: add_up(impact.limited, cell.count); return;
    case model::Outcome::no: break;
  }
  add_up(impact.refused, cell.count);
  for (const auto& [unit, quantity] : cell.quantities) impact.refused_quantities[unit] += quantity;
}

Json to_json(const std::string& subscription, const std::string& service,
             const ServiceImpact& impact) {
  Figures figures;
  Json::Object quantities;
  for (const auto& [unit, quantity] : impact.refused_quantities) {
    quantities.emplace(unit, figures.quantity(quantity));
  }
  Json::Object out{{"subscription", subscription},
                   {"service", service},
                   {"requests_refused", figures.count(impact.refused)},
                   {"requests_limited", figures.count(impact.limited)},
                   {"requests_allowed", figures.count(impact.allowed)},
                   {"quantities_refused", std::move(quantities)},
                   {"upper_bound", impact.upper_bound}};
  out.emplace("saturated", figures.saturated);
  return out;
}

model::Effect strictest_stage(const model::Restriction& restriction) {
  model::Effect strictest;
  for (const model::Stage& stage : restriction.stages) {
    if (model::stricter(stage.effect, strictest)) strictest = stage.effect;
  }
  return strictest;
}

}  // namespace

Result<Json> preview(cases::Database& database, const model::Register& reg,
                     const model::Restriction& restriction) {
  const model::Customer* customer = reg.customer_of(restriction.scope.front().subscription.value);
  if (customer == nullptr) return fail(Errc::not_found, "the register knows no such subscription");
  cases::Subscriptions subscriptions;
  for (const model::Subscription* s : reg.subscriptions_of(customer->id)) {
    subscriptions.insert(s->id.value);
  }
  // Two passes, so that a customer of any size needs a line of memory per service and no more.
  std::optional<std::int64_t> newest;
  TRY_VOID(cases::visit_rollups(database, subscriptions, [&](const RollupCell& cell) {
    newest = std::max(newest.value_or(cell.hour), cell.hour);
  }));
  const std::int64_t from = newest.value_or(0) - kWindowHours + 1;
  const model::Effect strictest = strictest_stage(restriction);
  std::map<std::pair<std::string, std::string>, ServiceImpact> by_service;
  TRY_VOID(cases::visit_rollups(database, subscriptions, [&](const RollupCell& cell) {
    if (cell.hour < from) return;
    count_cell(by_service[{cell.subscription, cell.service}], restriction, strictest, cell);
  }));
  Json::Array affected;
  Json::Array untouched;
  for (const auto& [key, impact] : by_service) {
    (impact.in_scope ? affected : untouched).push_back(to_json(key.first, key.second, impact));
  }
  const auto hour_text = [&](std::int64_t hour) {
    return newest ? Json(format_time(from_unix_seconds(hour * 3600))) : Json();
  };
  return Json(Json::Object{{"effect", to_string(strictest)},
                           {"from", hour_text(from)},
                           {"to", hour_text(newest.value_or(0) + 1)},
                           {"affected", std::move(affected)},
                           {"untouched", std::move(untouched)}});
}

}  // namespace proviso::decisions
