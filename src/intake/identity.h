// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/siphash.h"
#include "model/usage_event.h"

namespace proviso::intake {

/// What tells events apart: 16 bytes of a keyed hash. Never all zero.
struct EventKey {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const EventKey&) const = default;
};

/// Makes the keys of events, with a secret of the deployment, so that nobody who chooses ids can
/// make another's event a duplicate (docs/decisions/0011-keyed-identities.md). The same secret and
/// event give the same key in every run. One thread.
class Identity {
 public:
  /// `secret`: that of the keyed hashes (DecodeOptions::hash_key); what is used here is derived.
  explicit Identity(std::string_view secret);

  /// Of an event that has an id: over format, subscription and id. Of one that has none: over the
  /// canonical event (all canonical fields, not `kept`, which depends on the rules loaded); SeenIds
  /// then adds the ordinal among equals.
  EventKey operator()(std::string_view format, const model::UsageEvent& event);

 private:
  void use_format(std::string_view format);
  std::string secret_;
  std::string format_;
  SipKey id_key_;
  SipKey event_key_;
  std::string scratch_;
};

}  // namespace proviso::intake
