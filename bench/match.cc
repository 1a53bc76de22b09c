// SPDX-License-Identifier: Apache-2.0
// Sigma rules over JSON events, one thread, JSON parsing included.
//
//   workload   what is done with each record
//   tree       simdjson builds its tree of it (parse only, everything checked)
//   on-demand  simdjson goes over its top-level keys (parse only, the least that tells a key)
//   match      the rules that it matches (JsonMatcher)
//
// bench_match RULES EVENTS [--route] [--seconds S] [--scan]
//   EVENTS: JSON lines (plain, .gz, .zst); read into memory and repeated to about 100 MB first.
//   --route: a rule sees the records of its log source only.
//   Each workload runs in turn, several times; the figures are medians of CPU time.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include <simdjson.h>

#include "intake/byte_source.h"
#include "rules/json_matcher.h"
#include "rules/load.h"

namespace {

using namespace proviso;

constexpr std::size_t kLogBytes = 100U << 20U;
constexpr int kRounds = 7;

double cpu_seconds() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

Result<std::string> read_all(const std::string& path) {
  auto source = TRY(intake::ByteSource::open(path));
  std::string out;
  std::vector<char> buffer(1U << 20U);
  while (true) {
    const std::size_t size = TRY(source.read(buffer));
    if (size == 0) return out;
    out.append(buffer.data(), size);
  }
}

struct Log {
  std::string bytes;
  std::vector<std::string_view> records;
};

Result<Log> load(const std::string& path) {
  const std::string once = TRY(read_all(path));
  Log log;
  log.bytes.reserve(kLogBytes + once.size() + rules::JsonTokens::kPadding);
  do log.bytes += once;
  while (log.bytes.size() < kLogBytes);
  std::string_view rest = log.bytes;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    if (end > 0) log.records.push_back(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return log;
}

std::uint64_t parse_tree(const Log& log) {
  simdjson::dom::parser parser;
  std::uint64_t good = 0;
  for (const std::string_view record : log.records) {
    simdjson::dom::element e;
    good += parser.parse(record.data(), record.size(), false).get(e) == simdjson::SUCCESS ? 1U : 0U;
  }
  return good;
}

std::uint64_t parse_on_demand(const Log& log) {
  simdjson::ondemand::parser parser;
  std::uint64_t keys = 0;
  for (const std::string_view record : log.records) {
    simdjson::ondemand::document document;
    const std::size_t room = record.size() + simdjson::SIMDJSON_PADDING;
    if (parser.iterate(record.data(), record.size(), room).get(document)) continue;
    simdjson::ondemand::object object;
    if (document.get_object().get(object)) continue;
    for (auto field : object) keys += field.error() == simdjson::SUCCESS ? 1U : 0U;
  }
  return keys;
}

std::uint64_t match(const Log& log, rules::JsonMatcher& matcher) {
  std::uint64_t matches = 0;
  for (const std::string_view record : log.records) {
    const auto matched = matcher.match(record);
    matches += matched ? matched->size() : 0;
  }
  return matches;
}

struct Workload {
  const char* name;
  std::function<std::uint64_t()> run;
  std::uint64_t answer = 0;
  std::vector<double> seconds{};
};

void report(const Log& log, std::vector<Workload>& work) {
  const auto count = static_cast<double>(log.records.size());
  double tree = 0;
  double on_demand = 0;
  for (Workload& w : work) {
    std::ranges::sort(w.seconds);
    const double median = w.seconds[w.seconds.size() / 2];
    if (tree == 0)
      tree = median;
    else if (on_demand == 0)
      on_demand = median;
    std::printf("%-10s %9.0f events/CPU s  %6.0f ns (%.0f to %.0f)  %5.2f GB/s  %llu found", w.name,
                count / median, median / count * 1e9, w.seconds.front() / count * 1e9,
                w.seconds.back() / count * 1e9,
                static_cast<double>(log.bytes.size()) / median / 1e9,
                static_cast<unsigned long long>(w.answer));
    if (&w == &work.back()) {
      std::printf("  = %.0f %% of tree, %.0f %% of on-demand", tree / median * 100,
                  on_demand / median * 100);
    }
    std::printf("\n");
  }
}

Result<void> measure(const std::string& rules_path, const std::string& events,
                     rules::Routing routing) {
  const rules::Loaded loaded = rules::load_rules({rules_path});
  if (!loaded.program) return fail(Errc::invalid_input, loaded.diagnostics.to_string());
  const Log log = TRY(load(events));
  rules::JsonMatcher matcher(loaded.program, routing);
  std::printf("%zu rules, %zu events of %.0f bytes on average, simdjson %s\n", loaded.rules,
              log.records.size(),
              static_cast<double>(log.bytes.size()) / static_cast<double>(log.records.size()),
              simdjson::get_active_implementation()->name().c_str());
  std::vector<Workload> work = {{"tree", [&] { return parse_tree(log); }},
                                {"on-demand", [&] { return parse_on_demand(log); }},
                                {"match", [&] { return match(log, matcher); }}};
  for (int round = 0; round < kRounds; ++round) {
    for (Workload& w : work) {
      const double begin = cpu_seconds();
      w.answer = w.run();
      w.seconds.push_back(cpu_seconds() - begin);
    }
  }
  report(log, work);
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  const bool route = argc == 4 && std::strcmp(argv[3], "--route") == 0;
  if (argc != 3 && !route) {
    std::fprintf(stderr, "usage: %s RULES EVENTS [--route]\n", argv[0]);
    return 2;
  }
  const auto done =
      measure(argv[1], argv[2], route ? rules::Routing::by_log_source : rules::Routing::off);
  if (done) return 0;
  std::fprintf(stderr, "error: %s\n", done.error().message.c_str());
  return 1;
}
