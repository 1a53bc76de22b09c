// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso::model {

/// What kind of thing an operation does; the catalogue says which. `other` is what it doesn't know.
enum class ActionClass : std::uint8_t { read, write, compute, admin, export_data, other };
inline constexpr std::size_t kActionClassCount = 6;

/// "read", "write", "compute", "admin", "export", "other".
std::string_view to_string(ActionClass c);
std::optional<ActionClass> parse_action_class(std::string_view text);

/// How hard a restriction is, from none to all. The order is the strictness ("the strictest wins").
enum class EffectKind : std::uint8_t { allow, throttle, read_only, export_only, deny };

/// An effect and, for `throttle`, its rate.
struct Effect {
  EffectKind kind = EffectKind::allow;
  /// Requests per second, 1..1,000,000; only for throttle, else 0. Of two throttles the lower is
  /// the stricter.
  std::uint32_t rate_per_second = 0;
  bool operator==(const Effect&) const = default;
};

/// "allow", "throttle=5/s", "read-only", "export-only", "deny".
std::string to_string(const Effect& effect);
Result<Effect> parse_effect(std::string_view text);

/// Whether `a` is stricter than `b`.
bool stricter(const Effect& a, const Effect& b);

/// What happens to one request of class `c` in the scope of `effect`: the table of design
/// section 4.
enum class Outcome : std::uint8_t { yes, no, limited };
Outcome outcome(EffectKind effect, ActionClass c);

}  // namespace proviso::model
