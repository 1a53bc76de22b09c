// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "model/effect.h"

namespace proviso::model {

/// What one subscription used of one service, in one region and action class, in one hour.
struct RollupCell {
  std::string subscription;
  std::string service;
  std::string region;
  ActionClass action_class = ActionClass::other;
  std::int64_t hour = 0;  ///< hours since 1970-01-01 UTC
  std::uint64_t count = 0;
  std::map<std::string, double> quantities;  ///< by unit
};

}  // namespace proviso::model
