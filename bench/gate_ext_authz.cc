// SPDX-License-Identifier: Apache-2.0
// Envoy's external authorization over gRPC: requests a second of one server core, with the client,
// h2load (4 connections, 16 streams each), on the other one.
//
//   floor       nghttp2 alone: reads no header and no message, and answers the same 81 bytes
//   allowed     a recorded request of Envoy's, of a subscription that no order names
//   refused     the same, of one that an order cuts off: with reason, headers and metadata
//
// The gate holds 100,000 restricted subscriptions and 200,000 pairs of them with a service. Floor
// and front end share the event loop. Each turn runs all three, one after the other; a server is a
// process of its own, bound to core 0, and its CPU time is the kernel's count. Before the
// turns, answers for 400 subscriptions are read and compared; after each run, h2load's count of
// answers and of their bytes.
//
//   bench_gate_ext_authz [--requests N] [--turns N]
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "base/testing/faulty_file_system.h"
#include "bench/gate_ext_authz/floor.h"
#include "gate_daemon/ext_authz.h"
#include "gate_daemon/grpc_connection.h"
#include "gate_daemon/loop.h"
#include "gate_daemon/testing/check_request.h"
#include "gate_daemon/testing/grpc_client.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/world.h"

namespace {

using namespace proviso;               // NOLINT(google-build-using-namespace)
using namespace proviso::gate_daemon;  // NOLINT(google-build-using-namespace)
using gate_daemon::testing::GrpcClient;

constexpr const char* kPath = "/envoy.service.auth.v3.Authorization/Check";
constexpr int kOrders = 100;
constexpr int kSubscriptionsOfOne = 1'000;
constexpr std::array kServices{"object-storage", "speech"};

// As providers name them.
std::string subscription(int number) {
  char text[40];
  std::snprintf(text, sizeof text, "%08x-0000-4000-8000-%012x",
                static_cast<unsigned>(number) * 2'654'435U, static_cast<unsigned>(number));
  return text;
}

std::unique_ptr<gates::LiveGate> make_gate(const gates::Clocks& clocks, FileSystem& fs) {
  gates::testing::World world;
  for (int o = 0; o < kOrders; ++o) {
    model::Order order = model::testing::sample_restriction();
    char nonce[33];
    std::snprintf(nonce, sizeof nonce, "%032x", o + 1);
    order.nonce = nonce;
    order.restriction->scope.clear();
    for (int s = 0; s < kSubscriptionsOfOne; ++s) {
      for (const char* service : kServices) {
        order.restriction->scope.push_back(
            {model::SubscriptionId(subscription(o * kSubscriptionsOfOne + s)),
             model::ServiceId(service),
             {},
             {},
             {}});
      }
    }
    world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
  }
  gates::LiveGateSettings settings;
  settings.trust = world.trust();
  auto gate = gates::LiveGate::open(settings, clocks, fs);
  CHECK(gate.has_value());
  model::GateSnapshot snapshot = world.snapshot();
  snapshot.made_at = gates::testing::at("2026-11-11T00:00:00Z");
  const auto taken = (*gate)->offer(model::write_snapshot(snapshot));
  if (!taken) std::fprintf(stderr, "%s\n", taken.error().message.c_str());
  CHECK(taken.has_value());
  return *std::move(gate);
}

// A request as tests/gate_ext_authz/recorded/header.txt has it: nine headers, 600 bytes.
std::string check_request(const std::string& of) {
  return gate_daemon::testing::CheckRequest{
      .method = "PUT",
      .path = "/v1/buckets/7?acl=private",
      .headers = {{":authority", "storage.provider.example"},
                  {":method", "PUT"},
                  {":path", "/v1/buckets/7?acl=private"},
                  {":scheme", "https"},
                  {"content-type", "application/octet-stream"},
                  {"user-agent", "sdk/2.1 (linux; amd64) provider-storage/7.11"},
                  {"x-forwarded-proto", "https"},
                  {"x-proviso-subscription", of},
                  {"x-request-id", "a5c27d27-8d46-4e7d-9a2e-2f1f0fb6f0aa"}},
      .extensions = {{"proviso.service", "object-storage"},
                     {"proviso.operation", "PutObject"},
                     {"proviso.region", "eu-west"}},
      .principal = "spiffe://provider.example/front"}
      .bytes();
}

void bind_to_core(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  if (sched_setaffinity(0, sizeof set, &set) != 0) std::perror("sched_setaffinity");
}

struct Server {
  pid_t pid = 0;
  std::uint16_t port = 0;
};

Server start(const Loop::Factory& factory) {
  std::array<int, 2> ends{};
  CHECK(pipe(ends.data()) == 0);
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    bind_to_core(0);
    auto loop = Loop::make(LoopLimits{});
    CHECK(loop.has_value());
    const auto port = (*loop)->listen({"127.0.0.1", 0}, factory);
    CHECK(port.has_value());
    CHECK(write(ends[1], &*port, sizeof *port) == sizeof *port);
    (*loop)->run();
    std::_Exit(0);
  }
  Server out{pid, 0};
  CHECK(read(ends[0], &out.port, sizeof out.port) == sizeof out.port);
  close(ends[0]);
  close(ends[1]);
  return out;
}

// Its CPU time in seconds.
double stop(const Server& server) {
  kill(server.pid, SIGKILL);
  rusage used{};
  int status = 0;
  CHECK(wait4(server.pid, &status, 0, &used) == server.pid);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// The body of the answer to one request, over a connection of its own.
std::string ask(std::uint16_t port, const std::string& message) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0);
  GrpcClient client;
  const std::int32_t id = client.call(kPath, message);
  while (!client.answer(id).closed) {
    const std::string sent = client.send();
    CHECK(write(fd, sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
    if (client.answer(id).closed) break;
    std::array<char, 4096> buffer{};
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    CHECK(got > 0);
    CHECK(client.receive({buffer.data(), static_cast<std::size_t>(got)}));
  }
  close(fd);
  CHECK(client.answer(id).headers.at("grpc-status") == "0");
  return client.answer(id).body;
}

// Every second of them is restricted.
void compare_answers(std::uint16_t port) {
  std::string plain;
  write_plain(plain);
  for (int i = 0; i < 400; ++i) {
    const bool cut = i % 2 == 0;
    const std::string body = ask(port, check_request(subscription(cut ? i * 249 : 1'000'000 + i)));
    CHECK(body.size() > 9);
    CHECK(cut == (body.substr(5, 4) == std::string("\x0a\x02\x08\x07", 4)));
    CHECK(cut || body.substr(5) == plain);
  }
}

struct Load {
  double per_second = 0;
  double mean_us = 0;
};

// What h2load says. `bytes`: of one answer's body.
Load load(std::uint16_t port, const std::string& body, long requests, std::size_t bytes) {
  const std::string file = "/tmp/bench_gate_ext_authz.body";
  std::ofstream(file, std::ios::binary) << body;
  const std::string command = "taskset -c 1 h2load -t 1 -c 4 -m 16 -n " + std::to_string(requests) +
                              " -d " + file +
                              " -H 'content-type: application/grpc' -H 'te: trailers' "
                              "http://127.0.0.1:" +
                              std::to_string(port) + kPath;
  FILE* pipe_end = popen(command.c_str(), "r");
  CHECK(pipe_end != nullptr);
  std::string text;
  std::array<char, 512> line{};
  while (std::fgets(line.data(), static_cast<int>(line.size()), pipe_end) != nullptr) {
    text += line.data();
  }
  CHECK(pclose(pipe_end) == 0);
  unlink(file.c_str());
  const auto number = [&](const char* before, const char* after) {
    const std::size_t end = text.find(after);
    const std::size_t begin = text.rfind(before, end);
    CHECK(end != std::string::npos && begin != std::string::npos);
    return std::strtod(text.c_str() + begin + std::strlen(before), nullptr);
  };
  CHECK(number("status codes: ", " 2xx") == static_cast<double>(requests));
  const double data = number("(", ") data");
  if (data != static_cast<double>(requests) * static_cast<double>(bytes)) {
    std::fprintf(stderr, "%s\nnot %ld answers of %zu bytes\n", text.c_str(), requests, bytes);
    std::abort();
  }
  return {number(", ", " req/s"), 64e6 / number(", ", " req/s")};
}

struct Work {
  const char* name;
  Loop::Factory factory;
  std::string message;
  bool compare;
  std::vector<double> per_second{};
  std::vector<double> cpu_us{};
};

void run(Work& work, long requests) {
  const Server server = start(work.factory);
  const std::size_t bytes = ask(server.port, work.message).size();
  const Load result = load(server.port, GrpcClient::framed(work.message), requests, bytes);
  work.per_second.push_back(result.per_second);
  work.cpu_us.push_back(stop(server) * 1e6 / static_cast<double>(requests));
}

double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

long option(int argc, char** argv, const char* name, long otherwise) {
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], name) == 0) return std::strtol(argv[i + 1], nullptr, 10);
  }
  return otherwise;
}

}  // namespace

int main(int argc, char** argv) {
  const long requests = option(argc, argv, "--requests", 400'000);
  const long turns = option(argc, argv, "--turns", 5);
  proviso::testing::FaultyFileSystem fs;
  const gates::testing::ManualClocks clocks{gates::testing::at("2026-11-12T00:00:00Z")};
  const auto gate = make_gate(clocks, fs);
  std::printf("%lu orders, %d subscriptions, %lu bytes of table\n", gate->status().orders,
              kOrders * kSubscriptionsOfOne, gate->status().table_bytes);
  Checks checks(*gate, clocks);
  ExtAuthz service(checks, {});
  const auto ours = [&] {
    return std::make_unique<GrpcConnection>(service, service.settings().limits);
  };
  std::array works{Work{"floor", [] { return bench::make_floor(); },
                        check_request(subscription(1'000'000)), false},
                   Work{"allowed", ours, check_request(subscription(1'000'000)), true},
                   Work{"refused", ours, check_request(subscription(77)), true}};
  for (const Work& work : works) {
    if (!work.compare) continue;
    const Server server = start(work.factory);
    compare_answers(server.port);
    stop(server);
  }
  for (long turn = 0; turn < turns; ++turn) {
    for (Work& work : works) run(work, requests);
  }
  std::printf("%-10s %12s %12s %14s\n", "", "best req/s", "median", "server CPU us");
  for (const Work& work : works) {
    std::printf("%-10s %12.0f %12.0f %14.2f\n", work.name,
                *std::ranges::max_element(work.per_second), median(work.per_second),
                median(work.cpu_us));
  }
  return 0;
}
