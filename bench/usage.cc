// SPDX-License-Identifier: Apache-2.0
// Usage records from bytes to roll-ups and windows, in memory and without the store, one thread.
//
//   phase     what it does
//   parse     simdjson's parser over blocks of the same bytes: all of JSON, nothing kept
//   bare      simdjson's on-demand parser, subscription, hour digits and count into a hash map: no
//             check of a time, no field policy, no duplicates, no rules
//   read      our intake: decode under the field policy into usage events
//   dedup     read, and each event once (identity, ids of seven days)
//   rollup    dedup, and hourly roll-ups by subscription, service, action class and region
//   match     rollup, and the shipped rulebook's plain rules
//   windows   match, and correlations, signals: all that `proviso review` does but commits
//
// Each phase holds the ones above it, so that differences are what a stage costs. CPU time is the
// thread's own, the best of --runs. Every phase reads the file itself, from the page cache.
//
//   usage [--records N] [--background SUBSCRIPTIONS] [--runs N] [--log FILE] [--small]
//        [--phase NAME]
//
// --small leaves out the optional members of the simulated records: about 260 bytes each.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <utility>

#include <unistd.h>

#include "bench/founded.h"
#include "bench/usage_peers.h"
#include "intake/identity.h"
#include "intake/seen_ids.h"
#include "intake/usage_reader.h"
#include "rules/matcher.h"
#include "rules/usage_view.h"
#include "server/customer_facts.h"
#include "server/rulebook.h"
#include "signals/rollup.h"
#include "signals/signal.h"

namespace {

using namespace proviso;

enum class Stage : std::uint8_t { read, dedup, rollup, match, windows };
constexpr std::uint64_t kCommitEvery = 500'000;
constexpr std::uint64_t kAdvanceEvery = 1U << 12U;

struct Settings {
  provider_sim::Options simulate;
  int runs = 3;
  bool small = false;
  std::string log;
  std::string phase;  // only this one; empty: all
};

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

// What all phases share.
struct World {
  std::string log;
  intake::FieldPolicies policies;
  std::shared_ptr<const rules::Program> program;
  const model::Register* customers = nullptr;
  model::Catalogue catalogue;
  intake::DecodeOptions decode;
};

struct Totals {
  std::uint64_t events = 0;
  std::uint64_t count = 0;
  std::uint64_t cells = 0;
  std::uint64_t matched = 0;
  std::uint64_t firings = 0;
};

class Pipeline {
 public:
  Pipeline(const World& world, Stage last)
      : world_(world),
        last_(last),
        facts_(*world.customers),
        view_(world.program),
        matcher_(world.program),
        engine_(world.program) {}

  Result<Totals> run() {
    seen_.begin_file(world_.log);
    auto reader = TRY(intake::UsageReader::open(world_.log, world_.policies, world_.decode));
    model::UsageEvent event;
    intake::Reject reject;
    for (;;) {
      const intake::Outcome outcome = TRY(reader.next(event, reject));
      if (outcome == intake::Outcome::end) break;
      if (outcome == intake::Outcome::reject) return fail(Errc::corrupt, reject.reason);
      take(event, reader.format());
    }
    engine_.flush(firings_);
    totals_.firings += firings_.size();
    totals_.cells += rollup_.cells();
    return totals_;
  }

 private:
  void take(const model::UsageEvent& event, std::string_view format) {
    ++totals_.events;
    totals_.count += event.count;
    if (last_ < Stage::dedup) return;
    const intake::EventKey key = intake::identity(format, event, scratch_);
    if (!seen_.insert(key, event.time())) return;
    if (last_ < Stage::rollup) return;
    const model::ActionClass c = world_.catalogue.class_of(event.service, event.operation);
    rollup_.add(event, c);
    if (last_ >= Stage::match) {
      view_.reset(event, c, facts_.of(event));
      const auto matched = matcher_.match(view_);
      totals_.matched += matched.empty() ? 0U : 1U;
      if (last_ >= Stage::windows) feed(event, matched);
    }
    if (totals_.events % kCommitEvery == 0) commit();
  }

  void feed(const model::UsageEvent& event, std::span<const rules::RuleIndex> matched) {
    if (!matched.empty()) {
      engine_.feed({event.time(), totals_.events, event.count, event.subscription}, matched, view_,
                   firings_);
    } else if (totals_.events % kAdvanceEvery == 0) {
      engine_.advance(event.time(), firings_);
    }
    totals_.firings += firings_.size();
    firings_.clear();
  }

  void commit() {
    totals_.cells += rollup_.cells();
    rollup_.clear();
    seen_.take_delta();
  }

  const World& world_;
  Stage last_;
  server::CustomerFacts facts_;
  rules::UsageView view_;
  rules::Matcher matcher_;
  signals::Engine engine_;
  intake::SeenIds seen_;
  signals::Rollup rollup_;
  std::vector<signals::Firing> firings_;
  std::string scratch_;
  Totals totals_;
};

struct Phase {
  const char* name;
  std::function<Result<Totals>()> run;
};

Result<void> measure(const Phase& phase, int runs, std::uint64_t bytes) {
  double best = 1e9;
  Totals totals;
  for (int i = 0; i < runs; ++i) {
    const double start = cpu_seconds();
    totals = TRY(phase.run());
    best = std::min(best, cpu_seconds() - start);
  }
  const auto records = static_cast<double>(totals.events);
  std::printf("%-8s %6.3f CPU s %10.0f records/CPU s %7.1f ns %7.1f MB/s", phase.name, best,
              records / best, best / records * 1e9, static_cast<double>(bytes) / 1e6 / best);
  std::printf("  cells %llu matched %llu firings %llu\n",
              static_cast<unsigned long long>(totals.cells),
              static_cast<unsigned long long>(totals.matched),
              static_cast<unsigned long long>(totals.firings));
  std::fflush(stdout);
  return {};
}

Result<void> measure_all(const World& world, const Settings& settings) {
  const std::uint64_t bytes = std::filesystem::file_size(world.log);
  const auto pipeline = [&](Stage last) {
    return [&world, last] { return Pipeline(world, last).run(); };
  };
  const auto peer = [&](auto function) {
    return [&world, function]() -> Result<Totals> {
      const bench::PeerTotals t = TRY(function(world.log));
      return Totals{.events = t.records, .count = t.count, .cells = t.groups};
    };
  };
  const std::vector<Phase> phases = {
      {"parse", peer(bench::parse_only)},    {"bare", peer(bench::bare_loop)},
      {"read", pipeline(Stage::read)},       {"dedup", pipeline(Stage::dedup)},
      {"rollup", pipeline(Stage::rollup)},   {"match", pipeline(Stage::match)},
      {"windows", pipeline(Stage::windows)},
  };
  for (const Phase& phase : phases) {
    if (!settings.phase.empty() && settings.phase != phase.name) continue;
    TRY_VOID(measure(phase, settings.runs, bytes));
  }
  return {};
}

Result<World> open_world(const std::string& log, server::DataFolder& folder) {
  World world;
  world.log = log;
  const server::FolderPaths& paths = folder.paths();
  world.policies = TRY(intake::load_field_policies(real_file_system(), paths.field_policy()));
  const rules::Loaded loaded =
      server::load_rulebook({paths.rulebook()}, world.policies, &folder.terms());
  if (!loaded.program) return fail(Errc::invalid_input, "the rulebook does not load");
  world.program = loaded.program;
  world.customers = &folder.customers();
  const decisions::Orders orders = TRY(folder.orders());
  world.catalogue = orders.catalogue();
  world.decode.hash_key = folder.hash_key();
  world.decode.wanted = world.program->fields();
  return world;
}

// A member of the simulator's lines is left out, with the comma before it.
void leave_out(std::string& line, std::string_view from, std::string_view until) {
  const std::size_t begin = line.find(from);
  if (begin == std::string::npos) return;
  const std::size_t end = line.find(until, begin + from.size());
  line.erase(begin, end + until.size() - begin);
}

std::string small_line(std::string_view line) {
  std::string out(line);
  leave_out(out, R"(,"source":")", "\"");
  leave_out(out, R"(,"resource_type":")", "\"");
  leave_out(out, R"(,"resource":")", "\"");
  leave_out(out, R"(,"status":")", "\"");
  leave_out(out, R"(,"window":{)", "}");
  return out;
}

Result<void> run(const Settings& settings, const std::string& work) {
  const std::string log = settings.log.empty() ? work + "/usage.jsonl" : settings.log;
  const std::string reg = work + "/register.jsonl";
  TRY_VOID(bench::simulate(settings.simulate, log, reg, settings.small ? small_line : nullptr));
  TRY_VOID(bench::found(work + "/data", reg));
  SystemClock clock;
  SystemRandom random;
  auto folder = TRY(server::DataFolder::open(work + "/data", clock, random));
  const World world = TRY(open_world(log, *folder));
  const std::uint64_t bytes = std::filesystem::file_size(log);
  std::printf("%llu records of %.0f bytes, %u background subscriptions\n",
              static_cast<unsigned long long>(settings.simulate.records),
              static_cast<double>(bytes) / static_cast<double>(settings.simulate.records),
              settings.simulate.background);
  return measure_all(world, settings);
}

bool read_options(int argc, char** argv, Settings& settings) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view name = argv[i];
    if (name == "--small") {
      settings.small = true;
      continue;
    }
    if (i + 1 == argc) return false;
    const std::string_view value = argv[++i];
    std::uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (name == "--log") {
      settings.log = value;
    } else if (name == "--phase") {
      settings.phase = value;
    } else if (number == 0) {
      return false;
    } else if (name == "--records") {
      settings.simulate.records = number;
    } else if (name == "--runs" && number <= 100) {
      settings.runs = static_cast<int>(number);
    } else if (name == "--background" && number <= provider_sim::kSubscriptionsMax) {
      settings.simulate.background = static_cast<std::uint32_t>(number);
    } else {
      return false;
    }
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  settings.simulate.scenario = "million-calls";
  settings.simulate.records = 1'000'000;
  if (!read_options(argc, argv, settings)) {
    std::fprintf(stderr,
                 "usage: %s [--records N] [--background N] [--runs N] [--log F] [--small]\n",
                 argv[0]);
    return 2;
  }
  std::string work = (std::filesystem::temp_directory_path() / "proviso-bench.XXXXXX").string();
  if (::mkdtemp(work.data()) == nullptr) return 1;
  const auto result = run(settings, work);
  std::filesystem::remove_all(work);
  if (result) return 0;
  std::fprintf(stderr, "error: %s\n", result.error().message.c_str());
  return 1;
}
