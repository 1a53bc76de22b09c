// SPDX-License-Identifier: Apache-2.0
#include "bench/gate_peers/library.h"

#include <algorithm>
#include <cstdio>
#include <ctime>

#include "base/check.h"
#include "bench/gate_peers/process.h"
#include "gates/live_gate.h"

namespace proviso::bench {
namespace {

constexpr int kTurns = 9;
constexpr int kRounds = 20;
constexpr std::size_t kDeltas = 25;

double now_ns(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

gates::Request request_of(const std::string& subscription, std::size_t service) {
  return {subscription, kServices.at(service), kOperations.at(service), "", ""};
}

double ns_a_check(const gates::LiveGate& gate, const Set& set) {
  std::vector<gates::Request> requests;
  std::size_t expected = 0;
  for (const Question& question : set.questions) {
    requests.push_back(request_of(question.subscription, question.service));
    CHECK(gate.check(requests.back()).refused() == question.refused);
    expected += question.refused ? 1 : 0;
  }
  std::vector<double> turns;
  for (int turn = 0; turn < kTurns; ++turn) {
    const double begin = now_ns(CLOCK_THREAD_CPUTIME_ID);
    for (int round = 0; round < kRounds; ++round) {
      std::size_t refused = 0;
      for (const gates::Request& request : requests) refused += gate.check(request).refused();
      CHECK(refused == expected);
    }
    turns.push_back((now_ns(CLOCK_THREAD_CPUTIME_ID) - begin) / kRounds /
                    static_cast<double>(requests.size()));
  }
  return median(std::move(turns));
}

/// From a delta's text to the first refusal by it: verified, kept (with its sync) and enforced.
double ms_a_delta(gates::LiveGate& gate, const Set& set) {
  gates::testing::World world = make_world(set);
  std::vector<double> turns;
  for (std::size_t turn = 0; turn < kDeltas; ++turn) {
    const std::string& subscription = set.later.at(turn);
    const std::string text = model::write_delta(delta_with(subscription, gate.state(), world));
    const auto request = request_of(subscription, 0);
    CHECK(!gate.check(request).refused());
    const double begin = now_ns(CLOCK_MONOTONIC);
    CHECK(gate.offer_delta(text));
    CHECK(gate.check(request).refused());
    turns.push_back((now_ns(CLOCK_MONOTONIC) - begin) / 1e6);
  }
  return median(std::move(turns));
}

}  // namespace

void measure_library(const Set& set, const std::string& dir) {
  const double begin = now_ns(CLOCK_MONOTONIC);
  const BenchClocks clocks;
  gates::LiveGateSettings settings;
  settings.trust = gates::testing::World().trust();
  settings.state_dir = dir + "/library-state";
  settings.stage_freshness = std::chrono::hours(24 * 365);
  const auto gate = gates::LiveGate::open(std::move(settings), clocks, real_file_system());
  CHECK(gate);
  CHECK((*gate)->offer(real_file_system().read(dir + "/gate.snapshot", 1U << 30U).value()));
  CHECK((*gate)->check(request_of(set.restricted.front(), 0)).refused());
  const double start_ms = (now_ns(CLOCK_MONOTONIC) - begin) / 1e6;
  const double memory = own_memory_mib();
  const double ns = ns_a_check(**gate, set);
  std::printf("%-34s %9zu %12.0f %12.0f %10.1f %10.0f %10.2f\n", "proviso library (C++)",
              set.restricted.size(), ns, 1e9 / ns, memory, start_ms, ms_a_delta(**gate, set));
}

}  // namespace proviso::bench
