// SPDX-License-Identifier: Apache-2.0
// A real HAProxy's map of 100,000 entries, kept in step over its runtime socket: how long the gate
// takes to say what should stand there, HAProxy to take all of it, and one change of one entry,
// that of a key at the map's end. What HAProxy then says of a key is checked over HTTP.
//   ./dev bench gate_haproxy [ENTRIES [TURNS]]         (needs Debian's haproxy)
#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/check.h"
#include "gate_daemon/haproxy_map.h"
#include "gates/testing/world.h"

namespace {

using namespace proviso;
using namespace proviso::gate_daemon;
using SteadyClock = std::chrono::steady_clock;

constexpr int kLinesAnOrder = 10'000;
constexpr std::uint16_t kPort = 18'181;

std::string subscription(int number) { return "subscription-" + std::to_string(number); }

gates::testing::World make_world(int subscriptions) {
  gates::testing::World world;
  for (int first = 0; first < subscriptions; first += kLinesAnOrder) {
    model::Order order = gates::testing::restriction_of("x", "speech", '1');
    order.nonce = sha256(std::to_string(first)).hex().substr(0, 32);
    order.restriction->scope.clear();
    for (int i = first; i < std::min(subscriptions, first + kLinesAnOrder); ++i) {
      order.restriction->scope.push_back(
          {model::SubscriptionId(subscription(i)), model::ServiceId("speech"), {}, {}, {}});
    }
    order.restriction->stages = {
        {model::testing::at("2026-11-07T00:00:00Z"), {model::EffectKind::deny, 0}}};
    world.put_in_force(model::testing::sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
  }
  return world;
}

/// In the middle of November 2026, when the orders are in force.
class BenchClocks final : public gates::Clocks {
 public:
  [[nodiscard]] std::int64_t wall() const noexcept override { return 1'794'500'000; }
  [[nodiscard]] std::int64_t steady() const noexcept override { return 1'000; }
};

std::unique_ptr<gates::LiveGate> make_gate(const gates::testing::World& world,
                                           const std::string& text) {
  static const BenchClocks clocks;
  gates::LiveGateSettings settings;
  settings.trust = world.trust();
  auto gate = gates::LiveGate::open(std::move(settings), clocks, real_file_system());
  CHECK(gate);
  CHECK((*gate)->offer(text));
  return *std::move(gate);
}

/// HAProxy in a folder of its own, ended with this.
class Haproxy {
 public:
  explicit Haproxy(std::string folder) : folder_(std::move(folder)) {
    {
      const std::ofstream empty(map());
    }
    std::ofstream(folder_ + "/haproxy.cfg")
        << "global\n  stats socket " << socket() << " mode 600 level admin\n  nbthread 1\n"
        << "defaults\n  mode http\n  timeout client 30s\n  timeout server 30s\n"
        << "  timeout connect 30s\nfrontend f\n  bind 127.0.0.1:" << kPort << "\n"
        << "  http-request deny deny_status 403 if { req.fhdr(X-Key),map_str(" << map()
        << ") -m str deny }\n  http-request return status 204\n";
    const std::string config = folder_ + "/haproxy.cfg";
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("haproxy", "haproxy", "-db", "-f", config.c_str(), nullptr);
      ::_exit(127);
    }
    while (!HaproxyCli::connect(socket(), {})) {
      CHECK(::waitpid(pid_, nullptr, WNOHANG) == 0);
      std::this_thread::sleep_for(std::chrono::milliseconds{10});
    }
  }
  ~Haproxy() {
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }
  Haproxy(const Haproxy&) = delete;
  Haproxy& operator=(const Haproxy&) = delete;
  [[nodiscard]] std::string socket() const { return folder_ + "/s"; }
  [[nodiscard]] std::string map() const { return folder_ + "/m.map"; }

 private:
  std::string folder_;
  pid_t pid_ = -1;
};

bool denies(const std::string& key) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(kPort);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  CHECK(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  const std::string request = "GET / HTTP/1.0\r\nX-Key: " + key + "\r\n\r\n";
  CHECK(::send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size()));
  char head[16] = {};
  CHECK(::recv(fd, head, 12, MSG_WAITALL) == 12);
  ::close(fd);
  return std::string_view(head, 12).ends_with("403");
}

double ms(const std::function<void()>& work) {
  const auto begin = SteadyClock::now();
  work();
  return std::chrono::duration<double, std::milli>(SteadyClock::now() - begin).count();
}
void tell(const char* what, std::vector<double> times) {
  std::ranges::sort(times);
  std::printf("%-44s median %9.2f ms   worst %9.2f ms\n", what, times[times.size() / 2],
              times.back());
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 100'000;
  const int turns = argc > 2 ? std::atoi(argv[2]) : 9;
  CHECK(count > 1 && turns > 0);
  char folder[] = "/tmp/bench_gate_haproxy.XXXXXX";
  CHECK(::mkdtemp(folder) != nullptr);
  const auto world = make_world(count);
  const std::string text = world.snapshot_text();
  const auto gate = make_gate(world, text);
  HaproxyQuestions questions;
  std::vector<double> named, asked, filled, beaten, lifted, cut;
  named.push_back(ms([&] { questions = *HaproxyQuestions::from_snapshot(text); }));
  std::shared_ptr<const MapEntries> all, less;
  for (int i = 0; i < turns; ++i) {
    asked.push_back(ms([&] { all = std::make_shared<const MapEntries>(questions.ask(*gate)); }));
  }
  CHECK(all->size() == static_cast<std::size_t>(count));
  less = std::make_shared<const MapEntries>(all->begin(), all->end() - 1);
  const std::string last = all->back().key;
  {
    const Haproxy haproxy(folder);
    for (int i = 0; i < turns; ++i) {
      HaproxyMap map(haproxy.map(), {});
      const auto bring = [&](const std::shared_ptr<const MapEntries>& wanted) {
        return ms([&] {
          auto cli = HaproxyCli::connect(haproxy.socket(), {});
          CHECK(cli && map.bring(*cli, wanted, 1'794'500'000 + i));
        });
      };
      filled.push_back(bring(all));
      CHECK(denies(last) && !denies("other/speech"));
      beaten.push_back(bring(all));
      lifted.push_back(bring(less));
      CHECK(!denies(last));
      cut.push_back(bring(all));
      CHECK(denies(last));
    }
  }
  std::printf("%d entries, %d turns\n", count, turns);
  tell("whom to ask about, from a snapshot's text", named);
  tell("asking the gate about each", asked);
  tell("the whole map anew, taken by HAProxy", filled);
  tell("a heartbeat alone", beaten);
  tell("one entry gone, and a heartbeat", lifted);
  tell("one entry more, and a heartbeat", cut);
  return 0;
}
