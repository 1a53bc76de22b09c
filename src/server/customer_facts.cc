// SPDX-License-Identifier: Apache-2.0
#include "server/customer_facts.h"

namespace proviso::server {

void CustomerFacts::forget() {
  kept_.clear();
  ++round_;
}

void CustomerFacts::set_under_review(std::set<std::string> customers) {
  if (customers == under_review_) return;
  under_review_ = std::move(customers);
  forget();
}

void CustomerFacts::add_under_review(std::string_view subscription) {
  const model::Customer* customer = register_.customer_of(subscription);
  if (customer != nullptr && under_review_.insert(customer->id.value).second) forget();
}

const CustomerFacts::Facts& CustomerFacts::facts_of(std::string_view subscription) {
  const auto found = kept_.find(subscription);
  if (found != kept_.end()) return *found->second;
  auto facts = std::make_unique<const Facts>(look_up(subscription));
  return *kept_.emplace(std::string(subscription), std::move(facts)).first->second;
}

CustomerFacts::Facts CustomerFacts::look_up(std::string_view subscription) const {
  const model::Customer* customer = register_.customer_of(subscription);
  const bool under_review = customer != nullptr && under_review_.contains(customer->id.value);
  const auto pinned = pinned_.find(subscription);
  if (pinned != pinned_.end()) {
    Facts facts = pinned->second;
    facts.under_review = facts.under_review || under_review;
    return facts;
  }
  Facts facts;
  if (customer == nullptr) return facts;
  facts.known = true;
  facts.kind = customer->kind;
  for (const std::string& name : customer->protected_classes) {
    facts.protected_class += (facts.protected_class.empty() ? "" : ",") + name;
  }
  facts.under_review = under_review;
  const model::Subscription* s = register_.subscription(subscription);
  const model::Agreement* agreement = register_.agreement(s->agreement.value);
  if (agreement == nullptr) return facts;
  for (const model::DeclaredVolume& v : agreement->declared) {
    facts.declared.push_back({v.service.value, v.unit, "declared_ratio." + v.unit, v.per_day});
  }
  return facts;
}

Json CustomerFacts::describe(std::string_view subscription) {
  const Facts& facts = facts_of(subscription);
  if (!facts.known) return nullptr;
  Json::Array declared;
  for (const Facts::Declared& d : facts.declared) {
    declared.emplace_back(
        Json::Object{{"service", d.service}, {"unit", d.unit}, {"per_day", d.per_day}});
  }
  return Json::Object{{"customer_kind", facts.kind},
                      {"protected_class", facts.protected_class},
                      {"under_review", facts.under_review},
                      {"declared", std::move(declared)}};
}

Result<void> CustomerFacts::pin(std::string_view subscription, const Json& facts) {
  JsonReader reader(facts, "facts");
  Facts pinned;
  pinned.known = true;
  pinned.kind = reader.string("customer_kind");
  pinned.protected_class = reader.string("protected_class");
  pinned.under_review = reader.boolean("under_review");
  for (const Json& one : reader.array("declared")) {
    JsonReader item(one, "facts.declared");
    Facts::Declared d{.service = item.string("service"),
                      .unit = item.string("unit"),
                      .name = {},
                      .per_day = item.integer("per_day")};
    TRY_VOID(item.finish());
    d.name = "declared_ratio." + d.unit;
    pinned.declared.push_back(std::move(d));
  }
  TRY_VOID(reader.finish());
  pinned_.insert_or_assign(std::string(subscription), std::move(pinned));
  forget();
  return {};
}

std::span<const rules::Attribute> CustomerFacts::of(const model::UsageEvent& event, Found& found) {
  attributes_.clear();
  if (found.round != round_) found = {&facts_of(event.subscription), round_};
  const Facts& facts = *found.facts;
  if (!facts.known) return {};
  if (!facts.kind.empty()) attributes_.push_back({.name = "customer.kind", .text = facts.kind});
  if (!facts.protected_class.empty()) {
    attributes_.push_back({.name = "customer.protected_class", .text = facts.protected_class});
  }
  attributes_.push_back(
      {.name = "customer.under_review", .text = facts.under_review ? "true" : "false"});
  for (const Facts::Declared& d : facts.declared) {
    if (d.service != event.service) continue;
    const double amount = event.amount(d.unit);
    if (amount <= 0) continue;
    attributes_.push_back({.name = d.name,
                           .text = {},
                           .number = amount / static_cast<double>(d.per_day),
                           .is_number = true});
  }
  return attributes_;
}

}  // namespace proviso::server
