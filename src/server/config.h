// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "base/result.h"

namespace proviso::server {

/// proviso.toml of a data folder.
struct Config {
  std::string ledger_origin;
  double rejects_share_max = 0.05;  ///< [0, 1]; more than this share of refused records stops
  /// 0..10080; how far behind the newest event of its source one may come and still be in order.
  std::int64_t lateness_minutes = 60;
  std::map<std::string, std::int64_t> lateness_minutes_of{};  ///< of one intake format

  [[nodiscard]] std::int64_t lateness_of(const std::string& format) const {
    const auto own = lateness_minutes_of.find(format);
    return own == lateness_minutes_of.end() ? lateness_minutes : own->second;
  }
  /// The longest of them.
  [[nodiscard]] std::int64_t lateness_max() const;
};

/// Errors name FILE:LINE:COLUMN; unknown keys are refused.
Result<Config> parse_config(const std::string& name, const std::string& text);
std::string default_config(const std::string& ledger_origin);

}  // namespace proviso::server
