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
//   rules     rollup, and the shipped rulebook: plain rules and windows, up to what fires
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
#include <filesystem>
#include <functional>
#include <utility>

#include <unistd.h>

#include "bench/founded.h"
#include "bench/usage_peers.h"
#include "bench/usage_threads.h"
#include "intake/usage_reader.h"
#include "server/rulebook.h"
#include "server/usage_stage.h"

namespace {

using namespace proviso;

enum class Stage : std::uint8_t { read, dedup, rollup, rules };
constexpr std::uint64_t kCommitEvery = 500'000;

struct Settings {
  provider_sim::Options simulate;
  int runs = 3;
  bool small = false;
  std::string log;
  std::string phase;  // only this one; empty: all
};

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
  std::uint64_t firings = 0;
};

// The stages one after the other, as far as `last`; windows and all is UsageStage itself.
class Pipeline {
 public:
  Pipeline(const World& world, Stage last)
      : world_(world),
        last_(last),
        identity_(world.decode.hash_key),
        stage_(last == Stage::rules ? world.program : std::make_shared<const rules::Program>(),
               world.catalogue, *world.customers, {.part_firings = false}, world.decode.hash_key) {}

  Result<Totals> run(intake::ByteSource source) {
    seen().begin_file(world_.log);
    auto reader = TRY(intake::UsageReader::open(std::move(source), world_.policies, world_.decode));
    intake::UsageBatch batch;
    intake::Reject reject;
    for (;;) {
      const intake::Outcome outcome =
          TRY(reader.next_batch(batch, server::UsageStage::kBatch, reject));
      take(batch.events(), reader.format());
      if (outcome == intake::Outcome::end) break;
      if (outcome == intake::Outcome::reject) return fail(Errc::corrupt, reject.reason);
    }
    stage_.engine().flush(firings_);
    totals_.firings += firings_.size();
    totals_.cells += stage_.rollup().cells();
    return totals_;
  }

 private:
  intake::SeenIds& seen() { return stage_.seen(); }

  void take(std::span<const model::UsageEvent> events, std::string_view format) {
    for (const model::UsageEvent& event : events) totals_.count += event.count;
    if (last_ == Stage::dedup) {
      for (const model::UsageEvent& event : events) {
        seen().insert(identity_(format, event), event.time());
      }
    } else if (last_ > Stage::dedup) {
      stage_.begin(events, format);
      for (std::size_t i = 0; i < events.size(); ++i) stage_.take(i, firings_);
      totals_.firings += firings_.size();
      firings_.clear();
    }
    const std::uint64_t before = totals_.events;
    totals_.events += events.size();
    if (before / kCommitEvery != totals_.events / kCommitEvery) commit();
  }

  void commit() {
    totals_.cells += stage_.rollup().cells();
    stage_.rollup().clear();
    seen().take_delta();
  }

  const World& world_;
  Stage last_;
  intake::Identity identity_;
  server::UsageStage stage_;
  std::vector<signals::Firing> firings_;
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
    const double start = bench::thread_seconds();
    totals = TRY(phase.run());
    best = std::min(best, bench::thread_seconds() - start);
  }
  const auto records = static_cast<double>(totals.events);
  std::printf("%-8s %6.3f CPU s %10.0f records/CPU s %7.1f ns %7.1f MB/s", phase.name, best,
              records / best, best / records * 1e9, static_cast<double>(bytes) / 1e6 / best);
  std::printf("  cells %llu firings %llu\n", static_cast<unsigned long long>(totals.cells),
              static_cast<unsigned long long>(totals.firings));
  std::fflush(stdout);
  return {};
}

Result<void> measure_all(const World& world, const Settings& settings) {
  const std::uint64_t bytes = std::filesystem::file_size(world.log);
  const auto pipeline = [&](Stage last) {
    return [&world, last]() -> Result<Totals> {
      return Pipeline(world, last).run(TRY(intake::ByteSource::open(world.log)));
    };
  };
  const auto peer = [&](auto function) {
    return [&world, function]() -> Result<Totals> {
      const bench::PeerTotals t = TRY(function(world.log));
      return Totals{.events = t.records, .count = t.count, .cells = t.groups};
    };
  };
  const std::vector<Phase> phases = {
      {"parse", peer(bench::parse_only)},  {"bare", peer(bench::bare_loop)},
      {"read", pipeline(Stage::read)},     {"dedup", pipeline(Stage::dedup)},
      {"rollup", pipeline(Stage::rollup)}, {"rules", pipeline(Stage::rules)},
  };
  for (const Phase& phase : phases) {
    if (!settings.phase.empty() && settings.phase != phase.name) continue;
    TRY_VOID(measure(phase, settings.runs, bytes));
  }
  return {};
}

// Two threads on a half each, beside simdjson on the same halves. Roll-ups of the halves would be
// added up, which costs what a commit costs; windows would be kept by subscription.
Result<void> measure_threads(const World& world, int runs) {
  const bench::Halves halves = TRY(bench::read_halves(world.log));
  const bench::Prepare parse = [](const std::string& text) -> bench::Work {
    const auto padded = std::make_shared<simdjson::padded_string>(text);
    return [padded] { return bench::parse_text(*padded); };
  };
  const auto pipeline = [&](Stage last) -> bench::Prepare {
    return [&world, last](const std::string& text) -> bench::Work {
      auto source =
          std::make_shared<intake::ByteSource>(*intake::ByteSource::from_memory(world.log, text));
      auto stages = std::make_shared<Pipeline>(world, last);
      return [source, stages]() -> Result<void> {
        TRY(stages->run(std::move(*source)));
        return {};
      };
    };
  };
  const std::pair<const char*, bench::Prepare> all[] = {{"parse", parse},
                                                        {"read", pipeline(Stage::read)},
                                                        {"rollup", pipeline(Stage::rollup)},
                                                        {"rules", pipeline(Stage::rules)}};
  std::printf("two threads against one, by CPU time (2 is perfect):");
  for (const auto& [name, prepare] : all) {
    const double times = TRY(bench::scaling(halves, prepare, runs));
    std::printf("  %s %.2f", name, times);
    std::fflush(stdout);
  }
  std::printf("\n");
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
  TRY_VOID(measure_all(world, settings));
  return settings.phase.empty() ? measure_threads(world, settings.runs) : Result<void>();
}

bool set_number(std::string_view name, std::uint64_t number, Settings& settings) {
  if (number == 0) return false;
  if (name == "--records") {
    settings.simulate.records = number;
    return true;
  }
  if (name == "--runs" && number <= 100) {
    settings.runs = static_cast<int>(number);
    return true;
  }
  if (name == "--background" && number <= provider_sim::kSubscriptionsMax) {
    settings.simulate.background = static_cast<std::uint32_t>(number);
    return true;
  }
  return false;
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
    } else if (!set_number(name, number, settings)) {
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
