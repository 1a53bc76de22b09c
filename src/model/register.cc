// SPDX-License-Identifier: Apache-2.0
#include "model/register.h"

#include <algorithm>
#include <array>

#include "model/scope.h"

namespace proviso::model {
namespace {

constexpr std::array<std::string_view, 6> kProtectedClasses = {"hospital",      "emergency-service",
                                                               "cyber-defence", "news-medium",
                                                               "human-rights",  "election-body"};

template <class Map>
auto* find_in(Map& map, std::string_view id) {
  const auto it = map.find(id);
  return it == map.end() ? nullptr : &it->second;
}

std::string valid_id(JsonReader& reader, std::string_view name) {
  std::string id = reader.string(name);
  if (reader.ok() && !is_valid_id(id)) {
    reader.fail_at(name, "not a valid identifier (1 to 256 bytes, no control characters)");
  }
  return id;
}

std::string key(std::string_view kind, std::string_view id) {
  return std::string(kind) + "/" + std::string(id);
}

RegisterProblem missing(std::string_view kind, const std::string& id, std::string_view ref) {
  return {key(kind, id), std::string(ref), "the register has no such " + std::string(ref)};
}

}  // namespace

bool is_protected_class(std::string_view text) {
  return std::find(kProtectedClasses.begin(), kProtectedClasses.end(), text) !=
         kProtectedClasses.end();
}

Result<std::string> Register::key_of(const Json& record) {
  JsonReader reader(record, "register");
  const std::string kind = reader.string("kind");
  std::string id;
  if (kind == "link") {
    id = reader.string("from") + "\n" + reader.string("to") + "\n" + reader.string("link_kind");
  } else {
    id = reader.string("id");
  }
  if (!reader.ok()) return std::unexpected(reader.finish().error());
  // Only subscriptions are kept in this form.
  return key(kind, kind == "subscription" ? normalise_id(id) : id);
}

Result<void> Register::add(const Json& record) {
  std::string name = TRY(key_of(record));
  if (const Json* known = find_in(records_, name)) {
    if (*known == record) return {};
    return fail(Errc::conflict, name.substr(0, name.find('/')) +
                                    " stands twice in the register, with different content");
  }
  JsonReader reader(record, "register");
  const std::string kind = reader.string("kind");
  if (kind == "customer") {
    TRY_VOID(add_customer(reader));
  } else if (kind == "unit") {
    TRY_VOID(add_unit(reader));
  } else if (kind == "agreement") {
    TRY_VOID(add_agreement(reader));
  } else if (kind == "subscription") {
    TRY_VOID(add_subscription(reader));
  } else if (kind == "link") {
    TRY_VOID(add_link(reader));
  } else {
    return fail(Errc::invalid_input, "kind: not customer, unit, agreement, subscription or link");
  }
  records_.emplace(std::move(name), record);
  return {};
}

Result<void> Register::add_customer(JsonReader& reader) {
  Customer c;
  c.id = CustomerId(valid_id(reader, "id"));
  c.name = reader.string("name");
  if (c.id.value.starts_with(kUnregistered)) {
    reader.fail_at("id", "no customer can be named " + std::string(kUnregistered) + "...");
  }
  c.kind = reader.string_or("customer_kind", "");
  c.protected_classes = reader.strings_or_empty("protected_classes");
  for (const std::string& name : c.protected_classes) {
    if (!is_protected_class(name)) {
      reader.fail_at("protected_classes",
                     "not a protected class (hospital, emergency-service, cyber-defence, "
                     "news-medium, human-rights, election-body)");
    }
  }
  TRY_VOID(reader.finish());
  customers_.emplace(c.id.value, std::move(c));
  return {};
}

Result<void> Register::add_unit(JsonReader& reader) {
  Unit u;
  u.id = UnitId(valid_id(reader, "id"));
  u.customer = CustomerId(valid_id(reader, "customer"));
  u.name = reader.string_or("name", "");
  TRY_VOID(reader.finish());
  units_.emplace(u.id.value, std::move(u));
  return {};
}

Result<void> Register::add_agreement(JsonReader& reader) {
  Agreement a;
  a.id = AgreementId(valid_id(reader, "id"));
  a.customer = CustomerId(valid_id(reader, "customer"));
  a.terms_version = reader.integer_or("terms_version", 1);
  a.declared_use = reader.string_or("declared_use", "");
  a.exceptions = reader.strings_or_empty("exceptions");
  if (const Json* declared = reader.optional("declared")) {
    if (declared->if_array() == nullptr) reader.fail_at("declared", "not a list");
    std::size_t index = 0;
    for (const Json& item : declared->if_array() ? *declared->if_array() : Json::Array{}) {
      JsonReader line(item, reader.path("declared[" + std::to_string(index++) + "]"));
      DeclaredVolume v;
      v.service = ServiceId(valid_id(line, "service"));
      v.unit = line.string("unit");
      v.per_day = line.integer("per_day");
      if (line.ok() && v.per_day < 1) line.fail_at("per_day", "must be 1 or more");
      TRY_VOID(line.finish());
      a.declared.push_back(std::move(v));
    }
  }
  TRY_VOID(reader.finish());
  agreements_.emplace(a.id.value, std::move(a));
  return {};
}

Result<void> Register::add_subscription(JsonReader& reader) {
  Subscription s;
  // GUIDs in lower case everywhere, so that logs, scopes and gates name one thing one way.
  s.id = SubscriptionId(normalise_id(valid_id(reader, "id")));
  s.unit = UnitId(valid_id(reader, "unit"));
  s.agreement = AgreementId(valid_id(reader, "agreement"));
  TRY_VOID(reader.finish());
  subscriptions_.emplace(s.id.value, std::move(s));
  return {};
}

Result<void> Register::add_link(JsonReader& reader) {
  Link l;
  l.from = valid_id(reader, "from");
  l.to = valid_id(reader, "to");
  l.kind = reader.string("link_kind");
  l.weight_percent = reader.integer("weight_percent");
  l.source = reader.string("source");
  if (reader.ok() && (l.weight_percent < 1 || l.weight_percent > 100)) {
    reader.fail_at("weight_percent", "must be 1 to 100");
  }
  TRY_VOID(reader.finish());
  const std::string name = l.from + "\n" + l.to + "\n" + l.kind;
  links_.emplace(name, std::move(l));
  return {};
}

std::optional<RegisterProblem> Register::problem() const {
  for (const auto& [id, unit] : units_) {
    if (!customers_.contains(unit.customer.value)) return missing("unit", id, "customer");
  }
  for (const auto& [id, agreement] : agreements_) {
    if (!customers_.contains(agreement.customer.value)) return missing("agreement", id, "customer");
  }
  for (const auto& [id, s] : subscriptions_) {
    if (!units_.contains(s.unit.value)) return missing("subscription", id, "unit");
    if (!agreements_.contains(s.agreement.value)) return missing("subscription", id, "agreement");
    if (agreement(s.agreement.value)->customer != unit(s.unit.value)->customer) {
      return RegisterProblem{
          key("subscription", id), "agreement",
          "a subscription has a unit of one customer and an agreement of another"};
    }
  }
  return std::nullopt;
}

Result<void> Register::finish() const {
  const auto wrong = problem();
  if (!wrong) return {};
  return fail(Errc::invalid_input, wrong->member + ": " + wrong->what);
}

const Subscription* Register::subscription(std::string_view id) const {
  return find_in(subscriptions_, id);
}
const Customer* Register::customer(std::string_view id) const { return find_in(customers_, id); }
const Agreement* Register::agreement(std::string_view id) const { return find_in(agreements_, id); }
const Unit* Register::unit(std::string_view id) const { return find_in(units_, id); }

const Customer* Register::customer_of(std::string_view subscription_id) const {
  const Subscription* s = subscription(subscription_id);
  const Unit* u = s != nullptr ? unit(s->unit.value) : nullptr;
  return u != nullptr ? customer(u->customer.value) : nullptr;
}

std::vector<const Subscription*> Register::subscriptions_of(const CustomerId& id) const {
  std::vector<const Subscription*> out;
  for (const auto& [key, s] : subscriptions_) {
    const Unit* u = unit(s.unit.value);
    if (u != nullptr && u->customer == id) out.push_back(&s);
  }
  return out;
}

std::vector<const Agreement*> Register::agreements_of(const CustomerId& id) const {
  std::vector<const Agreement*> out;
  for (const auto& [key, a] : agreements_) {
    if (a.customer == id) out.push_back(&a);
  }
  return out;
}

std::size_t Register::size() const { return records_.size(); }

}  // namespace proviso::model
