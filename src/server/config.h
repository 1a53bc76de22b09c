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

  /// 0: entries are not sealed; else 1..1440, from one slot of sealed entries to the next.
  std::int64_t seal_every_minutes = 0;
  std::int64_t seals_per_slot = 1;         ///< 1..64
  std::int64_t seal_open_by_days = 400;    ///< 180..732; by when each is open, whatever happens
  std::int64_t seal_open_after_days = 30;  ///< 0..89, after an order's effect or a case's end

  [[nodiscard]] std::int64_t lateness_of(const std::string& format) const {
    const auto own = lateness_minutes_of.find(format);
    return own == lateness_minutes_of.end() ? lateness_minutes : own->second;
  }
  /// The longest of them.
  [[nodiscard]] std::int64_t lateness_max() const;
};

/// Errors name FILE:LINE:COLUMN; unknown keys are refused.
Result<Config> parse_config(const std::string& name, const std::string& text);
/// `seal_every_minutes`: as above; what `init` was asked for.
std::string default_config(const std::string& ledger_origin, std::int64_t seal_every_minutes = 0);

}  // namespace proviso::server
