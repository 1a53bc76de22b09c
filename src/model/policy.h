// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/order.h"

namespace proviso::model {

/// What an order against a protected subject takes besides the policy's number (I15).
struct ProtectedRule {
  std::int64_t more = 1;     ///< approvals more than the policy asks for, 1..100
  std::int64_t outside = 1;  ///< of all of them from outside the organisation, 1..100
  bool operator==(const ProtectedRule&) const = default;
};

/// How many it takes.
struct Policy {
  /// Approvals per kind of order, by its name; at least 2 for all but `lift` (no single person).
  std::map<std::string, std::int64_t, std::less<>> approvals;
  /// Per protected class; a class that is not named has ProtectedRule's own numbers.
  std::map<std::string, ProtectedRule, std::less<>> protected_subjects;
  /// Whether the roster may hold server-mediated keys.
  bool server_mediated = false;

  /// Of several classes the strictest numbers; none where there are no classes.
  [[nodiscard]] ProtectedRule rule_for(const std::vector<std::string>& protected_classes) const;
};

/// `protected` and `server_mediated` stand only where they say something.
Json policy_to_json(const Policy& policy);
/// Every kind of order: 1..100 for lift, 2..100 for the others.
Result<Policy> policy_from_json(const Json& value);

}  // namespace proviso::model
