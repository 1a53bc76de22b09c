// SPDX-License-Identifier: Apache-2.0
// AuthZEN over HTTP/1.1 from the gate daemon, beside two floors that answer a fixed text: a bare
// epoll loop, and the same on Asio. 16 connections, the server on one core and the client on the
// other, all in one run and by turns. 100,000 restricted subscriptions, 200,000 pairs; nine
// requests of ten are of unrestricted ones. Each of the gate's decisions is checked.
//   ./dev bench gate_http [SECONDS-A-ROUND [ROUNDS]]
#include <algorithm>
#include <array>
#include <boost/asio.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "gate_daemon/authzen.h"
#include "gate_daemon/http_connection.h"
#include "gate_daemon/loop.h"
#include "gates/testing/world.h"

namespace {

using namespace proviso;
using SteadyClock = std::chrono::steady_clock;

constexpr int kConnections = 16;
constexpr std::size_t kRequests = 20'000;
constexpr int kSubscriptions = 100'000;
constexpr int kLinesAnOrder = 10'000;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

struct Asked {
  std::string bytes;
  bool permitted = true;
};

std::string subscription(int number) { return "subscription-" + std::to_string(number); }

std::string request_of(const std::string& id, const char* service, const char* operation) {
  const std::string body = R"({"subject":{"type":"subscription","id":")" + id +
                           R"("},"action":{"name":")" + operation +
                           R"("},"resource":{"type":"service","id":")" + service +
                           R"("},"context":{"region":"eu-west-1"}})";
  return "POST /access/v1/evaluation HTTP/1.1\r\nHost: 127.0.0.1:8180\r\nUser-Agent: bench/1\r\n"
         "Accept: application/json\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(body.size()) + std::string(kHeadEnd) + body;
}

std::vector<Asked> make_requests() {
  std::vector<Asked> out;
  std::uint64_t state = 42;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    return static_cast<int>((state >> 33U) % below);
  };
  for (std::size_t i = 0; i < kRequests; ++i) {
    const bool restricted = random(10) == 0;
    const int number = random(kSubscriptions) + (restricted ? 0 : kSubscriptions);
    const bool storage = random(2) == 0;
    out.push_back({request_of(subscription(number), storage ? "object-storage" : "speech",
                              storage ? "PutObject" : "Recognize"),
                   !restricted});
  }
  return out;
}

gates::testing::World make_world() {
  gates::testing::World world;
  char nonce = 'a';
  for (const char* service : {"object-storage", "speech"}) {
    for (int first = 0; first < kSubscriptions; first += kLinesAnOrder) {
      model::Order order = gates::testing::restriction_of("x", service, '1');
      // Thirty-two hexadecimal digits, another for each order.
      order.nonce = sha256(std::string(1, nonce++)).hex().substr(0, 32);
      auto& restriction = *order.restriction;
      restriction.scope.clear();
      for (int i = first; i < first + kLinesAnOrder; ++i) {
        restriction.scope.push_back(
            {model::SubscriptionId(subscription(i)), model::ServiceId(service), {}, {}, {}});
      }
      restriction.stages = {
          {model::testing::at("2026-11-07T00:00:00Z"), {model::EffectKind::read_only, 0}}};
      world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
    }
  }
  return world;
}

/// In the middle of November 2026, when the orders are in force.
class BenchClocks final : public gates::Clocks {
 public:
  [[nodiscard]] std::int64_t wall() const noexcept override { return 1'794'500'000; }
  [[nodiscard]] std::int64_t steady() const noexcept override { return 1'000; }
};

void pin_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(core), &set);
  sched_setaffinity(0, sizeof set, &set);
}

// How much of `text` is whole requests; counts them.
std::size_t whole_requests(std::string_view text, int& count) {
  constexpr std::string_view kLength = "Content-Length: ";
  std::size_t used = 0;
  while (true) {
    const std::size_t end = text.find(kHeadEnd, used);
    if (end == std::string_view::npos) return used;
    const std::size_t at = text.find(kLength, used);
    const std::size_t size = end + kHeadEnd.size() +
                             static_cast<std::size_t>(std::atoi(text.data() + at + kLength.size()));
    if (size > text.size()) return used;
    ++count;
    used = size;
  }
}

const std::string& fixed_answer() {
  static const std::string answer = [] {
    const std::string body =
        R"({"decision":true,"context":{"snapshot":{"age_seconds":10,"version":21}}})";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
           std::to_string(body.size()) + std::string(kHeadEnd) + body;
  }();
  return answer;
}

using Serve = std::function<void(const std::function<void(std::uint16_t)>& ready)>;

/// A listening socket on a free loopback port.
int listen_anywhere(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof at;
  CHECK(::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0 && ::listen(fd, 64) == 0);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  port = ntohs(at.sin_port);
  return fd;
}

void serve_epoll(const std::function<void(std::uint16_t)>& ready) {
  std::uint16_t port = 0;
  const int listener = listen_anywhere(port);
  const int epoll = epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {.fd = listener}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  ready(port);
  std::string buffer(1U << 16U, '\0');
  std::array<epoll_event, 64> events;
  while (true) {
    const int count = epoll_wait(epoll, events.data(), 64, -1);
    for (int i = 0; i < count; ++i) {
      const int fd = events.at(static_cast<std::size_t>(i)).data.fd;
      if (fd == listener) {
        const int client = ::accept(listener, nullptr, nullptr);
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        event.data.fd = client;
        epoll_ctl(epoll, EPOLL_CTL_ADD, client, &event);
        continue;
      }
      const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
      int whole = 0;
      if (got > 0) whole_requests({buffer.data(), static_cast<std::size_t>(got)}, whole);
      if (whole == 0) {
        ::close(fd);
      } else {
        CHECK(::send(fd, fixed_answer().data(), fixed_answer().size(), MSG_NOSIGNAL) > 0);
      }
    }
  }
}

namespace asio = boost::asio;

struct AsioClient : std::enable_shared_from_this<AsioClient> {
  explicit AsioClient(asio::ip::tcp::socket its)
      : socket(std::move(its)), buffer(1U << 16U, '\0') {}
  void read() {
    socket.async_read_some(
        asio::buffer(buffer),
        [self = shared_from_this()](boost::system::error_code error, std::size_t got) {
          int whole = 0;
          if (!error) whole_requests({self->buffer.data(), got}, whole);
          if (whole == 0) return;
          asio::async_write(self->socket, asio::buffer(fixed_answer()),
                            [self](boost::system::error_code failed, std::size_t) {
                              if (!failed) self->read();
                            });
        });
  }
  asio::ip::tcp::socket socket;
  std::string buffer;
};

void serve_asio(const std::function<void(std::uint16_t)>& ready) {
  asio::io_context io(1);
  asio::ip::tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  std::function<void()> accept = [&] {
    acceptor.async_accept([&](boost::system::error_code error, asio::ip::tcp::socket socket) {
      if (error) return;
      socket.set_option(asio::ip::tcp::no_delay(true));
      std::make_shared<AsioClient>(std::move(socket))->read();
      accept();
    });
  };
  accept();
  ready(acceptor.local_endpoint().port());
  io.run();
}

void serve_gate(const gates::LiveGate& gate, const gates::Clocks& clocks,
                const std::function<void(std::uint16_t)>& ready) {
  gate_daemon::Latest<gate_daemon::Names> names;
  gate_daemon::Checks checks(gate, clocks);
  gate_daemon::Authzen authzen(checks, names, {});
  const auto loop = *gate_daemon::Loop::make({});
  const auto port = loop->listen({.ip = "127.0.0.1", .port = 0}, [&authzen] {
    return std::make_unique<gate_daemon::HttpConnection>(authzen, gate_daemon::HttpLimits{});
  });
  CHECK(port);
  ready(*port);
  loop->run();
}

struct Client {
  int fd = -1;
  std::size_t asked = 0;
  std::string input;
};

// Whether the whole answer is there; checks it.
bool answered(Client& client, const Asked& asked, bool check_decision) {
  const std::size_t end = client.input.find(kHeadEnd);
  if (end == std::string::npos) return false;
  const std::size_t at = client.input.find("Content-Length: ");
  const std::size_t size =
      end + kHeadEnd.size() + static_cast<std::size_t>(std::atoi(client.input.c_str() + at + 16));
  if (client.input.size() < size) return false;
  CHECK(client.input.size() == size && client.input.starts_with("HTTP/1.1 200 OK\r\n"));
  if (check_decision) {
    const std::string_view body = std::string_view(client.input).substr(end + kHeadEnd.size());
    CHECK(body.starts_with(asked.permitted ? R"({"decision":true,)" : R"({"decision":false,)"));
  }
  client.input.clear();
  return true;
}

struct Figures {
  double rate = 0;
  double cpu_us = 0;
  double p50_us = 0;
  double p99_us = 0;
};

std::vector<double> drive(std::uint16_t port, const std::vector<Asked>& requests, bool check,
                          std::chrono::duration<double> span) {
  const int epoll = epoll_create1(0);
  std::array<Client, kConnections> clients;
  std::array<SteadyClock::time_point, kConnections> sent;
  std::size_t next = 0;
  const auto ask = [&](std::size_t i) {
    clients.at(i).asked = next++ % requests.size();
    const std::string& bytes = requests[clients.at(i).asked].bytes;
    sent.at(i) = SteadyClock::now();
    CHECK(::send(clients.at(i).fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
          static_cast<ssize_t>(bytes.size()));
  };
  for (std::size_t i = 0; i < clients.size(); ++i) {
    Client& client = clients.at(i);
    client.fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(::connect(client.fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0);
    const int on = 1;
    ::setsockopt(client.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
    epoll_ctl(epoll, EPOLL_CTL_ADD, client.fd, &event);
    ask(i);
  }
  std::vector<double> latencies;
  std::string buffer(1U << 16U, '\0');
  std::array<epoll_event, kConnections> events;
  const auto end = SteadyClock::now() + std::chrono::duration_cast<SteadyClock::duration>(span);
  while (SteadyClock::now() < end) {
    const int count = epoll_wait(epoll, events.data(), kConnections, 1'000);
    for (int e = 0; e < count; ++e) {
      const std::size_t i = events.at(static_cast<std::size_t>(e)).data.u64;
      Client& client = clients.at(i);
      const ssize_t got = ::recv(client.fd, buffer.data(), buffer.size(), 0);
      CHECK(got > 0);
      client.input.append(buffer, 0, static_cast<std::size_t>(got));
      if (!answered(client, requests[client.asked], check)) continue;
      latencies.push_back(
          std::chrono::duration<double, std::micro>(SteadyClock::now() - sent.at(i)).count());
      ask(i);
    }
  }
  for (const Client& client : clients) ::close(client.fd);
  ::close(epoll);
  return latencies;
}

Figures measure(const Serve& serve, const std::vector<Asked>& requests, bool check,
                double seconds) {
  std::array<int, 2> pipe;
  CHECK(::pipe(pipe.data()) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    pin_to(0);
    serve([&](std::uint16_t port) { CHECK(::write(pipe[1], &port, sizeof port) > 0); });
    ::_exit(0);
  }
  std::uint16_t port = 0;
  CHECK(::read(pipe[0], &port, sizeof port) == sizeof port);
  pin_to(1);
  auto latencies = drive(port, requests, check, std::chrono::duration<double>(seconds));
  ::kill(child, SIGKILL);
  rusage usage{};
  int status = 0;
  ::wait4(child, &status, 0, &usage);
  ::close(pipe[0]);
  ::close(pipe[1]);
  std::sort(latencies.begin(), latencies.end());
  const auto micros = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  const auto count = static_cast<double>(latencies.size());
  return {.rate = count / seconds,
          .cpu_us = (micros(usage.ru_utime) + micros(usage.ru_stime)) / count,
          .p50_us = latencies[latencies.size() / 2],
          .p99_us = latencies[latencies.size() * 99 / 100]};
}

}  // namespace

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? std::atof(argv[1]) : 3;
  const int rounds = argc > 2 ? std::atoi(argv[2]) : 3;
  const auto requests = make_requests();
  const gates::testing::World world = make_world();
  const BenchClocks clocks;
  gates::LiveGateSettings settings;
  settings.trust = world.trust();
  const auto gate = gates::LiveGate::open(std::move(settings), clocks, real_file_system());
  CHECK(gate);
  const auto taken = (*gate)->offer(world.snapshot_text());
  if (!taken) std::fprintf(stderr, "%s\n", taken.error().message.c_str());
  CHECK(taken);
  struct Server {
    const char* name;
    Serve serve;
    bool check;
    Figures best;
  };
  std::array servers{
      Server{"bare epoll, fixed answer", serve_epoll, false, {}},
      Server{"bare Asio, fixed answer", serve_asio, false, {}},
      Server{
          "gate, AuthZEN", [&](const auto& ready) { serve_gate(**gate, clocks, ready); }, true, {}},
  };
  std::printf("%-26s %10s %12s %8s %8s\n", "server (best of rounds)", "requests/s", "CPU us/req",
              "p50 us", "p99 us");
  for (int round = 0; round < rounds; ++round) {
    for (Server& server : servers) {
      const Figures now = measure(server.serve, requests, server.check, seconds);
      if (now.rate > server.best.rate) server.best = now;
    }
  }
  for (const Server& server : servers) {
    std::printf("%-26s %10.0f %12.2f %8.0f %8.0f\n", server.name, server.best.rate,
                server.best.cpu_us, server.best.p50_us, server.best.p99_us);
  }
}
