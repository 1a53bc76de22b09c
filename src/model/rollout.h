// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/time.h"

// How a restriction begins (docs/formats/order.md): gate by gate, and in shadow before. People sign
// it with the rest of the order.
namespace proviso::model {

/// Some gates that enforce the order before all others.
struct RolloutStep {
  std::vector<std::string> gates;  ///< their names (`proviso gate identity`), sorted
  Time from{};
};

/// From when each gate enforces the order. Before that the order is in shadow there: the gate
/// judges every request by it, counts what it would have refused, and refuses nothing. No stage
/// begins earlier by it.
struct Rollout {
  std::vector<RolloutStep> first;  ///< at most kRolloutStepsMax, strictly rising in time
  Time everywhere_from{};

  /// Of the gate of this name; a gate without a name (empty) is one of all others.
  [[nodiscard]] Time enforced_from(std::string_view gate) const;
  /// When the first gate may enforce it.
  [[nodiscard]] Time begins() const { return first.empty() ? everywhere_from : first.front().from; }
};

inline constexpr std::size_t kRolloutStepsMax = 8;
inline constexpr std::size_t kRolloutGatesMax = 100;  ///< in all steps together
/// From the order's first stage to the last gate: a roll-out without end is a cut that never comes.
inline constexpr Duration kRolloutMax = std::chrono::days{14};

/// Whether an order can name a gate so: 1 to 255 printable characters of ASCII but space, '+' and
/// ','. So that no two names look alike to those who sign.
bool is_rollout_gate(std::string_view name);

Json rollout_to_json(const Rollout& rollout);
/// Refuses what has more than one text: names that are not sorted, a gate that stands twice.
Result<Rollout> rollout_from_json(const Json& value);

/// Whether it fits an order whose first stage begins at `begin` and that ends, or is reviewed, at
/// `end`: begins no gate before the order, all within kRolloutMax, and before the end. `denied`.
Result<void> check_rollout(const Rollout& rollout, Time begin, Time end);

}  // namespace proviso::model
