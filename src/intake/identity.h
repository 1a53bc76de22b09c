// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "model/usage_event.h"

namespace proviso::intake {

/// The first 16 bytes of a SHA-256: no customer can make another's event look like a duplicate.
struct EventKey {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const EventKey&) const = default;
};

/// Key of an event that has an id: over format, subscription and id. Of one that has none: over the
/// canonical event (all canonical fields, not `kept`, which depends on the rules loaded); SeenIds
/// then adds the ordinal among equals. `scratch` is reused between calls.
EventKey identity(std::string_view format, const model::UsageEvent& event, std::string& scratch);

}  // namespace proviso::intake
