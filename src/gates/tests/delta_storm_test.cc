// SPDX-License-Identifier: Apache-2.0
// Deltas as fast as a gate takes them, on a real disk, while it is asked and folds: 100 on 300
// orders, 500 in the full tier (PROVISO_TIER), in the soak tier 11,000 on 10,000 orders: more than
// a journal holds. It tells how many a minute it took, and how much memory.
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <latch>
#include <map>
#include <thread>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gates/delta_journal.h"
#include "gates/read_section.h"
#include "gates/testing/fed_gate.h"
#include "gates/testing/growing_log.h"
#include "model/in_force.h"

namespace proviso::gates {
namespace {

using testing::GrowingLog;
using testing::write_of;
using SteadyClock = std::chrono::steady_clock;

std::string_view tier() {
  const char* const out = std::getenv("PROVISO_TIER");
  return out == nullptr ? "quick" : out;
}
bool is_soak() { return tier() == "soak"; }
int deltas_wanted() { return is_soak() ? 11'000 : tier() == "full" ? 500 : 100; }

std::string subscription(int number) { return "sub-" + std::to_string(number); }

/// A provider with many orders, each of one subscription; says each change in one delta.
class Provider {
 public:
  Provider() {
    for (const std::string& leaf : world_.leaves()) log_.push(leaf);
  }
  void restrict_use(int number) {
    const model::SignedOrder order = testing::restriction(number);
    const auto index = enter(order);
    orders_.insert_or_assign(number, Standing{order, index});
    sum_.add(sha256(order.canonical));
  }
  void lift(int number) {
    const Digest digest = sha256(orders_.at(number).order.canonical);
    enter(model::testing::sign_order(model::testing::sample_lift(digest), {"cleo"}));
    orders_.erase(number);
    sum_.remove(digest);
  }
  model::GateDelta delta_restricting(int number, const model::GateState& from) {
    restrict_use(number);
    model::GateDelta out = delta_from(from);
    const Standing& standing = orders_.at(number);
    out.added = {{standing.order, prove(standing.index)}};
    return out;
  }
  model::GateDelta delta_lifting(int number, const model::GateState& from) {
    const Digest digest = sha256(orders_.at(number).order.canonical);
    lift(number);
    model::GateDelta out = delta_from(from);
    out.gone = {digest};
    return out;
  }
  [[nodiscard]] std::string whole() const {
    model::GateSnapshot out;
    out.ledger = world_.trust().ledger;
    out.made_at = made_at_;
    out.checkpoint = checkpoint();
    out.genesis = prove(0);
    out.catalogues = {world_.catalogue};
    for (const auto& [number, standing] : orders_) {
      out.restrictions.push_back({standing.order, prove(standing.index)});
    }
    return model::write_snapshot(out);
  }
  [[nodiscard]] bool restricts(int number) const { return orders_.contains(number); }
  [[nodiscard]] std::size_t count() const { return orders_.size(); }
  /// The one with the least number from `from` on; there is one.
  [[nodiscard]] int oldest_from(int from) const { return orders_.lower_bound(from)->first; }
  [[nodiscard]] const model::TrustRoot& trust() const { return world_.trust(); }

 private:
  struct Standing {
    model::SignedOrder order;
    std::uint64_t index = 0;
  };

  // World::put_in_force() also looks through all orders, which takes too long here.
  std::uint64_t enter(const model::SignedOrder& order) {
    const auto index = world_.log(model::entry_kind::order_in_force, testing::at(testing::kInForce),
                                  model::in_force_public(order));
    log_.push(world_.leaves()[index]);
    return index;
  }
  [[nodiscard]] model::ProvenEntry prove(std::uint64_t index) const {
    return {world_.leaves()[index], index, log_.path(index)};
  }
  [[nodiscard]] std::string checkpoint() const {
    const ledger::Checkpoint checkpoint{world_.trust().ledger, log_.size(), log_.root()};
    return ledger::sign_note(world_.signer(), checkpoint.format());
  }
  [[nodiscard]] model::GateDelta delta_from(const model::GateState& from) const {
    model::GateDelta out;
    out.ledger = world_.trust().ledger;
    out.made_at = made_at_;
    out.checkpoint = checkpoint();
    out.from = from;
    out.orders = sum_.value();
    out.consistency = log_.consistency(from.size);
    return out;
  }

  testing::World world_;
  GrowingLog log_;
  std::map<int, Standing> orders_;
  model::OrderSum sum_;
  const Time made_at_ = testing::at("2026-11-11T00:00:00Z");
};

double resident_mib() {
  std::ifstream file("/proc/self/statm");
  double all = 0;
  double resident = 0;
  file >> all >> resident;
  return resident * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

double cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

std::uint64_t bytes_in(const std::string& folder) {
  std::uint64_t out = 0;
  for (const auto& file : std::filesystem::directory_iterator(folder)) out += file.file_size();
  return out;
}

/// A gate in a folder of its own, which is asked and folds while deltas come.
class Storm {
 public:
  Storm() {
    std::string folder = (std::filesystem::temp_directory_path() / "delta-storm-XXXXXX").string();
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    settings_.state_dir = folder;
    settings_.trust = provider.trust();
    for (int i = 0; i < orders_; ++i) provider.restrict_use(i);
    open();
    const auto taken = gate->offer(provider.whole());
    EXPECT_TRUE(taken) << taken.error().message;
  }
  ~Storm() {
    gate.reset();
    std::filesystem::remove_all(settings_.state_dir);
  }
  Storm(const Storm&) = delete;
  Storm& operator=(const Storm&) = delete;

  void open() {
    gate.reset();  // gives its folder free
    auto opened = LiveGate::open(settings_, clocks_, real_file_system());
    ASSERT_TRUE(opened) << opened.error().message;
    gate = *std::move(opened);
  }

  // Two of three restrict, the third lifts the oldest of those that may be lifted.
  void take(int number) {
    const bool lifts = number % 3 == 2;
    const int subject = lifts ? provider.oldest_from(kNeverLifted) : orders_ + number;
    const std::string id = subscription(subject);
    EXPECT_EQ(gate->check(write_of(id)).refused(), lifts);
    const model::GateState from = gate->state();
    const std::string text = model::write_delta(lifts ? provider.delta_lifting(subject, from)
                                                      : provider.delta_restricting(subject, from));
    const double cpu_before = cpu_ms();
    const auto begin = SteadyClock::now();
    auto taken = gate->offer_delta(text);
    cpu_ms_used += cpu_ms() - cpu_before;
    times_ms.push_back(
        std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
    if (!taken && taken.error().code == Errc::conflict) {
      ++wholes;
      taken = gate->offer(provider.whole());
    }
    ASSERT_TRUE(taken) << taken.error().message;
    ASSERT_EQ(gate->check(write_of(id)).refused(), !lifts) << id;
  }

  // What is asked all the time: some that stay restricted, and some that nobody ever names.
  void ask(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      for (int i = 0; i < kNeverLifted; ++i) {
        wrong += gate->check(write_of(subscription(i))).refused() ? 0U : 1U;
        wrong += gate->check(write_of("other-" + std::to_string(i))).refused() ? 1U : 0U;
        asked += 2;
      }
    }
  }

  void compare_all(int deltas) const {
    for (int i = 0; i < orders_ + deltas; ++i) {
      ASSERT_EQ(gate->check(write_of(subscription(i))).refused(), provider.restricts(i)) << i;
    }
    EXPECT_EQ(gate->status().orders, provider.count());
  }

  [[nodiscard]] const std::string& folder() const { return settings_.state_dir; }

  static constexpr int kNeverLifted = 50;
  Provider provider;
  std::unique_ptr<LiveGate> gate;
  std::vector<double> times_ms;
  double cpu_ms_used = 0;  // of the thread that offers, for all deltas
  int wholes = 0;
  std::atomic<std::uint64_t> wrong{0};
  std::atomic<std::uint64_t> asked{0};

 private:
  const int orders_ = is_soak() ? 10'000 : 300;
  testing::ManualClocks clocks_{testing::at("2026-11-12T00:00:00Z")};
  LiveGateSettings settings_;
};

void tell(const Storm& storm, double mib_before) {
  std::vector<double> times_ms = storm.times_ms;
  double sum = 0;
  for (const double time : times_ms) sum += time;
  std::ranges::sort(times_ms);
  const auto count = static_cast<double>(times_ms.size());
  std::printf(
      "%zu deltas: %.0f a minute of the gate's time; median %.2f ms, p99 %.2f, longest %.2f; CPU "
      "%.2f ms each; "
      "resident %.0f MiB before, %.0f after, the test's own orders included\n",
      times_ms.size(), count * 60'000 / sum, times_ms[times_ms.size() / 2],
      times_ms[times_ms.size() * 99 / 100], times_ms.back(), storm.cpu_ms_used / count, mib_before,
      resident_mib());
}

TEST(DeltaStorm, AnswersStayRightMemoryBoundedAndARestartHasThemAll) {
  const int deltas = deltas_wanted();
  Storm storm;
  const double mib_before = resident_mib();
  {
    std::jthread asking([&](const std::stop_token& stop) { storm.ask(stop); });
    std::jthread ticking([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        storm.gate->tick();
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
      }
    });
    for (int i = 0; i < deltas && !::testing::Test::HasFatalFailure(); ++i) storm.take(i);
    while (storm.asked == 0) std::this_thread::yield();
  }
  tell(storm, mib_before);
  EXPECT_EQ(storm.wrong, 0U) << "of " << storm.asked;
  // Where a journal is full the gate asks for the whole, once for each 10,000 deltas.
  EXPECT_EQ(storm.wholes, is_soak() ? 1 : 0);
  storm.gate->tick();
  storm.compare_all(deltas);

  // A gate that was killed here starts with all of them; and one that was only ever given the
  // whole needs about as much memory.
  const model::GateState state = storm.gate->state();
  const std::uint64_t table_bytes = storm.gate->status().table_bytes;
  storm.open();
  EXPECT_EQ(storm.gate->state(), state) << storm.gate->status().last_refusal;
  EXPECT_EQ(storm.gate->status().last_refusal, "");
  storm.compare_all(deltas);
  const std::string whole = storm.provider.whole();
  ASSERT_TRUE(storm.gate->offer(whole));
  storm.compare_all(deltas);
  EXPECT_LT(table_bytes, storm.gate->status().table_bytes * 2);
  EXPECT_LT(bytes_in(storm.folder()), whole.size() * 2 + kJournalBytesMax);
}

// A reader whom the kernel has stopped in the middle of a check holds nothing up: without that,
// this would never end.
TEST(DeltaStorm, NoDeltaWaitsForAReader) {
  testing::FedGate host;
  host.start();
  std::latch inside(1);
  std::latch leave(1);
  std::jthread reader([&] {
    const ReadSection section;
    inside.count_down();
    leave.wait();
  });
  inside.wait();
  for (int i = 3; i < 13; ++i) {
    host.feed.restrict_use(i);
    EXPECT_EQ(host.said(host.feed.delta()), "accepted");
    EXPECT_TRUE(host.refuses(i));
  }
  leave.count_down();
}

}  // namespace
}  // namespace proviso::gates
