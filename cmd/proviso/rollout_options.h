// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "model/rollout.h"

namespace proviso::cmd {

/// What --first-gates (each GATE[,GATE...]=TIME) and --everywhere-from say; nothing where neither
/// does. Whether it fits the order, the order says.
Result<std::optional<model::Rollout>> parse_rollout(const std::vector<std::string>& first_gates,
                                                    const std::string& everywhere_from, Time now);

}  // namespace proviso::cmd
