// SPDX-License-Identifier: Apache-2.0
#include "bench/detection/trial.h"

#include <functional>

#include "base/json.h"
#include "intake/usage_reader.h"
#include "provider_sim/hour_plan.h"
#include "provider_sim/lines.h"
#include "provider_sim/market.h"
#include "provider_sim/scenarios.h"

namespace proviso::bench {
namespace {

using provider_sim::Listening;
using provider_sim::Record;
using provider_sim::Stream;
using provider_sim::World;

constexpr std::int64_t kChunkHours = 24;

Result<model::Register> register_of(const World& world) {
  model::Register reg;
  const auto add = [&](std::string_view line) -> Result<void> {
    const Json record = TRY(parse_json(line));
    return reg.add(record);
  };
  TRY_VOID(provider_sim::write_register_of(world, add));
  TRY_VOID(reg.finish());
  return reg;
}

/// Takes the records of one hour; the second call ends the hour.
struct Reader {
  std::function<void(const Record&)> take;
  std::function<Result<void>(std::int64_t hour)> end_hour;
};

Reader events_reader(Pipeline& pipeline) {
  return {[&pipeline](const Record& record) {
            const Stream& stream = *record.stream;
            model::UsageEvent event;
            event.subscription = *record.subscription;
            event.service = stream.service;
            event.operation = stream.operation;
            event.region = stream.region;
            event.resource_type = stream.resource_type;
            event.status = stream.status;
            event.count = record.calls;
            event.window_start = record.start;
            event.window_end = record.end;
            for (std::size_t i = 0; i < record.amounts.size(); ++i) {
              if (stream.amounts[i].unit.empty()) continue;
              event.amounts[event.amounts_count++] = {stream.amounts[i].unit,
                                                      static_cast<double>(record.amounts[i])};
            }
            pipeline.take(event);
          },
          [](std::int64_t) -> Result<void> { return {}; }};
}

/// Lines of a day at a time, through the reader that `proviso review` uses.
class TextPath {
 public:
  TextPath(const Setup& setup, Pipeline& pipeline) : setup_(setup), pipeline_(pipeline) {
    decode_.hash_key = "0123456789abcdef";
    decode_.wanted = setup.program->fields();
  }
  void take(const Record& record) {
    provider_sim::append_usage_line(text_, "t-" + std::to_string(lines_++), record);
  }
  Result<void> end_hour(std::int64_t hour) {
    if ((hour + 1) % kChunkHours != 0) return {};
    return flush();
  }
  Result<void> flush() {
    if (text_.empty()) return {};
    auto source = TRY(intake::ByteSource::from_memory("simulated", std::move(text_)));
    text_.clear();
    auto reader = TRY(intake::UsageReader::open(std::move(source), setup_.policies, decode_));
    model::UsageEvent event;
    intake::Reject reject;
    for (;;) {
      const intake::Outcome outcome = TRY(reader.next(event, reject));
      if (outcome == intake::Outcome::end) return {};
      if (outcome == intake::Outcome::reject) return fail(Errc::corrupt, reject.reason);
      pipeline_.take(event);
    }
  }

 private:
  const Setup& setup_;
  Pipeline& pipeline_;
  intake::DecodeOptions decode_;
  std::string text_;
  std::uint64_t lines_ = 0;
};

/// The world's log, hour by hour; each stream has one record an hour. `hour_of_onset` is told what
/// each customer's ramp stores in an hour.
class Log {
 public:
  Log(const World& world, std::uint64_t seed) : world_(world), seed_(seed) {}

  Result<void> run(std::int64_t hours, const Reader& reader,
                   const std::function<void(const Record&, std::int64_t hour)>& watch) const {
    const std::int64_t first = unix_seconds(provider_sim::kDefaultStart) / 3600;
    for (std::int64_t hour = 0; hour < hours; ++hour) {
      for (std::size_t i = 0; i < world_.streams.size(); ++i) {
        const Stream& stream = world_.streams[i];
        const auto plan = provider_sim::plan_hour(stream, i, seed_, hour, first + hour, 1);
        if (plan.calls[0] == 0) continue;
        Record record{&stream,
                      &world_.subscriptions[stream.subscription].id.value,
                      i,
                      plan.calls[0],
                      {plan.amounts[0][0], plan.amounts[1][0]},
                      provider_sim::kDefaultStart + std::chrono::hours{hour},
                      provider_sim::kDefaultStart + std::chrono::hours{hour + 1}};
        watch(record, hour);
        reader.take(record);
      }
      TRY_VOID(reader.end_hour(hour));
    }
    return {};
  }

 private:
  const World& world_;
  std::uint64_t seed_;
};

void add_offender(World& world, std::vector<Offender>& offenders, OffenderKind kind,
                  const Listening& manner) {
  Offender offender{kind, "offender-" + std::to_string(offenders.size()), manner, {}, {}};
  world.add(provider_sim::listening_unit(offender.customer, manner));
  offender.customer = "cust-" + offender.customer;
  if (kind == OffenderKind::million_calls) offender.onset_hour = manner.from_hour;
  offenders.push_back(std::move(offender));
}

/// Finds the first hour in which a ramp stores kRampOnsetPerHour recordings.
class OnsetWatch {
 public:
  OnsetWatch(const World& world, const model::Register& reg, std::vector<Offender>& offenders)
      : of_subscription_(world.subscriptions.size(), nullptr) {
    for (std::size_t i = 0; i < world.subscriptions.size(); ++i) {
      const model::Customer* customer = reg.customer_of(world.subscriptions[i].id.value);
      for (Offender& offender : offenders) {
        if (offender.kind == OffenderKind::slow_ramp && customer->id.value == offender.customer) {
          of_subscription_[i] = &offender;
        }
      }
    }
  }
  void operator()(const Record& record, std::int64_t hour) {
    Offender* offender = of_subscription_[record.stream->subscription];
    if (offender == nullptr || offender->onset_hour || record.stream->service != "storage") return;
    if (record.calls * offender->manner.subscriptions >= provider_sim::kRampOnsetPerHour) {
      offender->onset_hour = hour;
    }
  }

 private:
  std::vector<Offender*> of_subscription_;
};

void judge(Offender& offender, const std::map<Pipeline::CaseKey, FoundCase>& cases) {
  const auto found = cases.find({offender.customer, "surveillance"});
  if (found == cases.end() || !offender.onset_hour) return;
  const Time onset = provider_sim::kDefaultStart + std::chrono::hours{*offender.onset_hour};
  const std::chrono::duration<double, std::ratio<3600>> delay = found->second.seen - onset;
  offender.early = delay.count() < 0;
  offender.delay_hours = std::max(delay.count(), 0.0);
}

std::vector<WrongCase> wrong_cases(const Trial& trial, const model::Register& reg,
                                   std::uint64_t seed) {
  std::vector<WrongCase> out;
  for (const auto& [key, found] : trial.cases) {
    const auto is_it = [&](const Offender& o) { return o.customer == key.first; };
    if (std::any_of(trial.offenders.begin(), trial.offenders.end(), is_it)) continue;
    const model::Customer* customer = reg.customer(key.first);
    out.push_back({"seed " + std::to_string(seed), customer->kind, customer->name, key.second,
                   found.rule, found.months.size()});
  }
  return out;
}

Result<void> run_log(const Setup& setup, const World& world, std::uint64_t seed, std::int64_t hours,
                     Path path, Pipeline& pipeline, OnsetWatch& watch) {
  const Log log(world, seed);
  TextPath text(setup, pipeline);
  Reader reader = events_reader(pipeline);
  if (path == Path::text) {
    reader = {[&](const Record& record) { text.take(record); },
              [&](std::int64_t hour) { return text.end_hour(hour); }};
  }
  TRY_VOID(log.run(hours, reader, [&](const Record& r, std::int64_t hour) { watch(r, hour); }));
  TRY_VOID(text.flush());
  pipeline.finish();
  return {};
}

}  // namespace

Result<Trial> run_provider(const Setup& setup, const TrialOptions& options, Path path) {
  Trial trial;
  World world;
  provider_sim::add_market(world, options.subscriptions, options.seed);
  trial.subscriptions = world.subscriptions.size();
  provider_sim::Draws draws(options.seed ^ 0x0FFE4DE2ULL);
  for (std::uint32_t i = 0; i < options.million_calls; ++i) {
    add_offender(world, trial.offenders, OffenderKind::million_calls,
                 provider_sim::draw_million_calls(draws, options.hours));
  }
  for (std::uint32_t i = 0; i < options.slow_ramps; ++i) {
    add_offender(world, trial.offenders, OffenderKind::slow_ramp,
                 provider_sim::draw_slow_ramp(draws, options.hours));
  }
  const model::Register reg = TRY(register_of(world));
  Pipeline pipeline(setup, reg, provider_sim::kDefaultStart);
  OnsetWatch watch(world, reg, trial.offenders);
  TRY_VOID(run_log(setup, world, options.seed, options.hours, path, pipeline, watch));
  trial.cases = pipeline.cases();
  trial.events = pipeline.events();
  trial.streams = world.streams.size();
  for (Offender& offender : trial.offenders) judge(offender, trial.cases);
  trial.wrong = wrong_cases(trial, reg, options.seed);
  return trial;
}

Result<std::vector<Offender>> run_offenders(const Setup& setup,
                                            const std::vector<Listening>& manners,
                                            std::uint64_t seed, std::int64_t hours) {
  World world;
  std::vector<Offender> offenders;
  for (const Listening& manner : manners) {
    add_offender(world, offenders, OffenderKind::million_calls, manner);
  }
  const model::Register reg = TRY(register_of(world));
  Pipeline pipeline(setup, reg, provider_sim::kDefaultStart);
  OnsetWatch watch(world, reg, offenders);
  TRY_VOID(run_log(setup, world, seed, hours, Path::events, pipeline, watch));
  for (Offender& offender : offenders) judge(offender, pipeline.cases());
  return offenders;
}

}  // namespace proviso::bench
