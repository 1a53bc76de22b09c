// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso {

/// UTC, nanoseconds since 1970-01-01 (as far as 1677 and 2262).
using Time = std::chrono::sys_time<std::chrono::nanoseconds>;
using Duration = std::chrono::nanoseconds;

/// RFC 3339 with any offset and up to nine digits of a second; "t" or a space may stand for "T",
/// and a missing offset means UTC (several cloud exports write it so).
Result<Time> parse_time(std::string_view text);
/// RFC 3339 UTC in seconds, as in every canonical document: 2026-11-23T12:00:00Z.
std::string format_time(Time t);
/// The same with as many digits of a second as are needed (3, 6 or 9).
std::string format_time_exact(Time t);

std::int64_t unix_seconds(Time t);
Time from_unix_seconds(std::int64_t seconds);
/// The second that `t` lies in.
Time floor_second(Time t);

/// What a person writes for a time: "now", RFC 3339, or "+7d", "+36h", "+30m", "+5s" from `now`; in
/// whole seconds.
Result<Time> parse_moment(std::string_view text, Time now);

}  // namespace proviso
