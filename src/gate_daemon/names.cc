// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/names.h"

#include <algorithm>
#include <map>
#include <set>

#include "model/gate_delta.h"
#include "model/gate_snapshot.h"
#include "model/scope.h"

namespace proviso::gate_daemon {
namespace {

using Operations = std::map<std::string, std::set<std::string>>;

void add_services(const Json& catalogue, Operations& out) {
  const Json* services = catalogue.find("services");
  if (services == nullptr || services->if_array() == nullptr) return;
  for (const Json& service : *services->if_array()) {
    const Json* name = service.find("service");
    const Json* operations = service.find("operations");
    if (name == nullptr || name->if_string() == nullptr) continue;
    auto& into = out[*name->if_string()];
    if (operations == nullptr || operations->if_object() == nullptr) continue;
    for (const auto& [operation, action_class] : *operations->if_object()) into.insert(operation);
  }
}

}  // namespace

std::vector<Names::Service> services_of(const model::GateSnapshot& snapshot) {
  Operations services;
  for (const Json& catalogue : snapshot.catalogues) add_services(catalogue, services);
  std::vector<Names::Service> out;
  for (auto& [name, operations] : services) {
    out.push_back({name, {operations.begin(), operations.end()}});
  }
  return out;
}

void Names::add(const std::vector<Json>& catalogues,
                const std::vector<model::ProvenOrder>& orders) {
  Operations services;
  for (const Service& known : services_) {
    services[known.name].insert(known.operations.begin(), known.operations.end());
  }
  for (const Json& catalogue : catalogues) add_services(catalogue, services);
  services_.clear();
  for (auto& [name, operations] : services) {
    services_.push_back({name, {operations.begin(), operations.end()}});
  }
  for (const model::ProvenOrder& order : orders) {
    const auto& restriction = order.order.order.restriction;
    if (!restriction || restriction->stages.empty()) continue;
    std::set<std::string> named;
    for (const model::ScopeLine& line : restriction->scope) named.insert(line.subscription.value);
    Time from = restriction->stages.front().from;
    const auto& rollout = restriction->rollout;
    if (rollout) from = std::max(from, rollout->enforced_from(gate_));
    for (const std::string& id : named) {
      subscriptions_.push_back({.id = id,
                                .order = sha256(order.order.canonical),
                                .from = from,
                                .until = restriction->until.value_or(Time::max())});
    }
  }
  std::ranges::stable_sort(subscriptions_, {}, &Subscription::id);
}

Result<Names> Names::from_snapshot(std::string_view snapshot_text, std::string_view gate) {
  const model::GateSnapshot snapshot = TRY(model::parse_snapshot(snapshot_text));
  Names out;
  out.gate_ = gate;
  out.add(snapshot.catalogues, snapshot.restrictions);
  return out;
}

// Services of orders that are gone stay: each candidate is checked by the gate.
Result<Names> Names::with_delta(std::string_view delta_text) const {
  const model::GateDelta delta = TRY(model::parse_delta(delta_text));
  Names out = *this;
  if (!delta.gone.empty()) {
    std::erase_if(out.subscriptions_, [&](const Subscription& s) {
      return std::ranges::binary_search(delta.gone, s.order);
    });
  }
  if (!delta.added.empty()) out.add(delta.catalogues, delta.added);
  return out;
}

const Names::Service* Names::service(std::string_view name) const {
  const auto at = std::ranges::lower_bound(services_, name, {}, &Service::name);
  return at != services_.end() && at->name == name ? &*at : nullptr;
}

bool Names::knows(std::string_view subscription, Time at) const {
  const std::string id = model::normalise_id(subscription);
  const auto same = std::ranges::equal_range(subscriptions_, id, {}, &Subscription::id);
  return std::ranges::any_of(same, [&](const Subscription& s) { return s.named_at(at); });
}

}  // namespace proviso::gate_daemon
