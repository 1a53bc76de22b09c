// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace proviso::provider_sim {

/// What a usage log is written as: our usage record (docs/formats/usage-record.md), or the lines of
/// an AWS CloudTrail log (one line per call, so at most kCloudtrailRecordsMax of them).
enum class Format : std::uint8_t { usage, cloudtrail };
/// "usage", "cloudtrail".
Result<Format> parse_format(std::string_view text);

inline constexpr std::uint64_t kCloudtrailRecordsMax = 1'000'000;
inline constexpr std::int64_t kHoursMax = 366L * 24;
inline constexpr std::uint32_t kSubscriptionsMax = 1'000'000;
/// 2026-03-01T00:00:00Z.
inline constexpr Time kDefaultStart{std::chrono::seconds{1'772'323'200}};

/// The same options give the same bytes on every machine, and the output for H hours begins with
/// the output for fewer hours (but scenario `departure`, which changes at half time).
struct Options {
  std::string scenario = "quiet";
  std::uint64_t seed = 1;
  /// 1..kHoursMax.
  std::int64_t hours = 24;
  /// On a full hour.
  Time start = kDefaultStart;
  /// Subscriptions of ordinary customers around those that the scenario is about; at most
  /// kSubscriptionsMax.
  std::uint32_t background = 300;
  /// Not 0: stops after exactly so many records and goes on after `hours` until there are as many.
  /// For benchmarks.
  std::uint64_t records = 0;
};

struct ScenarioInfo {
  std::string_view name;
  /// One sentence for `--help`.
  std::string_view about;
};
/// All of them, `quiet` first.
std::vector<ScenarioInfo> scenarios();

/// Takes one line, with its line feed. The view is dead after the call.
using Sink = std::function<Result<void>(std::string_view line)>;

struct Summary {
  std::uint64_t records = 0;
  /// What the records stand for: the sum of their counts.
  std::uint64_t calls = 0;
  Time end{};
  /// CloudTrail only: the log ends early, with kCloudtrailRecordsMax lines.
  bool capped = false;
};

/// Writes the usage log: metadata only, sorted by the end of the window, customers interleaved.
/// Errors: invalid_input for options out of range or an unknown scenario; the sink's own.
Result<Summary> simulate(const Options& options, Format format, const Sink& sink);

/// Writes the register of the same customers (docs/formats/register.md). It depends on `scenario`,
/// `seed` and `background` only.
Result<void> write_register(const Options& options, const Sink& sink);

}  // namespace proviso::provider_sim
