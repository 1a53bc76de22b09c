// SPDX-License-Identifier: Apache-2.0
#include "server/source_clocks.h"

#include <algorithm>

#include "base/encoding.h"
#include "server/review_state.h"

namespace proviso::server {
namespace {

// As long as ids are known, and the longest bound that can be set.
constexpr std::chrono::hours kIdle{24 * 7};

std::string counter_name(const std::string& format) { return "newest_of:" + format; }

}  // namespace

Result<void> SourceClocks::load(cases::Database& database, const intake::FieldPolicies& policies) {
  for (const auto& [format, policy] : policies.all()) {
    const std::uint64_t seconds = TRY(read_counter(database, counter_name(format)));
    if (seconds > 0) newest_[format] = from_unix_seconds(static_cast<std::int64_t>(seconds));
  }
  return {};
}

Result<void> SourceClocks::save(cases::Database& database) const {
  for (const auto& [format, newest] : newest_) {
    const auto seconds =
        static_cast<std::uint64_t>(std::max<std::int64_t>(unix_seconds(newest), 0));
    TRY_VOID(write_counter(database, counter_name(format), seconds));
  }
  return {};
}

bool SourceClocks::is_alone(const std::string& format) const {
  Time newest{};
  for (const auto& [name, time] : newest_) newest = std::max(newest, time);
  return std::ranges::none_of(newest_, [&](const auto& source) {
    return source.first != format && source.second != Time{} && source.second >= newest - kIdle;
  });
}

std::chrono::seconds SourceClocks::behind(Time newest) const {
  Duration most{};
  bool any = false;
  for (const auto& [format, time] : newest_) {
    if (time == Time{}) continue;
    most = std::max(most, newest - time + bound(format));
    any = true;
  }
  if (!any) most = std::chrono::minutes(config_.lateness_minutes);
  return std::chrono::ceil<std::chrono::seconds>(std::min<Duration>(most, kIdle));
}

Result<void> check_sources(const Config& config, const intake::FieldPolicies& policies) {
  for (const auto& [format, minutes] : config.lateness_minutes_of) {
    if (policies.find(format) != nullptr) continue;
    return fail(Errc::invalid_input, "intake.lateness_minutes_of names \"" + printable(format) +
                                         "\", for which there is no field policy");
  }
  return {};
}

}  // namespace proviso::server
