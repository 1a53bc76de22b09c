// SPDX-License-Identifier: Apache-2.0
#include "bench/gate_peers/load.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/check.h"

namespace proviso::bench {
namespace {

using SteadyClock = std::chrono::steady_clock;
constexpr std::size_t kConnections = 16;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return out;
}

/// -1: nobody listens.
int connect_to(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  const sockaddr_in to = loopback(port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    ::close(fd);
    return -1;
  }
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

bool send_all(int fd, std::string_view bytes) {
  return ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

// Servers differ in how they write the name; 0 where it is not there (204).
std::size_t body_bytes(std::string_view head) {
  for (const std::string_view name : {"Content-Length: ", "content-length: "}) {
    const std::size_t at = head.find(name);
    if (at != std::string_view::npos) {
      return static_cast<std::size_t>(std::atoi(head.data() + at + name.size()));
    }
  }
  return 0;
}

/// Whether `input`, once it is a whole answer, refuses; nothing before that.
std::optional<bool> read_answer(std::string_view input, Says says) {
  const std::size_t end = input.find(kHeadEnd);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view head = input.substr(0, end);
  const std::string_view body = input.substr(end + kHeadEnd.size());
  if (body.size() < body_bytes(head)) return std::nullopt;
  const std::string_view status = head.substr(std::min<std::size_t>(head.size(), 9), 3);
  if (says == Says::by_decision) {
    CHECK(status == "200" && body.starts_with(R"({"decision":)"));
    return body.starts_with(R"({"decision":false)");
  }
  CHECK(status == "200" || status == "204" || status == "403");
  return status == "403";
}

struct Client {
  int fd = -1;
  std::size_t asked = 0;
  std::string input;
  SteadyClock::time_point sent;
};

class Driver {
 public:
  Driver(std::uint16_t port, Says says, const std::vector<Asked>& asked)
      : says_(says), asked_(asked), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < clients_.size(); ++i) {
      clients_.at(i).fd = connect_to(port);
      CHECK(clients_.at(i).fd >= 0);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, clients_.at(i).fd, &event);
      ask(clients_.at(i));
    }
  }
  ~Driver() {
    for (const Client& client : clients_) ::close(client.fd);
    ::close(epoll_);
  }
  Driver(const Driver&) = delete;
  Driver& operator=(const Driver&) = delete;

  void turn() {
    std::array<epoll_event, kConnections> events;
    const int count = ::epoll_wait(epoll_, events.data(), kConnections, 1'000);
    for (int i = 0; i < count; ++i)
      take(clients_.at(events.at(static_cast<std::size_t>(i)).data.u64));
  }
  [[nodiscard]] std::vector<double>& times_us() { return times_us_; }

 private:
  void ask(Client& client) {
    client.asked = next_++ % asked_.size();
    client.input.clear();
    client.sent = SteadyClock::now();
    CHECK(send_all(client.fd, asked_[client.asked].bytes));
  }
  void take(Client& client) {
    std::array<char, 16'384> buffer;
    const ssize_t got = ::recv(client.fd, buffer.data(), buffer.size(), 0);
    CHECK(got > 0);
    client.input.append(buffer.data(), static_cast<std::size_t>(got));
    const auto refused = read_answer(client.input, says_);
    if (!refused) return;
    if (*refused != asked_[client.asked].refused) {
      std::fprintf(stderr, "a wrong answer:\n%s\nto\n%s\n", client.input.c_str(),
                   asked_[client.asked].bytes.c_str());
      std::exit(1);
    }
    times_us_.push_back(
        std::chrono::duration<double, std::micro>(SteadyClock::now() - client.sent).count());
    ask(client);
  }

  const Says says_;
  const std::vector<Asked>& asked_;
  const int epoll_;
  std::array<Client, kConnections> clients_;
  std::size_t next_ = 0;
  std::vector<double> times_us_;
};

}  // namespace

Load drive(std::uint16_t port, Says says, const std::vector<Asked>& asked, double seconds) {
  const auto begin = SteadyClock::now();
  const auto past = [&] {
    return std::chrono::duration<double>(SteadyClock::now() - begin).count();
  };
  Driver driver(port, says, asked);
  while (past() < seconds) driver.turn();
  const double took = past();
  auto& times = driver.times_us();
  std::ranges::sort(times);
  CHECK(!times.empty());
  return {.answers = times.size(),
          .seconds = took,
          .p50_us = times[times.size() / 2],
          .p99_us = times[times.size() * 99 / 100]};
}

bool is_refused(std::uint16_t port, Says says, std::string_view question) {
  const int fd = connect_to(port);
  if (fd < 0) return false;
  std::string input;
  std::array<char, 4'096> buffer;
  std::optional<bool> out;
  bool open = send_all(fd, question);
  while (open && !out) {
    const ssize_t got = ::recv(fd, buffer.data(), buffer.size(), 0);
    open = got > 0;
    if (open) input.append(buffer.data(), static_cast<std::size_t>(got));
    out = read_answer(input, says);
  }
  ::close(fd);
  return out.value_or(false);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  CHECK(fd >= 0);
  sockaddr_in at = loopback(0);
  socklen_t size = sizeof at;
  CHECK(::bind(fd, reinterpret_cast<const sockaddr*>(&at), size) == 0);
  CHECK(::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size) == 0);
  ::close(fd);
  return ntohs(at.sin_port);
}

}  // namespace proviso::bench
