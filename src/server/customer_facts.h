// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "model/register.h"
#include "model/usage_event.h"
#include "rules/usage_view.h"

namespace proviso::server {

/// What rules may know of the customer behind an event (`customer.*`, `declared_ratio.*`), from the
/// register and the open cases. Looked up once per subscription, then kept. One thread.
class CustomerFacts {
 public:
  explicit CustomerFacts(const model::Register& reg) : register_(reg) {}

  struct Facts;
  /// Where the facts of a subscription were found, for who asks of it again and again.
  struct Found {
    const Facts* facts = nullptr;
    std::uint64_t round = 0;
  };

  /// Customers with an open case; forgets what was kept.
  void set_under_review(std::set<std::string> customers);
  /// Asks the register again: it was loaded anew.
  void forget();
  /// The customer of this subscription, from now on.
  void add_under_review(std::string_view subscription);
  /// What is known of it now, for the record: null where it is not in the register.
  Json describe(std::string_view subscription);
  /// Replaces what the register says of a subscription by what describe() gave once. invalid_input
  /// where `facts` is none of it.
  Result<void> pin(std::string_view subscription, const Json& facts);
  /// Valid until the next call. `found`: what was left there for the same subscription, or {}.
  std::span<const rules::Attribute> of(const model::UsageEvent& event, Found& found);
  std::span<const rules::Attribute> of(const model::UsageEvent& event) {
    Found found;
    return of(event, found);
  }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view s) const noexcept {
      return std::hash<std::string_view>{}(s);
    }
  };
  const Facts& facts_of(std::string_view subscription);
  [[nodiscard]] Facts look_up(std::string_view subscription) const;

  const model::Register& register_;
  std::set<std::string> under_review_;
  boost::unordered_flat_map<std::string, std::unique_ptr<const Facts>, Hash, std::equal_to<>> kept_;
  boost::unordered_flat_map<std::string, Facts, Hash, std::equal_to<>> pinned_;
  std::uint64_t round_ = 1;  ///< counts how often what was kept was forgotten
  std::vector<rules::Attribute> attributes_;
};

struct CustomerFacts::Facts {
  struct Declared {
    std::string service;
    std::string unit;
    std::string name;  ///< "declared_ratio.UNIT"
    std::int64_t per_day = 0;
  };
  std::string kind;
  std::string protected_class;
  bool under_review = false;
  bool known = false;
  std::vector<Declared> declared;
};

}  // namespace proviso::server
