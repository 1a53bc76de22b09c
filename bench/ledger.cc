// SPDX-License-Identifier: Apache-2.0
// The ledger's log on a real disk.
//
//   phase      what it does
//   append     turns of: raw (append an entry to a file and fdatasync, one after the other; wall
//              clock), idle (one append() after the other), blocked (64 threads, each in append()),
//              flight (one thread, up to 4,096 submit() under way). Figures are ratios to the raw
//              turn before; each the median of --turns
//   verify     verify_log() over a log of --entries, against SHA-256 over the same leaf and node
//              messages, which lie in memory; CPU time of the thread, best of --turns, in turns
//   start      Log::open() of a log of --entries whose process was killed under load: with full
//              write-ahead files, the page cache warm
//
//   ledger [--dir DIR] [--phase NAME] [--entries N] [--turns N] [--seconds S] [--bytes N]
//
// DIR (default: the temporary folder) is on the disk that is measured. Entries have --bytes (300).
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

#include "base/digest.h"
#include "ledger/log.h"
#include "ledger/verify_log.h"

namespace {

using namespace proviso;
using namespace proviso::ledger;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kInFlight = 4096;
constexpr std::size_t kBlocked = 64;
const std::string kOrigin = "log.example/bench";

struct Settings {
  std::string dir = std::filesystem::temp_directory_path().string();
  std::string phase;
  std::uint64_t entries = 0;  // 0: what the phase wants
  int turns = 5;
  double seconds = 2;
  std::size_t bytes = 300;
};

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double cpu_seconds() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

template <class T>
T must(Result<T> result) {
  if (result) return std::move(*result);
  std::fprintf(stderr, "bench_ledger: %s\n", result.error().message.c_str());
  std::exit(1);
}
void must(const Result<void>& result) {
  if (result) return;
  std::fprintf(stderr, "bench_ledger: %s\n", result.error().message.c_str());
  std::exit(1);
}

NoteSigner signer() {
  return NoteSigner{kOrigin, must(SigningKey::from_seed(std::string(32, 'b')))};
}

// As long as a UUID; different bytes in each entry.
NewEntry entry_of(std::uint64_t i, std::size_t bytes) {
  std::string number = std::to_string(i);
  number.insert(0, 36 - number.size(), '0');
  std::string text = number;
  text.resize(bytes, 'e');
  return {std::move(number), std::move(text)};
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}
double percentile(std::vector<double>& values, double share) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

/// One folder with one log; removed at the end.
class Bench {
 public:
  explicit Bench(const Settings& settings)
      : settings_(settings),
        dir_(settings.dir + "/proviso-bench-ledger-" + std::to_string(::getpid())) {
    std::filesystem::create_directories(dir_);
  }
  ~Bench() {
    log_.reset();
    std::filesystem::remove_all(dir_);
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  void create() {
    log_.reset();
    std::filesystem::remove_all(dir_ + "/l");
    next_ = 0;
    log_ = must(Log::create(real_file_system(), dir_ + "/l", signer(), kOrigin));
  }
  void open() { log_ = must(Log::open(real_file_system(), dir_ + "/l", signer(), kOrigin)); }
  [[nodiscard]] Log& log() { return *log_; }
  [[nodiscard]] std::string log_dir() const { return dir_ + "/l"; }

  // Appends a second; latencies are added to `micros`.
  double raw(std::vector<double>& micros) {
    const std::string path = dir_ + "/raw";
    std::filesystem::remove(path);
    auto file = must(real_file_system().open_append(path));
    const std::string bytes(settings_.bytes, 'r');
    return repeat(micros, [&] {
      must(file->append(bytes));
      must(file->sync());
    });
  }
  double idle(std::vector<double>& micros) {
    return repeat(micros, [&] {
      const NewEntry entry = entry_of(next_++, settings_.bytes);
      must(log_->append({&entry, 1}));
    });
  }
  double blocked() {
    const auto begin = Clock::now();
    std::atomic<std::uint64_t> done = 0;
    {
      std::vector<std::jthread> threads;
      for (std::size_t t = 0; t < kBlocked; ++t) {
        threads.emplace_back([&] {
          while (seconds_since(begin) < settings_.seconds) {
            const NewEntry entry = entry_of(next_++, settings_.bytes);
            must(log_->append({&entry, 1}));
            ++done;
          }
        });
      }
    }
    return static_cast<double>(done) / seconds_since(begin);
  }
  // Until `more(appended)` says no.
  double flight(const std::function<bool(std::uint64_t)>& more) {
    const auto begin = Clock::now();
    std::atomic<std::uint64_t> done = 0;
    std::uint64_t sent = 0;
    const auto told = [&](const Result<EntryIndex>& index) {
      if (!index) must(Result<void>(std::unexpected(index.error())));
      done.fetch_add(1, std::memory_order_release);
      done.notify_one();
    };
    for (; more(sent); ++sent) {
      for (auto have = done.load(); sent - have >= kInFlight; have = done.load()) done.wait(have);
      must(log_->submit(entry_of(next_++, settings_.bytes), told));
    }
    for (auto have = done.load(); have < sent; have = done.load()) done.wait(have);
    const double seconds = seconds_since(begin);
    // The last call of told() may still be in notify_one().
    must(log_->head());
    return static_cast<double>(sent) / seconds;
  }
  void fill(std::uint64_t entries) {
    flight([&](std::uint64_t sent) { return sent < entries; });
  }

 private:
  template <class Once>
  double repeat(std::vector<double>& micros, const Once& once) {
    const auto begin = Clock::now();
    std::uint64_t count = 0;
    for (; seconds_since(begin) < settings_.seconds / 2; ++count) {
      const auto start = Clock::now();
      once();
      micros.push_back(seconds_since(start) * 1e6);
    }
    return static_cast<double>(count) / seconds_since(begin);
  }

  const Settings& settings_;
  std::string dir_;
  std::unique_ptr<Log> log_;
  std::atomic<std::uint64_t> next_ = 0;
};

void run_append(const Settings& settings) {
  Bench bench(settings);
  bench.create();
  std::vector<double> raw_rate, blocked_rate, flight_rate, idle_ratio, blocked_ratio, flight_ratio;
  std::vector<double> raw_micros, idle_micros;
  for (int turn = 0; turn < settings.turns; ++turn) {
    const double raw = bench.raw(raw_micros);
    const double idle = bench.idle(idle_micros);
    const double blocked = bench.blocked();
    const double raw_again = bench.raw(raw_micros);
    const double flight = bench.flight([&, begin = Clock::now()](std::uint64_t sent) {
      return sent % 256 != 0 || seconds_since(begin) < settings.seconds;
    });
    raw_rate.push_back(raw);
    blocked_rate.push_back(blocked);
    flight_rate.push_back(flight);
    idle_ratio.push_back(raw / idle);
    blocked_ratio.push_back(blocked / raw);
    flight_ratio.push_back(flight / raw_again);
    std::printf("turn %d: raw %.0f/s and %.0f/s, idle %.0f/s, blocked %.0f/s, flight %.0f/s\n",
                turn + 1, raw, raw_again, idle, blocked, flight);
    must(bench.log().compact());
  }
  std::printf("%zu bytes an entry, medians of %d turns\n", settings.bytes, settings.turns);
  std::printf("raw        %9.0f appends/s, one fdatasync each: p50 %.0f us, p99 %.0f us\n",
              median(raw_rate), percentile(raw_micros, 0.5), percentile(raw_micros, 0.99));
  std::printf("idle       p50 %.0f us, p99 %.0f us; %.2f fdatasyncs (by p50)\n",
              percentile(idle_micros, 0.5), percentile(idle_micros, 0.99),
              percentile(idle_micros, 0.5) / percentile(raw_micros, 0.5));
  std::printf("blocked    %9.0f appends/s of 64 threads: %.1f x raw\n", median(blocked_rate),
              median(blocked_ratio));
  std::printf("flight     %9.0f appends/s of 4,096 in flight: %.0f x raw\n", median(flight_rate),
              median(flight_ratio));
}

/// The messages that a verifier must hash, as they are hashed.
struct Messages {
  std::vector<std::string> leaves;
  std::vector<std::array<char, 65>> nodes;
  double hash_all() const {
    const double begin = cpu_seconds();
    std::uint8_t mixed = 0;  // so that nothing is left out
    for (const std::string& leaf : leaves) mixed ^= sha256(leaf).bytes[0];
    for (const auto& node : nodes) mixed ^= sha256({node.data(), node.size()}).bytes[0];
    const double seconds = cpu_seconds() - begin;
    if (mixed == 1) std::fputs("", stdout);
    return seconds;
  }
};

void run_verify(const Settings& settings) {
  Bench bench(settings);
  bench.create();
  const std::uint64_t entries = settings.entries > 0 ? settings.entries : 1'000'000;
  bench.fill(entries);
  must(bench.log().compact());
  Messages messages;
  messages.leaves.reserve(entries);
  for (std::uint64_t i = 0; i < entries; ++i) {
    messages.leaves.push_back(std::string(1, '\0') + entry_of(i, settings.bytes).bytes);
  }
  messages.nodes.resize(entries - 1);
  for (auto& node : messages.nodes) node.fill('n');
  double hashing = 1e9;
  double verifying = 1e9;
  const NoteVerifier key = signer().verifier();
  for (int turn = 0; turn < settings.turns; ++turn) {
    hashing = std::min(hashing, messages.hash_all());
    const double begin = cpu_seconds();
    const LogReport report = verify_log(real_file_system(), bench.log_dir(), key);
    verifying = std::min(verifying, cpu_seconds() - begin);
    if (!report.ok) must(Result<void>(fail(Errc::corrupt, report.error_class + report.where)));
  }
  std::printf("verify     %llu entries of %zu bytes: %.3f s, hashing alone %.3f s: %.2f x\n",
              static_cast<unsigned long long>(entries), settings.bytes, verifying, hashing,
              verifying / hashing);
}

// Fills in a child that ends without closing the log, as a kill does.
void fill_and_die(Bench& bench, std::uint64_t entries) {
  const pid_t child = ::fork();
  if (child == 0) {
    bench.create();
    bench.fill(entries);
    std::_Exit(0);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) != child || status != 0) {
    std::fputs("bench_ledger: the child that fills the log failed\n", stderr);
    std::exit(1);
  }
}

std::uint64_t frame_bytes(const std::string& dir) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::directory_iterator(dir + "/frames")) {
    bytes += file.file_size();
  }
  return bytes;
}

void run_start(const Settings& settings) {
  Bench bench(settings);
  const std::uint64_t entries = settings.entries > 0 ? settings.entries : 10'000'000;
  fill_and_die(bench, entries);
  const std::uint64_t frames = frame_bytes(bench.log_dir());
  auto begin = Clock::now();
  bench.open();
  const double killed = seconds_since(begin);
  if (bench.log().size() != entries) must(Result<void>(fail(Errc::corrupt, "entries are lost")));
  const std::string last = entry_of(entries - 1, settings.bytes).id;
  if (must(bench.log().find(last)) != entries - 1) {
    must(Result<void>(fail(Errc::corrupt, "an id is lost")));
  }
  std::printf("start      %llu entries, %.1f MiB of frames to replay: %.3f s\n",
              static_cast<unsigned long long>(entries), static_cast<double>(frames) / (1U << 20U),
              killed);
}

Settings parse(int count, char** words) {
  Settings out;
  const auto number = [](const char* text) { return std::strtoull(text, nullptr, 10); };
  for (int i = 1; i + 1 < count; i += 2) {
    const std::string name = words[i];
    if (name == "--dir") out.dir = words[i + 1];
    if (name == "--phase") out.phase = words[i + 1];
    if (name == "--entries") out.entries = number(words[i + 1]);
    if (name == "--turns") out.turns = std::max(1, static_cast<int>(number(words[i + 1])));
    if (name == "--seconds") out.seconds = static_cast<double>(number(words[i + 1]));
    if (name == "--bytes") out.bytes = std::max<std::size_t>(36, number(words[i + 1]));
  }
  return out;
}

}  // namespace

int main(int count, char** words) {
  const Settings settings = parse(count, words);
  const auto wanted = [&](const char* name) {
    return settings.phase.empty() || settings.phase == name;
  };
  if (wanted("append")) run_append(settings);
  if (wanted("verify")) run_verify(settings);
  if (wanted("start")) run_start(settings);
  return 0;
}
