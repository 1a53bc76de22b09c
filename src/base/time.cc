// SPDX-License-Identifier: Apache-2.0
#include "base/time.h"

#include <array>
#include <charconv>
#include <cstdio>

namespace proviso {
namespace {

using std::chrono::days;
using std::chrono::floor;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Reads exactly `digits` decimal digits at the front of `text` and removes them; -1 where they are
// missing.
int take_number(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    const char c = text[i];
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

std::unexpected<Error> bad_time() {
  return fail(Errc::invalid_input, "not an RFC 3339 time (write 2026-11-23T12:00:00Z)");
}

Result<Time> take_date(std::string_view& text) {
  const int year = take_number(text, 4);
  const bool dash1 = take(text, '-');
  const int month = take_number(text, 2);
  const bool dash2 = take(text, '-');
  const int day = take_number(text, 2);
  if (year < 0 || month < 0 || day < 0 || !dash1 || !dash2) return bad_time();
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!date.ok()) return fail(Errc::invalid_input, "no such day in the calendar");
  if (year < 1678 || year > 2261) return fail(Errc::invalid_input, "year out of range");
  return Time{std::chrono::sys_days{date}.time_since_epoch()};
}

Result<nanoseconds> take_clock(std::string_view& text) {
  const int hour = take_number(text, 2);
  const bool colon1 = take(text, ':');
  const int minute = take_number(text, 2);
  const bool colon2 = take(text, ':');
  const int second = take_number(text, 2);
  if (hour < 0 || minute < 0 || second < 0 || !colon1 || !colon2) return bad_time();
  // A leap second (60) is counted as the last second of its minute.
  if (hour > 23 || minute > 59 || second > 60) return bad_time();
  nanoseconds value = hours{hour} + minutes{minute} + seconds{std::min(second, 59)};
  if (take(text, '.') || take(text, ',')) {
    std::int64_t fraction = 0;
    std::int64_t scale = 100'000'000;
    std::size_t digits = 0;
    for (; !text.empty() && text[0] >= '0' && text[0] <= '9'; text.remove_prefix(1), ++digits) {
      fraction += (text[0] - '0') * scale;
      scale /= 10;
    }
    if (digits == 0) return bad_time();
    value += nanoseconds{fraction};
  }
  return value;
}

Result<minutes> take_offset(std::string_view& text) {
  if (text.empty() || take(text, 'Z') || take(text, 'z')) return minutes{0};
  const bool minus = text[0] == '-';
  if (!take(text, '+') && !take(text, '-')) return bad_time();
  const int hour = take_number(text, 2);
  const bool colon = take(text, ':');
  const int minute = take_number(text, 2);
  if (hour < 0 || minute < 0 || !colon || hour > 23 || minute > 59) return bad_time();
  const minutes offset = hours{hour} + minutes{minute};
  return minus ? -offset : offset;
}

}  // namespace

Result<Time> parse_time(std::string_view text) {
  if (text.size() > 40) return bad_time();
  const Time date = TRY(take_date(text));
  if (!take(text, 'T') && !take(text, 't') && !take(text, ' ')) return bad_time();
  const nanoseconds clock = TRY(take_clock(text));
  const minutes offset = TRY(take_offset(text));
  if (!text.empty()) return bad_time();
  return date + clock - offset;
}

std::string format_time(Time t) {
  const auto day = floor<days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{floor<seconds>(t - day)};
  std::array<char, 40> out{};
  const int n = std::snprintf(
      out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02dZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {out.data(), static_cast<std::size_t>(n)};
}

std::string format_time_exact(Time t) {
  const auto fraction = (t - floor<seconds>(t)).count();
  if (fraction == 0) return format_time(t);
  std::array<char, 16> digits{};
  std::snprintf(digits.data(), digits.size(), "%09lld", static_cast<long long>(fraction));
  std::string text(digits.data());
  while (text.ends_with("000")) text.resize(text.size() - 3);
  std::string out = format_time(t);
  out.insert(out.size() - 1, "." + text);
  return out;
}

std::int64_t unix_seconds(Time t) { return floor<seconds>(t).time_since_epoch().count(); }

Time from_unix_seconds(std::int64_t s) { return Time{seconds{s}}; }

Time floor_second(Time t) { return floor<seconds>(t); }

Result<Time> parse_moment(std::string_view text, Time now) {
  if (text == "now") return floor_second(now);
  if (!text.starts_with('+')) {
    auto t = parse_time(text);
    if (!t) return t;
    return floor_second(*t);
  }
  std::int64_t n = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + text.size(), n);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  if (error != std::errc{} || n < 0 || n > 100'000) {
    return fail(Errc::invalid_input, "a time is RFC 3339, now, or +7d, +36h, +30m");
  }
  if (unit == "d") return floor_second(now) + std::chrono::days{n};
  if (unit == "h") return floor_second(now) + std::chrono::hours{n};
  if (unit == "m") return floor_second(now) + std::chrono::minutes{n};
  if (unit == "s") return floor_second(now) + std::chrono::seconds{n};
  return fail(Errc::invalid_input, "a time is RFC 3339, now, or +7d, +36h, +30m");
}

}  // namespace proviso
