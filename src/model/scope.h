// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "model/effect.h"
#include "model/ids.h"

namespace proviso::model {

/// One line of an order's scope. Empty lists mean "all"; there is no wildcard (I3).
struct ScopeLine {
  SubscriptionId subscription;
  ServiceId service;
  std::vector<std::string> regions;
  std::vector<ActionClass> classes;
  /// Keyed hashes, 64 hexadecimal digits each.
  std::vector<std::string> resources;
  bool operator==(const ScopeLine&) const = default;
};

/// "SUB/SERVICE[@REGION][:CLASS][#RESOURCE]"; in parts, "/ @ : #" and "%" are percent-encoded.
/// A GUID is put in lower case. Refused: empty parts, "*" anywhere in subscription, service,
/// region.
Result<ScopeLine> parse_scope_line(std::string_view text);
std::string to_string(const ScopeLine& line);

Json scope_to_json(const std::vector<ScopeLine>& scope);
/// Non-empty, no duplicate, no wildcard, at most 10,000 lines (I3).
Result<std::vector<ScopeLine>> scope_from_json(const Json::Array& items, const std::string& where);
/// The rules of I3 that need no register.
Result<void> check_scope(const std::vector<ScopeLine>& scope);

/// `text` with letters in lower case if it is a GUID (8-4-4-4-12 hexadecimal digits), else as it
/// is.
std::string normalise_id(std::string_view text);

}  // namespace proviso::model
