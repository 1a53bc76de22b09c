// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
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

/// What the customer of a case is called while the register lacks its subscription: this and the
/// subscription's id. No customer of the register may be named so. Written into the store.
inline constexpr std::string_view kUnregistered = "unregistered:";

/// A record that refers to one that the register does not have, or to two that do not agree.
struct RegisterProblem {
  std::string key;     ///< of the record, as Register::key_of() gives it
  std::string member;  ///< the member that refers to it
  std::string what;    ///< what is wrong, without an id: for someone who knows key and member
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
  /// What makes two records the same one: "KIND/ID", a GUID in lower case; of a link both customers
  /// and its kind.
  static Result<std::string> key_of(const Json& record);
  /// Every unit's customer, every subscription's unit and agreement must exist; gives the first
  /// that does not.
  [[nodiscard]] std::optional<RegisterProblem> problem() const;
  [[nodiscard]] Result<void> finish() const;

  [[nodiscard]] const Subscription* subscription(std::string_view id) const;
  [[nodiscard]] const Customer* customer(std::string_view id) const;
  [[nodiscard]] const Agreement* agreement(std::string_view id) const;
  [[nodiscard]] const Unit* unit(std::string_view id) const;
  /// Null where the subscription is unknown.
  [[nodiscard]] const Customer* customer_of(std::string_view subscription) const;
  [[nodiscard]] std::vector<const Subscription*> subscriptions_of(const CustomerId& id) const;
  [[nodiscard]] std::vector<const Agreement*> agreements_of(const CustomerId& id) const;
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
