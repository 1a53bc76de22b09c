// SPDX-License-Identifier: Apache-2.0
// What the windows of correlations cost: engine only, no parsing and no matching.
//
//   workload     what an update is
//   event_count  an event of one of the groups, at random, is counted over an hour
//   value_sum    the same with an amount that is added up
//   value_count  an event of one of 10,000 groups with one of 50 values, windows of two hours
//   one group    value_count of a single group with 2,000 values, windows of two hours
//   memory       malloc's own count of bytes, by group, after 1, 8 and 24 hourly events of each
//
// Beside each stands a bare loop over the same keys in the same process: the increment of a
// boost::unordered_flat_map<std::string_view, uint64>, without windows, order, or names of events.
// All groups are known before the clock starts. Times are user CPU; each figure is the best of
// three.
//
//   windows [--groups N] [--updates N]
#include <boost/unordered/unordered_flat_map.hpp>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>

#include "base/random.h"
#include "rules/load.h"
#include "signals/engine.h"

namespace {

using namespace proviso;

constexpr int kRuns = 3;

struct Options {
  std::size_t groups = 1'000'000;
  std::size_t updates = 4'000'000;
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

// Names as long as a UUID, and the order in which they occur.
struct Keys {
  std::vector<std::string> names;
  std::vector<std::uint32_t> order;
};

Keys make_keys(std::size_t groups, std::size_t updates) {
  Keys keys;
  SeededRandom random(1);
  for (std::size_t i = 0; i < groups; ++i) {
    std::string name = std::to_string(random.below(~std::uint64_t{0})) + std::to_string(i);
    name.resize(36, '-');
    keys.names.push_back(name);
  }
  for (std::size_t i = 0; i < updates; ++i) {
    keys.order.push_back(static_cast<std::uint32_t>(random.below(groups)));
  }
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
  const auto update = [&](const std::string& name) {
    time += w.step;
    ++line;
    view.set(name, values[(line * 7919) % values.size()], static_cast<double>(line % 1000));
    engine.feed({.time = time, .line = line, .weight = 3, .subscription = name, .event_key = {}},
                hit, view, firings);
  };
  for (const std::string& name : keys.names) update(name);
  const double start = cpu_seconds();
  for (const std::uint32_t group : keys.order) update(keys.names[group]);
  engine.flush(firings);
  const double spent = cpu_seconds() - start;
  if (!firings.empty()) std::fprintf(stderr, "error: the bench's thresholds are never met\n");
  return static_cast<double>(keys.order.size()) / spent;
}

double bare_rate(const Keys& keys) {
  boost::unordered_flat_map<std::string_view, std::uint64_t> counts;
  for (const std::string& name : keys.names) counts[name] = 1;
  const double start = cpu_seconds();
  for (const std::uint32_t group : keys.order) counts[keys.names[group]] += 3;
  const double spent = cpu_seconds() - start;
  if (counts.size() > keys.names.size()) std::puts("impossible");
  return static_cast<double>(keys.order.size()) / spent;
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

std::size_t allocated() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

void memory(const char* correlation, const char* name, std::size_t groups) {
  const Keys keys = make_keys(groups, 0);
  const auto p = program(correlation);
  if (!p) return;
  const std::size_t before = allocated();
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
    }
    engine.settle(Time::max(), firings);
    if (hour != 1 && hour != 8 && hour != 24) continue;
    const auto bytes = static_cast<double>(allocated() - before);
    std::printf("  %2d events: %4.0f B", hour, bytes / static_cast<double>(groups));
  }
  std::printf("   a group, its name included\n");
  std::fflush(stdout);
}

bool read_options(int argc, char** argv, Options& out) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    std::size_t* to = name == "--groups"    ? &out.groups
                      : name == "--updates" ? &out.updates
                                            : nullptr;
    const char* end = argv[i + 1] + std::strlen(argv[i + 1]);
    if (to == nullptr || std::from_chars(argv[i + 1], end, *to).ptr != end) return false;
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr, "usage: windows [--groups N] [--updates N]\n");
    return 2;
  }
  const Duration fast = std::chrono::microseconds(300);
  const char* sum = "type: value_sum, timespan: 1h, condition: {field: amount, gte: 1000000000000}";
  const char* count = "type: event_count, timespan: 1h, condition: {gte: 1000000000}";
  const char* values = "type: value_count, timespan: 2h, condition: {field: value, gte: 4000}";
  compare({"event_count", count, 1, fast}, options.groups, options.updates);
  compare({"value_sum", sum, 1, fast}, options.groups, options.updates);
  compare({"value_count", values, 50, std::chrono::milliseconds(4)}, 10'000, options.updates);
  compare({"one group", values, 2'000, std::chrono::milliseconds(4)}, 1, options.updates);
  const char* day_count = "type: event_count, timespan: 1439m, condition: {gte: 1000000000}";
  const char* day_sum =
      "type: value_sum, timespan: 1439m, condition: {field: amount, gte: 1000000000000}";
  const char* day_values =
      "type: value_count, timespan: 1439m, condition: {field: value, gte: 4000}";
  memory(day_count, "event_count", options.groups / 10);
  memory(day_sum, "value_sum", options.groups / 10);
  memory(day_values, "value_count", options.groups / 10);
  return 0;
}
