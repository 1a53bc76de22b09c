// SPDX-License-Identifier: Apache-2.0
#include "provider_sim/simulate.h"

#include <algorithm>
#include <tuple>

#include "provider_sim/hour_plan.h"
#include "provider_sim/lines.h"
#include "provider_sim/scenarios.h"

namespace proviso::provider_sim {
namespace {

constexpr Duration kSlot = Duration{std::chrono::hours{1}} / static_cast<int>(kSlotsPerHour);

Result<void> check(const Options& options) {
  if (options.hours < 1 || options.hours > kHoursMax) {
    return fail(Errc::invalid_input, "hours: must be 1 to " + std::to_string(kHoursMax));
  }
  if (options.background > kSubscriptionsMax) {
    return fail(Errc::invalid_input,
                "subscriptions: must be at most " + std::to_string(kSubscriptionsMax));
  }
  const std::int64_t start = unix_seconds(options.start);
  if (start < 0 || start % 3600 != 0 || options.start != from_unix_seconds(start)) {
    return fail(Errc::invalid_input, "start: must be a full hour from 1970 on");
  }
  return {};
}

std::int64_t utc_hour(const Options& options, std::int64_t hour) {
  return unix_seconds(options.start) / 3600 + hour;
}

/// Hands out the records of a world in the order of their window's end.
class Simulation {
 public:
  Simulation(const Options& options, const World& world) : options_(options), world_(world) {}

  /// Calls `visit(record)` for each record, until it says false or the hours
  /// are over. `records` an hour and stream, or 0 for what each stream has.
  template <class Visit>
  Result<void> run(std::int64_t hours, std::uint32_t records, Visit visit) {
    for (std::int64_t hour = 0; hour < hours; ++hour) {
      for (std::uint32_t slot = 0; slot < kSlotsPerHour; ++slot) {
        const bool more = TRY(run_slot(hour, slot, records, visit));
        if (!more) return {};
      }
    }
    return {};
  }

 private:
  template <class Visit>
  Result<bool> run_slot(std::int64_t hour, std::uint32_t slot, std::uint32_t records,
                        Visit& visit) {
    for (std::size_t i = 0; i < world_.streams.size(); ++i) {
      const Stream& stream = world_.streams[i];
      const std::uint32_t per_hour = records != 0 ? records : stream.records_per_hour;
      const std::uint32_t slots = kSlotsPerHour / per_hour;
      if ((slot + 1) % slots != 0) continue;
      const HourPlan plan =
          plan_hour(stream, i, options_.seed, hour, utc_hour(options_, hour), per_hour);
      const std::uint32_t part = (slot + 1) / slots - 1;
      if (plan.calls[part] == 0) continue;
      Record record{&stream,
                    &world_.subscriptions[stream.subscription].id.value,
                    i,
                    plan.calls[part],
                    {plan.amounts[0][part], plan.amounts[1][part]},
                    {},
                    {}};
      record.end = options_.start + std::chrono::hours{hour} + kSlot * (slot + 1);
      record.start = record.end - kSlot * slots;
      const bool more = TRY(visit(record));
      if (!more) return false;
    }
    return true;
  }

  const Options& options_;
  const World& world_;
};

std::int64_t hours_to_run(const Options& options) {
  return options.records != 0 ? kHoursMax : options.hours;
}

Result<Summary> simulate_usage(const Options& options, const World& world, const Sink& sink) {
  Summary summary;
  std::string line;
  const std::string prefix = options.scenario + "-" + std::to_string(options.seed) + "-";
  const auto write = [&](const Record& record) -> Result<bool> {
    line.clear();
    append_usage_line(line, prefix + std::to_string(summary.records), record);
    TRY_VOID(sink(line));
    ++summary.records;
    summary.calls += record.calls;
    summary.end = record.end;
    return summary.records != options.records;
  };
  Simulation simulation(options, world);
  TRY_VOID(simulation.run(hours_to_run(options), 0, write));
  return summary;
}

/// Whether the log would have more lines than kCloudtrailRecordsMax: one per call adds up quickly.
bool needs_cap(const Options& options, const World& world) {
  std::uint64_t calls = options.records;
  for (std::int64_t hour = 0; options.records == 0 && hour < options.hours; ++hour) {
    for (std::size_t i = 0; i < world.streams.size(); ++i) {
      if (cloudtrail_name(world.streams[i]) == nullptr) continue;
      calls += calls_in_hour(world.streams[i], i, options.seed, hour, utc_hour(options, hour));
    }
    if (calls > kCloudtrailRecordsMax) break;
  }
  return calls > kCloudtrailRecordsMax;
}

/// The calls of one slot of time, to be written in the order of their times.
struct Call {
  Time at;
  std::size_t place;  ///< keeps the order of equal times
  Record record;
};

void spread(const Record& record, SeededRandom& random, std::vector<Call>& calls) {
  const auto seconds = static_cast<std::uint64_t>(kSlot / std::chrono::seconds{1});
  for (std::uint64_t i = 0; i < record.calls; ++i) {
    const std::uint64_t offset = (i * seconds + random.below(seconds)) / record.calls;
    calls.push_back({record.start + std::chrono::seconds{offset}, calls.size(), record});
  }
}

Result<Summary> simulate_cloudtrail(Options options, const World& world, const Sink& sink) {
  Summary summary;
  summary.capped = needs_cap(options, world);
  if (summary.capped) options.records = kCloudtrailRecordsMax;
  SeededRandom random(options.seed ^ 0xC10D7A11ULL);
  std::vector<Call> calls;
  std::string line;
  // Writes the slot that is complete; false when there are enough records.
  const auto flush = [&]() -> Result<bool> {
    std::sort(calls.begin(), calls.end(), [](const Call& x, const Call& y) {
      return std::tie(x.at, x.place) < std::tie(y.at, y.place);
    });
    for (const Call& call : calls) {
      if (options.records != 0 && summary.records == options.records) break;
      line.clear();
      append_cloudtrail_line(line, *cloudtrail_name(*call.record.stream), call.record, call.at,
                             random);
      TRY_VOID(sink(line));
      ++summary.records;
      ++summary.calls;
      summary.end = call.at;
    }
    calls.clear();
    return options.records == 0 || summary.records < options.records;
  };
  const auto collect = [&](const Record& record) -> Result<bool> {
    bool more = true;
    if (!calls.empty() && calls.back().record.end != record.end) more = TRY(flush());
    if (cloudtrail_name(*record.stream) != nullptr) spread(record, random, calls);
    return more;
  };
  Simulation simulation(options, world);
  TRY_VOID(simulation.run(hours_to_run(options), kSlotsPerHour, collect));
  TRY(flush());
  return summary;
}

}  // namespace

Result<Format> parse_format(std::string_view text) {
  if (text == "usage") return Format::usage;
  if (text == "cloudtrail") return Format::cloudtrail;
  return fail(Errc::invalid_input, "format: must be usage or cloudtrail");
}

Result<Summary> simulate(const Options& options, Format format, const Sink& sink) {
  TRY_VOID(check(options));
  const World world = TRY(make_world(options));
  return format == Format::usage ? simulate_usage(options, world, sink)
                                 : simulate_cloudtrail(options, world, sink);
}

}  // namespace proviso::provider_sim
