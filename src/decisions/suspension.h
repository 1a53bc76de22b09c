// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "cases/database.h"
#include "model/order.h"

namespace proviso::decisions {

/// From when to when a suspension holds: [from, to).
struct SuspensionTime {
  std::vector<model::ScopeLine> scope;
  Time from{};
  Time to{};
};

/// How long `next` would hold; nothing for a termination, which is reviewed and does not end.
std::optional<SuspensionTime> suspension_time(const model::Restriction& next);

/// The suspensions that came into force and name a subscription and service of `scope`, up to their
/// end or to the lift that ended them.
Result<std::vector<SuspensionTime>> past_suspensions(cases::Database& database,
                                                     const std::vector<model::ScopeLine>& scope);

/// I5: denied where `next` and the others together suspend one service of one subscription for more
/// than 180 days within any 366. Times that overlap count once; lifted time does not count. A scope
/// line counts for its whole service, whatever regions, classes or resources it names.
Result<void> check_no_chain(const SuspensionTime& next, const std::vector<SuspensionTime>& others);

}  // namespace proviso::decisions
