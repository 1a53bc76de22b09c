// SPDX-License-Identifier: Apache-2.0
// Detection: does the shipped rulebook find those who listen to a population, how soon, and how
// often is somebody suspected who does nothing wrong?
//
//   providers  simulated providers with a market of ordinary customers each (src/provider_sim), two
//              `million-calls` and two slow ramps; hourly records, event by event through rules,
//              windows and signals into cases, in memory
//   text       the first of them once more through lines and the decoder: the same cases
//   curves     offenders of one size each, and one size shared between subscriptions
//
//   detection [--providers N] [--subscriptions N] [--days N] [--seed-set choose|test] [--text N]
//             [--curve-runs N] [--scale PERCENT] [--check] [--root FOLDER]
//
// --seed-set choose is for looking and for choosing thresholds; test is for the figures that are
// published. --scale multiplies all thresholds. --check ends with 1 where a figure misses the must.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <map>

#include "bench/detection/figures.h"
#include "bench/detection/trial.h"

namespace {

using namespace proviso;
using namespace proviso::bench;
using provider_sim::Listening;

constexpr std::uint64_t kChooseSeeds = 1'000'000;
constexpr std::uint64_t kTestSeeds = 2'000'000;
constexpr std::int64_t kCurveHours = 14L * 24;
constexpr double kMillionHours = 24;
constexpr double kRampHours = 7 * 24;

struct Options {
  std::uint64_t providers = 200;
  std::uint64_t subscriptions = 200;
  std::uint64_t days = 90;
  std::uint64_t text = 4;
  std::uint64_t curve_runs = 100;
  std::uint64_t scale = 100;
  std::string seed_set = "choose";
  std::string root = ".";
  bool check = false;
  [[nodiscard]] std::uint64_t first_seed() const {
    return seed_set == "test" ? kTestSeeds : kChooseSeeds;
  }
  [[nodiscard]] std::int64_t hours() const { return static_cast<std::int64_t>(days) * 24; }
};

struct Totals {
  std::vector<Offender> offenders;
  std::vector<WrongCase> wrong;
  std::uint64_t events = 0;
  std::uint64_t subscriptions = 0;
  std::uint64_t text_differs = 0;
};

double per_cent(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : 100 * static_cast<double>(part) / static_cast<double>(whole);
}

Result<Totals> run_providers(const Setup& setup, const Options& options) {
  Totals totals;
  for (std::uint64_t i = 0; i < options.providers; ++i) {
    TrialOptions one;
    one.seed = options.first_seed() + i;
    one.subscriptions = static_cast<std::uint32_t>(options.subscriptions);
    one.hours = options.hours();
    Trial trial = TRY(run_provider(setup, one, Path::events));
    if (i < options.text) {
      const Trial text = TRY(run_provider(setup, one, Path::text));
      if (text.cases != trial.cases || text.events != trial.events) ++totals.text_differs;
    }
    totals.events += trial.events;
    totals.subscriptions += trial.subscriptions;
    totals.offenders.insert(totals.offenders.end(), trial.offenders.begin(), trial.offenders.end());
    totals.wrong.insert(totals.wrong.end(), trial.wrong.begin(), trial.wrong.end());
  }
  return totals;
}

bool print_delays(const char* name, const Delays& delays, double hours_max, double must) {
  const std::uint64_t within = delays.within(hours_max);
  const Interval interval = share_interval(within, delays.offenders);
  std::printf("%s: %llu judged, %llu with an onset too late to judge, %llu found before it\n", name,
              static_cast<unsigned long long>(delays.offenders),
              static_cast<unsigned long long>(delays.too_late_to_judge),
              static_cast<unsigned long long>(delays.early));
  std::printf("  within %.0f h: %llu = %.2f %% (95 %%: %.2f to %.2f)\n", hours_max,
              static_cast<unsigned long long>(within), per_cent(within, delays.offenders),
              100 * interval.low, 100 * interval.high);
  std::printf("  hours from onset to the case: median %.0f, p95 %.0f, p99 %.0f, most %.0f\n",
              delays.percentile(50), delays.percentile(95), delays.percentile(99),
              delays.percentile(100));
  return delays.offenders > 0 && per_cent(within, delays.offenders) >= must;
}

void print_manner(const Offender& o, double hours_max) {
  if (o.onset_hour && o.delay_hours && *o.delay_hours <= hours_max) return;
  if (!o.onset_hour) return;
  const Listening& m = o.manner;
  std::printf(
      "    missed or late: onset %lld h, delay %.0f h, %llu/h to %llu/h doubling in %u h, "
      "%llu s each, %llu B/s, %llu %% recognised, rhythm %d, declares %d\n",
      static_cast<long long>(*o.onset_hour), o.delay_hours.value_or(-1),
      static_cast<unsigned long long>(m.per_hour), static_cast<unsigned long long>(m.ramp_to),
      m.doubling_hours, static_cast<unsigned long long>(m.seconds_each),
      static_cast<unsigned long long>(m.bytes_per_second),
      static_cast<unsigned long long>(m.recognised_percent), static_cast<int>(m.rhythm),
      static_cast<int>(m.declared));
}

bool print_wrong(const Totals& totals, const Options& options) {
  const double months = static_cast<double>(options.days) / 30;
  const WrongRate rate =
      wrong_rate(totals.wrong, static_cast<double>(totals.subscriptions) * months);
  std::printf("wrong cases: %llu, in %llu customer months, of %.0f subscription months\n",
              static_cast<unsigned long long>(rate.cases),
              static_cast<unsigned long long>(rate.case_months), rate.subscription_months);
  std::printf("  of 10,000 subscriptions a month: %.3f (95 %%: %.3f to %.3f)\n", rate.rate,
              rate.interval.low, rate.interval.high);
  struct Cause {
    std::size_t cases = 0;
    std::size_t months = 0;
  };
  std::map<std::string, Cause> by_cause;
  for (const WrongCase& w : totals.wrong) {
    Cause& cause = by_cause[w.rule + " <- " + w.kind];
    ++cause.cases;
    cause.months += w.months;
  }
  for (const auto& [name, cause] : by_cause) {
    std::printf("  %4zu cases, %4zu months  %s\n", cause.cases, cause.months, name.c_str());
  }
  for (std::size_t i = 0; i < std::min<std::size_t>(totals.wrong.size(), 20); ++i) {
    const WrongCase& w = totals.wrong[i];
    std::printf("    %s: %s, %s\n", w.provider.c_str(), w.customer.c_str(), w.rule.c_str());
  }
  return rate.rate <= 1;
}

bool print_totals(const Totals& totals, const Options& options) {
  const Delays million =
      delays_of(totals.offenders, OffenderKind::million_calls, options.hours(), 24);
  const Delays ramp =
      delays_of(totals.offenders, OffenderKind::slow_ramp, options.hours(), 7L * 24);
  bool good = print_delays("million-calls", million, kMillionHours, 99);
  for (const Offender& o : totals.offenders) {
    if (o.kind == OffenderKind::million_calls) print_manner(o, kMillionHours);
  }
  // A short run has no time to judge a ramp; then there is nothing to hold it to.
  if (ramp.offenders > 0) good = print_delays("slow-ramp", ramp, kRampHours, 99) && good;
  for (const Offender& o : totals.offenders) {
    const bool judged = o.onset_hour && *o.onset_hour + 7L * 24 <= options.hours();
    if (o.kind == OffenderKind::slow_ramp && judged) print_manner(o, kRampHours);
  }
  good = print_wrong(totals, options) && good;
  std::printf("text path: %llu providers, %llu differ\n",
              static_cast<unsigned long long>(std::min(options.text, options.providers)),
              static_cast<unsigned long long>(totals.text_differs));
  return good && totals.text_differs == 0;
}

Result<void> print_curve_point(const Setup& setup, const Options& options, std::uint64_t per_hour,
                               std::uint32_t shared_by) {
  provider_sim::Draws draws(options.first_seed() ^ per_hour ^ (std::uint64_t{shared_by} << 40U));
  std::vector<Listening> manners;
  for (std::uint64_t i = 0; i < options.curve_runs; ++i) {
    Listening manner = provider_sim::draw_million_calls(draws, kCurveHours);
    manner.per_hour = per_hour;
    manner.subscriptions = shared_by;
    manners.push_back(manner);
  }
  const auto offenders = TRY(run_offenders(setup, manners, options.first_seed(), kCurveHours));
  const Delays d = delays_of(offenders, OffenderKind::million_calls, kCurveHours, 7L * 24);
  std::printf("  %9llu  %3u  %6.1f %%  %6.1f %%  %8.0f\n",
              static_cast<unsigned long long>(per_hour), shared_by,
              per_cent(d.within(kMillionHours), d.offenders),
              per_cent(d.within(kRampHours), d.offenders), d.percentile(50));
  return {};
}

Result<void> print_curves(const Setup& setup, const Options& options) {
  std::printf(
      "curves, %llu offenders a point: recordings in the busiest hour, subscriptions that "
      "share them,\n  found within 24 h and 7 d, median hours\n",
      static_cast<unsigned long long>(options.curve_runs));
  for (const std::uint64_t per_hour : std::initializer_list<std::uint64_t>{
           10'000, 20'000, 30'000, 50'000, 70'000, 100'000, 150'000, 200'000, 300'000, 500'000,
           1'000'000, 2'000'000}) {
    TRY_VOID(print_curve_point(setup, options, per_hour, 1));
  }
  for (const std::uint32_t shared_by : {2U, 4U, 8U, 16U, 32U, 64U}) {
    TRY_VOID(print_curve_point(setup, options, 1'000'000, shared_by));
  }
  return {};
}

Result<bool> run(const Options& options) {
  const Setup setup = TRY(load_setup(options.root, static_cast<std::uint32_t>(options.scale)));
  std::printf("%llu providers, %llu subscriptions each, %llu days, seeds %s, thresholds x %.2f\n",
              static_cast<unsigned long long>(options.providers),
              static_cast<unsigned long long>(options.subscriptions),
              static_cast<unsigned long long>(options.days), options.seed_set.c_str(),
              static_cast<double>(options.scale) / 100);
  const std::clock_t begin = std::clock();
  const Totals totals = TRY(run_providers(setup, options));
  const double cpu = static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  const bool good = print_totals(totals, options);
  if (options.curve_runs > 0) TRY_VOID(print_curves(setup, options));
  std::printf("%llu records in %.0f CPU s\n", static_cast<unsigned long long>(totals.events), cpu);
  return good;
}

bool read_number(std::string_view text, std::uint64_t least, std::uint64_t& out) {
  std::uint64_t number = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), number);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size() || number < least) {
    return false;
  }
  out = number;
  return true;
}

bool read_option(std::string_view name, std::string_view value, Options& options) {
  if (name == "--providers") return read_number(value, 1, options.providers);
  if (name == "--subscriptions") return read_number(value, 1, options.subscriptions);
  if (name == "--days") return read_number(value, 3, options.days);
  if (name == "--text") return read_number(value, 0, options.text);
  if (name == "--curve-runs") return read_number(value, 0, options.curve_runs);
  if (name == "--scale") return read_number(value, 1, options.scale);
  if (name == "--root") options.root = value;
  if (name == "--seed-set") options.seed_set = value;
  return name == "--root" || (name == "--seed-set" && (value == "choose" || value == "test"));
}

bool read_options(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--check") {
      options.check = true;
    } else if (i + 1 >= argc || !read_option(argv[i], argv[i + 1], options)) {
      return false;
    } else {
      ++i;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(
        stderr,
        "usage: %s [--providers N] [--subscriptions N] [--days N] [--seed-set choose|test] "
        "[--text N] [--curve-runs N] [--scale PERCENT] [--check] [--root FOLDER]\n",
        argv[0]);
    return 2;
  }
  const auto good = run(options);
  if (!good) {
    std::fprintf(stderr, "error: %s\n", good.error().message.c_str());
    return 1;
  }
  return *good || !options.check ? 0 : 1;
}
