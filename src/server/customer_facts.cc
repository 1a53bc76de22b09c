// SPDX-License-Identifier: Apache-2.0
#include "server/customer_facts.h"

namespace proviso::server {

void CustomerFacts::set_under_review(std::set<std::string> customers) {
  if (customers == under_review_) return;
  under_review_ = std::move(customers);
  kept_.clear();
}

void CustomerFacts::add_under_review(std::string_view subscription) {
  const model::Customer* customer = register_.customer_of(subscription);
  if (customer != nullptr && under_review_.insert(customer->id.value).second) kept_.clear();
}

const CustomerFacts::Facts& CustomerFacts::facts_of(std::string_view subscription) {
  const auto found = kept_.find(subscription);
  if (found != kept_.end()) return found->second;
  Facts facts;
  const model::Customer* customer = register_.customer_of(subscription);
  if (customer != nullptr) {
    facts.known = true;
    facts.kind = customer->kind;
    for (const std::string& name : customer->protected_classes) {
      facts.protected_class += (facts.protected_class.empty() ? "" : ",") + name;
    }
    facts.under_review = under_review_.contains(customer->id.value);
    const model::Subscription* s = register_.subscription(subscription);
    const model::Agreement* agreement = register_.agreement(s->agreement.value);
    if (agreement != nullptr) {
      for (const model::DeclaredVolume& v : agreement->declared) {
        facts.declared.push_back(
            {v.service.value, v.unit, "declared_ratio." + v.unit, static_cast<double>(v.per_day)});
      }
    }
  }
  return kept_.emplace(std::string(subscription), std::move(facts)).first->second;
}

std::span<const rules::Attribute> CustomerFacts::of(const model::UsageEvent& event) {
  attributes_.clear();
  const Facts& facts = facts_of(event.subscription);
  if (!facts.known) return {};
  if (!facts.kind.empty()) attributes_.push_back({.name = "customer.kind", .text = facts.kind});
  if (!facts.protected_class.empty()) {
    attributes_.push_back({.name = "customer.protected_class", .text = facts.protected_class});
  }
  attributes_.push_back(
      {.name = "customer.under_review", .text = facts.under_review ? "true" : "false"});
  for (const Declared& d : facts.declared) {
    const double amount = event.amount(d.unit);
    if (d.service != event.service || amount <= 0) continue;
    attributes_.push_back(
        {.name = d.name, .text = {}, .number = amount / d.per_day, .is_number = true});
  }
  return attributes_;
}

}  // namespace proviso::server
