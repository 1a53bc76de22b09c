// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/digest.h"
#include "base/json.h"

namespace proviso::model {

/// How many agreements, and how many services, an order names one by one (docs/decisions/0006).
inline constexpr std::size_t kNamedMax = 1'000;

/// What an order leaves alone beyond what it names: counted, and bound by a digest, so that people
/// sign it all the same.
struct NotAffectedRest {
  std::int64_t agreements = 0;
  std::int64_t services = 0;
  /// Service, and of how many subscriptions it is left alone; sorted, at most kNamedMax.
  std::vector<std::pair<std::string, std::int64_t>> by_service;
  Digest all;  ///< SHA-256 of the complete lists, named ones too (not_affected_text)
  bool operator==(const NotAffectedRest&) const = default;
};

/// Everything of the case's customer that an order leaves alone.
struct NotAffected {
  std::set<std::string> agreements;
  std::set<std::pair<std::string, std::string>> services;  ///< (subscription, service)
};

/// The complete lists as canonical JSON: {"agreements":[...],"services":["SUB/SERVICE",...]}.
std::string not_affected_text(const NotAffected& all);

struct NotAffectedNames {
  std::vector<std::string> agreements;
  std::vector<std::string> services;
  std::optional<NotAffectedRest> rest;  ///< none where everything is named
};
/// At most kNamedMax of each, sorted; services of `near` subscriptions (those that the order cuts
/// in part) before all others.
NotAffectedNames name_not_affected(const NotAffected& all, const std::set<std::string>& near);

Json rest_to_json(const NotAffectedRest& rest);
/// invalid_input: counts that cannot be true.
Result<NotAffectedRest> rest_from_json(const Json& value);

}  // namespace proviso::model
