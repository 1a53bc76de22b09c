// SPDX-License-Identifier: Apache-2.0
// The main job, measured: what a review costs beside simdjson that only parses the same file.
//
//   phase    what it does, in a process of its own, so that its CPU time and memory are its alone
//   parse    simdjson's DOM parser over each block of the file: all of JSON, nothing kept
//   review   opens a founded data folder (register and all) and reviews the file: intake, rulebook,
//            windows, rollups, cases, commits; CPU time is user and system
//
//   review [--records N] [--background SUBSCRIPTIONS] [--scenario NAME]
#include "server/review.h"

#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>

#include <simdjson.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/founded.h"

namespace {

using namespace proviso;

constexpr std::size_t kBlockBytes = 16U << 20U;
constexpr std::size_t kParseBatch = 1U << 20U;

struct Cost {
  bool ok = false;
  double cpu_s = 0;
  double wall_s = 0;
  double peak_mib = 0;
};

double seconds(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
}

Cost in_own_process(const std::function<Result<void>()>& body) {
  std::fflush(stdout);
  const auto start = std::chrono::steady_clock::now();
  const pid_t child = ::fork();
  if (child == 0) {
    const auto result = body();
    if (!result) std::fprintf(stderr, "error: %s\n", result.error().message.c_str());
    std::fflush(nullptr);
    ::_exit(result ? 0 : 1);
  }
  int status = 0;
  rusage use{};
  ::wait4(child, &status, 0, &use);
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - start;
  return {child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0,
          seconds(use.ru_utime) + seconds(use.ru_stime), wall.count(),
          static_cast<double>(use.ru_maxrss) / 1024};
}

Result<void> parse_block(simdjson::dom::parser& parser, const std::string& block, std::size_t bytes,
                         std::uint64_t& documents) {
  simdjson::dom::document_stream stream;
  if (parser.parse_many(block.data(), bytes, kParseBatch).get(stream) != simdjson::SUCCESS) {
    return fail(Errc::invalid_input, "simdjson refuses a block");
  }
  for (auto document : stream) {
    if (document.error() != simdjson::SUCCESS) return fail(Errc::invalid_input, "not JSON");
    ++documents;
  }
  return {};
}

Result<void> parse_only(const std::string& path, std::uint64_t records) {
  std::ifstream file(path, std::ios::binary);
  simdjson::dom::parser parser;
  std::string block(kBlockBytes + simdjson::SIMDJSON_PADDING, '\0');
  std::size_t kept = 0;
  std::uint64_t documents = 0;
  while (file) {
    file.read(block.data() + kept, static_cast<std::streamsize>(kBlockBytes - kept));
    const std::size_t bytes = kept + static_cast<std::size_t>(file.gcount());
    const std::size_t whole = std::string_view(block.data(), bytes).rfind('\n') + 1;
    TRY_VOID(parse_block(parser, block, whole, documents));
    kept = bytes - whole;
    block.replace(0, kept, block, whole, kept);
    block.resize(kBlockBytes + simdjson::SIMDJSON_PADDING);
  }
  if (documents != records) return fail(Errc::corrupt, "simdjson saw another number of records");
  return {};
}

Result<void> review(const std::string& root, const std::string& log, std::uint64_t records) {
  SystemClock clock;
  SystemRandom random;
  auto folder = TRY(server::DataFolder::open(root, clock, random));
  server::ReviewOptions options;
  options.inputs = {log};
  const auto summary = TRY(server::review(*folder, options, [](const server::ReviewProgress&) {}));
  if (summary.events != records) return fail(Errc::corrupt, "not every record became an event");
  std::printf("  %llu events, %llu signals\n", static_cast<unsigned long long>(summary.events),
              static_cast<unsigned long long>(summary.signals_opened));
  return {};
}

void print(const char* what, const Cost& cost, std::uint64_t records, double bytes) {
  std::printf("%-8s %7.2f CPU s  %7.2f s  %9.0f records/CPU s  %7.1f MB/CPU s  peak %6.0f MiB\n",
              what, cost.cpu_s, cost.wall_s, static_cast<double>(records) / cost.cpu_s,
              bytes / 1e6 / cost.cpu_s, cost.peak_mib);
}

Result<void> measure(const provider_sim::Options& options, const std::string& work) {
  const std::string log = work + "/usage.jsonl";
  const std::string reg = work + "/register.jsonl";
  const std::string data = work + "/data";
  const auto failed = [](const char* what) { return fail(Errc::unavailable, what); };
  if (!in_own_process([&] { return bench::simulate(options, log, reg); }).ok)
    return failed("simulate");
  if (!in_own_process([&] { return bench::found(data, reg); }).ok) return failed("found");
  const auto bytes = static_cast<double>(std::filesystem::file_size(log));
  std::printf("%s: %llu records, %.0f MB, %u background subscriptions\n", options.scenario.c_str(),
              static_cast<unsigned long long>(options.records), bytes / 1e6, options.background);
  const Cost parsed = in_own_process([&] { return parse_only(log, options.records); });
  if (!parsed.ok) return failed("parse");
  const Cost reviewed = in_own_process([&] { return review(data, log, options.records); });
  if (!reviewed.ok) return failed("review");
  print("parse", parsed, options.records, bytes);
  print("review", reviewed, options.records, bytes);
  return {};
}

bool read_options(int argc, char** argv, provider_sim::Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view value = argv[i + 1];
    std::uint64_t number = 0;
    std::from_chars(value.data(), value.data() + value.size(), number);
    if (name == "--scenario") {
      options.scenario = value;
    } else if (name == "--records" && number > 0) {
      options.records = number;
    } else if (name == "--background" && number > 0 && number <= provider_sim::kSubscriptionsMax) {
      options.background = static_cast<std::uint32_t>(number);
    } else {
      return false;
    }
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  provider_sim::Options options;
  options.scenario = "million-calls";
  options.records = 2'000'000;
  if (!read_options(argc, argv, options)) {
    std::fprintf(stderr, "usage: %s [--records N] [--background N] [--scenario NAME]\n", argv[0]);
    return 2;
  }
  std::string work = (std::filesystem::temp_directory_path() / "proviso-bench.XXXXXX").string();
  if (::mkdtemp(work.data()) == nullptr) return 1;
  const auto result = measure(options, work);
  std::filesystem::remove_all(work);
  if (result) return 0;
  std::fprintf(stderr, "error: %s\n", result.error().message.c_str());
  return 1;
}
