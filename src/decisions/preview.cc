// SPDX-License-Identifier: Apache-2.0
#include "decisions/preview.h"

#include <algorithm>
#include <cmath>
#include <map>

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
    case model::Outcome::yes: impact.allowed += cell.count; return;
    case model::Outcome::limited: impact.limited += cell.count; return;
    case model::Outcome::no: break;
  }
  impact.refused += cell.count;
  for (const auto& [unit, quantity] : cell.quantities) impact.refused_quantities[unit] += quantity;
}

Json to_json(const std::string& subscription, const std::string& service,
             const ServiceImpact& impact) {
  Json::Object quantities;
  for (const auto& [unit, quantity] : impact.refused_quantities) {
    quantities.emplace(
        unit, static_cast<std::int64_t>(std::llround(std::min(quantity, 9007199254740991.0))));
  }
  return Json::Object{
      {"subscription", subscription},       {"service", service},
      {"requests_refused", impact.refused}, {"requests_limited", impact.limited},
      {"requests_allowed", impact.allowed}, {"quantities_refused", std::move(quantities)},
      {"upper_bound", impact.upper_bound}};
}

}  // namespace

Result<Json> preview(cases::Database& database, const model::Register& reg,
                     const model::Restriction& restriction) {
  const model::Customer* customer = reg.customer_of(restriction.scope.front().subscription.value);
  if (customer == nullptr) return fail(Errc::not_found, "the register knows no such subscription");
  std::vector<RollupCell> cells;
  for (const model::Subscription* s : reg.subscriptions_of(customer->id)) {
    auto some = TRY(cases::read_rollups(database, s->id.value));
    cells.insert(cells.end(), std::make_move_iterator(some.begin()),
                 std::make_move_iterator(some.end()));
  }
  std::int64_t newest = 0;
  for (const RollupCell& cell : cells) newest = std::max(newest, cell.hour);
  model::Effect strictest;
  for (const model::Stage& stage : restriction.stages) {
    if (model::stricter(stage.effect, strictest)) strictest = stage.effect;
  }
  std::map<std::pair<std::string, std::string>, ServiceImpact> by_service;
  for (const RollupCell& cell : cells) {
    if (cell.hour <= newest - kWindowHours) continue;
    count_cell(by_service[{cell.subscription, cell.service}], restriction, strictest, cell);
  }
  Json::Array affected;
  Json::Array untouched;
  for (const auto& [key, impact] : by_service) {
    (impact.in_scope ? affected : untouched).push_back(to_json(key.first, key.second, impact));
  }
  const std::int64_t from = cells.empty() ? 0 : newest - kWindowHours + 1;
  return Json(Json::Object{
      {"effect", to_string(strictest)},
      {"from", cells.empty() ? Json() : Json(format_time(from_unix_seconds(from * 3600)))},
      {"to", cells.empty() ? Json() : Json(format_time(from_unix_seconds((newest + 1) * 3600)))},
      {"affected", std::move(affected)},
      {"untouched", std::move(untouched)}});
}

}  // namespace proviso::decisions
