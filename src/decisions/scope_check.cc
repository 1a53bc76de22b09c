// SPDX-License-Identifier: Apache-2.0
#include "decisions/scope_check.h"

#include "base/encoding.h"

namespace proviso::decisions {
namespace {

std::unexpected<Error> unknown_scope(const model::ScopeLine& line, std::string_view what) {
  return fail(Errc::denied, "scope: " + printable(to_string(line)) + ": " + std::string(what));
}

// The regions in which this subscription used this service; null where it never did.
const std::set<std::string>* used_regions(const cases::ServiceUse& use,
                                          const model::ScopeLine& line) {
  const auto subscription = use.find(line.subscription.value);
  if (subscription == use.end()) return nullptr;
  const auto service = subscription->second.find(line.service.value);
  return service == subscription->second.end() ? nullptr : &service->second;
}

Result<void> check_regions(const model::ScopeLine& line, const model::Catalogue& catalogue,
                           const std::set<std::string>* used) {
  const model::Catalogue::Regions* listed = catalogue.regions_of(line.service.value);
  for (const std::string& region : line.regions) {
    if (listed != nullptr && !listed->contains(region)) {
      return unknown_scope(line, "the catalogue lists no such region for the service (I3)");
    }
    if (listed == nullptr && (used == nullptr || !used->contains(region))) {
      return unknown_scope(line,
                           "this subscription never used the service in that region (I3: name one "
                           "that it used, or have the catalogue list the service's regions)");
    }
  }
  return {};
}

}  // namespace

Result<void> check_customer(const model::CustomerId& customer,
                            const std::vector<model::ScopeLine>& scope,
                            const model::Register& reg) {
  for (const model::ScopeLine& line : scope) {
    const model::Customer* owner = reg.customer_of(line.subscription.value);
    if (owner == nullptr) {
      return unknown_scope(line, "the register knows no such subscription (I3)");
    }
    if (owner->id != customer) {
      return unknown_scope(line, "the subscription is not one of the case's customer (I3)");
    }
  }
  return {};
}

Result<void> check_known(const std::vector<model::ScopeLine>& scope,
                         const model::Catalogue& catalogue, const cases::ServiceUse& use) {
  for (const model::ScopeLine& line : scope) {
    const std::set<std::string>* used = used_regions(use, line);
    if (used == nullptr && !catalogue.knows(line.service.value)) {
      return unknown_scope(line,
                           "neither the catalogue nor this subscription's usage knows the "
                           "service (I3)");
    }
    TRY_VOID(check_regions(line, catalogue, used));
  }
  return {};
}

model::NotAffected not_affected(const model::CustomerId& customer, const model::Register& reg,
                                const cases::ServiceUse& use,
                                const std::vector<model::ScopeLine>& scope) {
  std::set<std::pair<std::string, std::string>> cut;
  std::set<std::string> cut_agreements;
  for (const model::ScopeLine& line : scope) {
    cut.emplace(line.subscription.value, line.service.value);
    const model::Subscription* s = reg.subscription(line.subscription.value);
    if (s != nullptr) cut_agreements.insert(s->agreement.value);
  }
  model::NotAffected all;
  for (const model::Agreement* a : reg.agreements_of(customer)) {
    if (!cut_agreements.contains(a->id.value)) all.agreements.insert(a->id.value);
  }
  for (const model::Subscription* s : reg.subscriptions_of(customer)) {
    const auto services = use.find(s->id.value);
    if (services == use.end()) continue;
    for (const auto& [service, regions] : services->second) {
      if (!cut.contains({s->id.value, service})) all.services.emplace(s->id.value, service);
    }
  }
  return all;
}

void fill_not_affected(const model::CustomerId& customer, const model::Register& reg,
                       const cases::ServiceUse& use, model::Restriction& r) {
  std::set<std::string> near;
  for (const model::ScopeLine& line : r.scope) near.insert(line.subscription.value);
  auto names = model::name_not_affected(not_affected(customer, reg, use, r.scope), near);
  r.agreements_not_affected = std::move(names.agreements);
  r.services_not_affected = std::move(names.services);
  r.not_affected_rest = std::move(names.rest);
}

}  // namespace proviso::decisions
