// SPDX-License-Identifier: Apache-2.0
#include "rules/time_part.h"

#include <chrono>
#include <cmath>

#include "rules/reader.h"

namespace proviso::rules {
namespace {

constexpr double kMillisecondsFrom = 1e11;
constexpr double kSecondsMax = 9e9;  // what Time can hold, with some room

std::optional<Time> time_of_number(double number) {
  const double seconds = std::fabs(number) >= kMillisecondsFrom ? number / 1000 : number;
  if (!(std::fabs(seconds) <= kSecondsMax)) return std::nullopt;
  const double whole = std::floor(seconds);
  return from_unix_seconds(static_cast<std::int64_t>(whole)) +
         std::chrono::microseconds(std::llround((seconds - whole) * 1e6));
}

// The week that a day's Thursday lies in, counted from the first Thursday of the year.
std::int64_t iso_week(std::chrono::sys_days day) {
  using std::chrono::days;
  const std::chrono::weekday weekday(day);
  const std::chrono::sys_days thursday = day + days(4 - static_cast<int>(weekday.iso_encoding()));
  const std::chrono::year_month_day date(thursday);
  const std::chrono::sys_days first(date.year() / std::chrono::January / 1);
  return (thursday - first).count() / 7 + 1;
}

}  // namespace

std::string_view to_string(TimePart part) {
  switch (part) {
    case TimePart::minute: return "minute";
    case TimePart::hour: return "hour";
    case TimePart::day: return "day";
    case TimePart::week: return "week";
    case TimePart::month: return "month";
    case TimePart::year: return "year";
  }
  return "";
}

std::int64_t part_of(TimePart part, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  switch (part) {
    case TimePart::minute: return clock.minutes().count();
    case TimePart::hour: return clock.hours().count();
    case TimePart::day: return static_cast<unsigned>(date.day());
    case TimePart::week: return iso_week(day);
    case TimePart::month: return static_cast<unsigned>(date.month());
    case TimePart::year: return static_cast<int>(date.year());
  }
  return 0;
}

std::optional<Time> time_of(const Value& value) {
  if (value.kind == ValueKind::number) return time_of_number(value.number);
  if (value.kind != ValueKind::string) return std::nullopt;
  if (const auto time = parse_time(value.text)) return *time;
  const auto number = parse_number(value.text);
  return number ? time_of_number(*number) : std::nullopt;
}

}  // namespace proviso::rules
