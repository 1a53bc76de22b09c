// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"

namespace proviso::server {

/// proviso.toml of a data folder.
struct Config {
  std::string ledger_origin;
  double rejects_share_max = 0.05;  ///< [0, 1]; more than this share of refused records stops
  std::int64_t lateness_minutes =
      60;  ///< 0..10080; how late an event may come and still be in order
};

/// Errors name FILE:LINE:COLUMN; unknown keys are refused.
Result<Config> parse_config(const std::string& name, const std::string& text);
std::string default_config(const std::string& ledger_origin);

}  // namespace proviso::server
