// SPDX-License-Identifier: Apache-2.0
// Our gate beside what others enforce denied pairs with: parts that bench/gate_peers.sh runs one
// after the other. What is measured and how: bench/gate_peers/README.md.
//   gate_peers make DIR SUBSCRIPTIONS                       what all start with
//   gate_peers library DIR SUBSCRIPTIONS                    our library in process
//   gate_peers servers DIR SUBSCRIPTIONS NGINX HAPROXY SECONDS ROUNDS
//   gate_peers serve DIR HTTP-PORT AUTHZEN-PORT             our daemon, as `servers` starts it
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "bench/gate_peers/library.h"
#include "bench/gate_peers/load.h"
#include "bench/gate_peers/process.h"
#include "bench/gate_peers/servers.h"
#include "bench/gate_peers/set.h"

namespace {

using namespace proviso::bench;
using SteadyClock = std::chrono::steady_clock;

/// What was measured of one endpoint: the round with the most answers a second.
struct Row {
  Server& server;
  const Endpoint& endpoint;
  std::vector<Asked> asked;
  Load best;
  double cpu_us = 0;
  double memory_mib = 0;  ///< after the rounds, before anything is changed
};

Row row_of(Server& server, const Endpoint& endpoint, const Set& set) {
  Row out{.server = server, .endpoint = endpoint, .asked = {}, .best = {}};
  for (const Question& question : set.questions) {
    out.asked.push_back(
        {endpoint.request(question.subscription, question.service), question.refused});
  }
  return out;
}

double rate_of(const Load& load) {
  return load.seconds == 0 ? 0 : static_cast<double>(load.answers) / load.seconds;
}

void measure(Row& row, double seconds) {
  const double before = row.server.process->cpu_seconds();
  const Load load = drive(row.endpoint.port, row.endpoint.says, row.asked, seconds);
  const double used = row.server.process->cpu_seconds() - before;
  row.memory_mib = row.server.process->memory_mib();
  if (rate_of(load) <= rate_of(row.best)) return;
  row.best = load;
  row.cpu_us = used * 1e6 / static_cast<double>(load.answers);
}

/// From the beginning of a change to the first answer that shows it; the median.
double ms_a_change(const Server& server, const Set& set) {
  const Endpoint& endpoint = server.endpoints.front();
  std::vector<double> turns;
  for (std::size_t turn = 0; turn < kFileChanges; ++turn) {
    const std::string question = endpoint.request(set.later.at(turn), 0);
    CHECK(!is_refused(endpoint.port, endpoint.says, question));
    const auto begin = SteadyClock::now();
    server.change(turn);
    while (!is_refused(endpoint.port, endpoint.says, question)) {
      CHECK(server.process->is_running());
    }
    turns.push_back(std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count());
  }
  std::ranges::sort(turns);
  return turns[turns.size() / 2];
}

void measure_servers(std::vector<Server> servers, const Set& set, double seconds, int rounds) {
  std::vector<Row> rows;
  for (Server& server : servers) {
    for (const Endpoint& endpoint : server.endpoints) rows.push_back(row_of(server, endpoint, set));
  }
  pin_to(1);
  for (int round = 0; round < rounds; ++round) {
    for (Row& row : rows) measure(row, seconds);
  }
  std::printf("%-24s %11s %11s %8s %8s %11s %9s %10s\n", "server, 16 connections", "requests/s",
              "CPU us each", "p50 us", "p99 us", "memory MiB", "start ms", "change ms");
  for (const Row& row : rows) {
    std::printf("%-24s %11.0f %11.2f %8.0f %8.0f %11.1f %9.0f", row.endpoint.name.c_str(),
                rate_of(row.best), row.cpu_us, row.best.p50_us, row.best.p99_us, row.memory_mib,
                row.server.start_ms);
    const bool is_first = &row.endpoint == &row.server.endpoints.front();
    is_first ? std::printf(" %10.1f\n", ms_a_change(row.server, set)) : std::printf("\n");
  }
}

[[noreturn]] void usage() {
  std::fprintf(stderr, "bench_gate_peers: run ./dev bench gate_peers\n");
  std::exit(2);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (words.size() < 4) usage();
  const std::string& mode = words[1];
  const std::string& dir = words[2];
  const auto number = [&words](std::size_t at) { return std::atoi(words.at(at).c_str()); };
  if (mode == "serve" && words.size() == 5) {
    return serve_gate(dir, static_cast<std::uint16_t>(number(3)),
                      static_cast<std::uint16_t>(number(4)));
  }
  const Set set = make_set(static_cast<std::size_t>(std::max(1, number(3))));
  if (mode == "make") {
    write_set(set, dir);
    write_files(set, dir);
  } else if (mode == "library") {
    measure_library(set, dir);
  } else if (mode == "servers" && words.size() == 8) {
    std::vector<Server> servers;
    servers.push_back(start_gate(words[0], set, dir));
    servers.push_back(start_nginx(words[4], set, dir));
    servers.push_back(start_haproxy(words[5], set, dir));
    measure_servers(std::move(servers), set, std::atof(words[6].c_str()), number(7));
  } else {
    usage();
  }
}
