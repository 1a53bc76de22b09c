// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/time.h"
#include "rules/event_view.h"

namespace proviso::rules {

/// What the modifiers `minute` to `year` take out of a time, always in UTC.
enum class TimePart : std::uint8_t { minute, hour, day, week, month, year };
std::string_view to_string(TimePart part);

/// `week` is the week of ISO 8601 (1 to 53): the first days of January may lie in week 52 or 53.
std::int64_t part_of(TimePart part, Time time);

/// The time that a field's value stands for: RFC 3339 text; or a number, also as text, of Unix
/// seconds (of milliseconds from 10^11 on). Nothing where it is none.
std::optional<Time> time_of(const Value& value);

}  // namespace proviso::rules
