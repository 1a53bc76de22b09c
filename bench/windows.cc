// SPDX-License-Identifier: Apache-2.0
// What the windows of correlations cost: engine only, no parsing and no matching.
//
//   workload     what an update is
//   event_count  an event of one of the groups, at random, is counted over an hour
//   value_sum    the same with an amount that is added up
//   value_count  an event of one of 10,000 groups with one of 50 values, windows of two hours
//   one group    value_count of a single group with 2,000 values, windows of two hours
//   memory       what the kernel counts (resident bytes), by group, after 1, 8 and 24 hourly events
//                of each; one rule, each workload in a process of its own
//
// Beside each stands a bare loop over the same keys in the same process: the increment of a
// boost::unordered_flat_map<std::string_view, uint64>, without windows, order, or names of events.
// All groups are known before the clock starts. Times are user CPU; each figure is the best of
// three.
//
//   windows [--groups N] [--updates N] [--only WORKLOAD]
#include <boost/unordered/unordered_flat_map.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/random.h"
#include "rules/load.h"
#include "signals/engine.h"

namespace {

using namespace proviso;

constexpr int kRuns = 3;

struct Options {
  std::size_t groups = 1'000'000;
  std::size_t updates = 4'000'000;
  std::string_view only;
};

double cpu_seconds() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<double>(use.ru_utime.tv_sec) + static_cast<double>(use.ru_utime.tv_usec) / 1e6;
}

std::shared_ptr<const rules::Program> program(const std::string& correlation) {
  const std::string text =
      "title: hit\nname: hit\nlogsource: {product: p}\ndetection: {s: {k: a}, condition: s}\n---\n"
      "title: counted\ncorrelation: {rules: [hit], group-by: [group], " +
      correlation + "}\n";
  auto loaded = rules::compile_rules({{"bench.yml", text}});
  if (!loaded.program) std::fprintf(stderr, "error: %s\n", loaded.diagnostics.to_string().c_str());
  return loaded.program;
}

// An event that has a group, an amount and a value.
class View final : public rules::EventView {
 public:
  explicit View(const rules::Program& program) : values_(program.fields().size()) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      if (program.fields()[i] == "group") group_ = &values_[i];
      if (program.fields()[i] == "value") value_ = &values_[i];
      if (program.fields()[i] == "amount") amount_ = &values_[i];
    }
  }
  void set(std::string_view group, std::string_view value, double amount) {
    *group_ = {rules::ValueKind::string, 0, group};
    if (value_ != nullptr) *value_ = {rules::ValueKind::string, 0, value};
    if (amount_ != nullptr) *amount_ = {rules::ValueKind::number, amount, {}};
  }
  std::span<const rules::Value> values(rules::FieldId f) override {
    return {&values_[rules::index(f)], 1};
  }
  std::span<const rules::Value> leaves() override { return {}; }

 private:
  std::vector<rules::Value> values_;
  rules::Value* group_ = nullptr;
  rules::Value* value_ = nullptr;
  rules::Value* amount_ = nullptr;
};

// Names as long as a UUID; and those of the updates at random, one after the other, since a parser
// has an event's name at hand: that it is somewhere in memory is not a window's cost.
constexpr std::size_t kNameBytes = 36;

struct Keys {
  std::vector<std::string> names;
  std::string stream;
  [[nodiscard]] std::string_view update(std::size_t i) const {
    return {stream.data() + i * kNameBytes, kNameBytes};
  }
  [[nodiscard]] std::size_t updates() const { return stream.size() / kNameBytes; }
};

Keys make_keys(std::size_t groups, std::size_t updates) {
  Keys keys;
  SeededRandom random(1);
  for (std::size_t i = 0; i < groups; ++i) {
    std::string name = std::to_string(random.below(~std::uint64_t{0})) + std::to_string(i);
    name.resize(kNameBytes, '-');
    keys.names.push_back(name);
  }
  keys.stream.reserve(updates * kNameBytes);
  for (std::size_t i = 0; i < updates; ++i) keys.stream += keys.names[random.below(groups)];
  return keys;
}

struct Workload {
  const char* name;
  const char* correlation;
  std::size_t values;
  Duration step;  ///< between two events
};

double engine_rate(const Workload& w, const Keys& keys) {
  const auto p = program(w.correlation);
  if (!p) return 0;
  signals::Engine engine(p, {.lateness = std::chrono::seconds(1), .plain_firings = false});
  View view(*p);
  std::vector<std::string> values;
  for (std::size_t i = 0; i < w.values; ++i) values.push_back("value-" + std::to_string(i));
  const rules::RuleIndex hit[] = {rules::RuleIndex{0}};
  std::vector<signals::Firing> firings;
  Time time = from_unix_seconds(1'700'000'000);
  std::uint64_t line = 0;
  const auto update = [&](std::string_view name) {
    time += w.step;
    ++line;
    view.set(name, values[(line * 7919) % values.size()], static_cast<double>(line % 1000));
    engine.feed({.time = time, .line = line, .weight = 3, .subscription = name, .event_key = {}},
                hit, view, firings);
  };
  for (const std::string& name : keys.names) update(name);
  const double start = cpu_seconds();
  for (std::size_t i = 0; i < keys.updates(); ++i) update(keys.update(i));
  engine.flush(firings);
  const double spent = cpu_seconds() - start;
  if (!firings.empty()) std::fprintf(stderr, "error: the bench's thresholds are never met\n");
  return static_cast<double>(keys.updates()) / spent;
}

double bare_rate(const Keys& keys) {
  boost::unordered_flat_map<std::string_view, std::uint64_t> counts;
  for (const std::string& name : keys.names) counts[name] = 1;
  const double start = cpu_seconds();
  for (std::size_t i = 0; i < keys.updates(); ++i) counts[keys.update(i)] += 3;
  const double spent = cpu_seconds() - start;
  if (counts.size() > keys.names.size()) std::puts("impossible");
  return static_cast<double>(keys.updates()) / spent;
}

void compare(const Workload& w, std::size_t groups, std::size_t updates) {
  const Keys keys = make_keys(groups, updates);
  double engine = 0;
  double bare = 0;
  for (int i = 0; i < kRuns; ++i) {
    engine = std::max(engine, engine_rate(w, keys));
    bare = std::max(bare, bare_rate(keys));
  }
  std::printf("%-12s %9zu groups %10.0f updates/s   bare flat_map increment %10.0f/s   %3.0f %%\n",
              w.name, groups, engine, bare, 100 * engine / bare);
  std::fflush(stdout);
}

// Bytes of the process that are in memory: what the kernel counts, so the slack of tables, of huge
// pages and of malloc is in it.
std::size_t resident() {
  std::size_t pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "r");
  if (file == nullptr) return 0;
  if (std::fscanf(file, "%*s %zu", &pages) != 1) pages = 0;
  std::fclose(file);
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

void memory(const char* correlation, const char* name, const Keys& keys) {
  const auto p = program(correlation);
  if (!p) return;
  const std::size_t before = resident();
  signals::Engine engine(p, {.lateness = Duration::zero(), .plain_firings = false});
  View view(*p);
  const rules::RuleIndex hit[] = {rules::RuleIndex{0}};
  std::vector<signals::Firing> firings;
  std::uint64_t line = 0;
  std::printf("%-12s", name);
  for (int hour = 1; hour <= 24; ++hour) {
    for (const std::string& group : keys.names) {
      ++line;
      view.set(group, "value-" + std::to_string(line % 3), 1234.0 * static_cast<double>(line % 97));
      engine.feed({.time = from_unix_seconds(1'700'000'000 + std::int64_t{3600} * hour),
                   .line = line,
                   .weight = line % 5000,
                   .subscription = group,
                   .event_key = {1}},
                  hit, view, firings);
      if (line % 4096 == 0) {
        engine.settle(from_unix_seconds(1'700'000'000 + std::int64_t{3600} * hour + 1), firings);
      }
    }
    engine.settle(Time::max(), firings);
    if (hour != 1 && hour != 8 && hour != 24) continue;
    const auto bytes = static_cast<double>(resident() - before);
    std::printf("  %2d events: %4.0f B", hour, bytes / static_cast<double>(keys.names.size()));
    std::fflush(stdout);
  }
  std::printf("   a group, its name included\n");
  std::fflush(stdout);
}

// In a process of its own, so that what others have freed is not used again.
void memory_apart(const char* correlation, const char* name, const Keys& keys) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    memory(correlation, name, keys);
    ::_exit(0);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    std::fprintf(stderr, "error: the process that measures memory failed\n");
  }
}

bool read_options(int argc, char** argv, Options& out) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    if (name == "--only") {
      out.only = argv[i + 1];
      continue;
    }
    std::size_t* to = name == "--groups"    ? &out.groups
                      : name == "--updates" ? &out.updates
                                            : nullptr;
    const char* end = argv[i + 1] + std::strlen(argv[i + 1]);
    if (to == nullptr || std::from_chars(argv[i + 1], end, *to).ptr != end) return false;
  }
  return argc % 2 == 1;
}

void measure_memory(std::size_t groups) {
  const char* day_count = "type: event_count, timespan: 1439m, condition: {gte: 1000000000}";
  const char* day_sum =
      "type: value_sum, timespan: 1439m, condition: {field: amount, gte: 1000000000000}";
  const char* day_values =
      "type: value_count, timespan: 1439m, condition: {field: value, gte: 4000}";
  const Keys keys = make_keys(groups, 0);
  memory_apart(day_count, "event_count", keys);
  memory_apart(day_sum, "value_sum", keys);
  memory_apart(day_values, "value_count", keys);
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr, "usage: windows [--groups N] [--updates N] [--only WORKLOAD]\n");
    return 2;
  }
  if (options.only.empty() || options.only == "memory") measure_memory(options.groups);
  const Duration fast = std::chrono::microseconds(300);
  const char* sum = "type: value_sum, timespan: 1h, condition: {field: amount, gte: 1000000000000}";
  const char* count = "type: event_count, timespan: 1h, condition: {gte: 1000000000}";
  const char* values = "type: value_count, timespan: 2h, condition: {field: value, gte: 4000}";
  const auto run = [&](const Workload& w, std::size_t groups) {
    if (options.only.empty() || options.only == w.name) compare(w, groups, options.updates);
  };
  run({"event_count", count, 1, fast}, options.groups);
  run({"value_sum", sum, 1, fast}, options.groups);
  run({"value_count", values, 50, std::chrono::milliseconds(4)}, 10'000);
  run({"one group", values, 2'000, std::chrono::milliseconds(4)}, 1);
  return 0;
}
