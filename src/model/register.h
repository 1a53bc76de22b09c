// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/ids.h"

namespace proviso::model {

struct Customer {
  CustomerId id;
  std::string name;
  std::string kind;  ///< the provider's own word, e.g. "public-body", "contact-centre"
  std::vector<std::string> protected_classes;
};

struct Unit {
  UnitId id;
  CustomerId customer;
  std::string name;
};

/// What the customer said it would use, per day.
struct DeclaredVolume {
  ServiceId service;
  std::string unit;
  std::int64_t per_day = 0;
};

struct Agreement {
  AgreementId id;
  CustomerId customer;
  std::int64_t terms_version = 1;
  std::string declared_use;
  std::vector<DeclaredVolume> declared;
  std::vector<std::string> exceptions;
};

struct Subscription {
  SubscriptionId id;
  UnitId unit;
  AgreementId agreement;
};

struct Link {
  std::string from;
  std::string to;
  std::string kind;  ///< reseller, parent, shared-billing
  std::int64_t weight_percent = 100;
  std::string source;
};

/// The protected classes of design section 5, I15.
bool is_protected_class(std::string_view text);

/// The provider's own list of customers, units, agreements, subscriptions and links. Unknown to
/// Proviso means: not in here. Built line by line, then immutable.
class Register {
 public:
  /// Adds one record of a register file (docs/formats/register.md). References are checked by
  /// finish(), so that records may come in any order. An id that stands twice with the same content
  /// is fine; with other content it is `conflict`.
  Result<void> add(const Json& record);
  /// Every unit's customer, every subscription's unit and agreement must exist.
  [[nodiscard]] Result<void> finish() const;

  [[nodiscard]] const Subscription* subscription(std::string_view id) const;
  [[nodiscard]] const Customer* customer(std::string_view id) const;
  [[nodiscard]] const Agreement* agreement(std::string_view id) const;
  [[nodiscard]] const Unit* unit(std::string_view id) const;
  /// Null where the subscription is unknown.
  [[nodiscard]] const Customer* customer_of(std::string_view subscription) const;
  [[nodiscard]] std::vector<const Subscription*> subscriptions_of(const CustomerId& id) const;
  [[nodiscard]] const std::map<std::string, Subscription, std::less<>>& subscriptions() const {
    return subscriptions_;
  }
  [[nodiscard]] std::size_t size() const;

 private:
  template <class T>
  using Table = std::map<std::string, T, std::less<>>;
  Result<void> add_customer(JsonReader& reader);
  Result<void> add_unit(JsonReader& reader);
  Result<void> add_agreement(JsonReader& reader);
  Result<void> add_subscription(JsonReader& reader);
  Result<void> add_link(JsonReader& reader);
  Table<Customer> customers_;
  Table<Unit> units_;
  Table<Agreement> agreements_;
  Table<Subscription> subscriptions_;
  Table<Link> links_;
  Table<Json> records_;
};

}  // namespace proviso::model
