// SPDX-License-Identifier: Apache-2.0
// What recording costs a check: of whom nothing restricts, and of who is refused, with a ring that
// is emptied beside it, with one that is full, and without any.
//
//   gate_refusals [--turns N]
//
// 10,000 restricted subscriptions. CPU time of one thread a check, medians of --turns; what is
// compared takes turns, so that all meet the same machine. Limits: docs/performance.md.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/file_system.h"
#include "gates/live_gate.h"
#include "gates/refusal_ring.h"
#include "gates/testing/world.h"

namespace {

using namespace proviso;
using gates::LiveGate;
using gates::RefusalRing;
using gates::Request;

constexpr std::size_t kChecks = 20'000;
constexpr std::size_t kOrders = 1'000;  // ten subscriptions each

[[noreturn]] void give_up(const std::string& what) {
  std::fprintf(stderr, "bench_gate_refusals: %s\n", what.c_str());
  std::exit(1);
}

double cpu() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

std::string id_of(std::size_t number) {
  char text[40];
  std::snprintf(text, sizeof text, "%08zx-0000-4000-8000-%012zx",
                number * 2654435761U % 4294967296U, number);
  return text;
}

// Denied from now on, so that a system clock may judge it.
std::string snapshot_of(gates::testing::World& world) {
  const Time now = from_unix_seconds(gates::SystemClocks().wall());
  for (std::size_t i = 0; i < kOrders; ++i) {
    model::Order order = gates::testing::restriction_of(id_of(i * 10), "object-storage", '7');
    order.nonce = sha256(std::to_string(i)).hex().substr(0, 32);
    order.restriction->scope.clear();
    for (std::size_t k = 0; k < 10; ++k) {
      order.restriction->scope.push_back({.subscription = model::SubscriptionId{id_of(i * 10 + k)},
                                          .service = model::ServiceId{"object-storage"},
                                          .regions = {},
                                          .classes = {},
                                          .resources = {}});
    }
    world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
  }
  model::GateSnapshot snapshot = world.snapshot();
  snapshot.made_at = now;
  return model::write_snapshot(snapshot);
}

struct Asked {
  std::vector<std::string> ids;
  std::vector<Request> requests;
};
Asked ask(std::size_t first) {
  Asked out;
  for (std::size_t i = 0; i < kOrders * 10; ++i) out.ids.push_back(id_of(first + i));
  for (const std::string& id : out.ids) {
    out.requests.push_back({id, "object-storage", "PutObject", "eu-1", ""});
  }
  return out;
}

// Nanoseconds a check.
double measure(const LiveGate& gate, const Asked& asked, bool refused) {
  std::size_t seen = 0;
  const double begin = cpu();
  for (std::size_t i = 0; i < kChecks; ++i) {
    seen += gate.check(asked.requests[i % asked.requests.size()]).refused() ? 1U : 0U;
  }
  const double spent = cpu() - begin;
  if (seen != (refused ? kChecks : 0)) give_up("a wrong answer");
  return spent / static_cast<double>(kChecks);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<LiveGate> open(const gates::testing::World& world, const gates::Clocks& clocks,
                               const std::string& snapshot, RefusalRing* ring) {
  gates::LiveGateSettings settings;
  settings.trust = world.trust();
  settings.refusals = ring;
  auto gate = LiveGate::open(std::move(settings), clocks, real_file_system());
  if (!gate) give_up(gate.error().message);
  const auto taken = (*gate)->offer(snapshot);
  if (!taken) give_up(taken.error().message);
  return *std::move(gate);
}

void empty(RefusalRing& ring) {
  gates::Refusal refusal;
  while (ring.pop(refusal)) {
  }
}

}  // namespace

int main(int count, char** words) {
  const int turns = count == 3 && std::string(words[1]) == "--turns" ? std::atoi(words[2]) : 101;
  gates::testing::World world;
  const std::string snapshot = snapshot_of(world);
  const gates::SystemClocks clocks;
  RefusalRing roomy(1U << 15U);
  RefusalRing full(64);
  const auto silent = open(world, clocks, snapshot, nullptr);
  const auto recording = open(world, clocks, snapshot, &roomy);
  const auto dropping = open(world, clocks, snapshot, &full);
  const Asked restricted = ask(0);
  const Asked others = ask(kOrders * 10);
  std::vector<double> times[5];
  for (int turn = 0; turn < turns; ++turn) {
    times[0].push_back(measure(*silent, others, false));
    times[1].push_back(measure(*recording, others, false));
    times[2].push_back(measure(*silent, restricted, true));
    times[3].push_back(measure(*recording, restricted, true));
    times[4].push_back(measure(*dropping, restricted, true));
    empty(roomy);  // a turn has less than it holds
  }
  if (roomy.dropped() != 0 || full.dropped() == 0) give_up("the rings are not as they should be");
  std::printf("unrestricted, not recording   %6.1f ns\n", median(times[0]));
  std::printf("unrestricted, recording       %6.1f ns\n", median(times[1]));
  std::printf("refused, not recording        %6.1f ns\n", median(times[2]));
  std::printf("refused, recorded             %6.1f ns\n", median(times[3]));
  std::printf("refused, dropped (full ring)  %6.1f ns\n", median(times[4]));
  return 0;
}
