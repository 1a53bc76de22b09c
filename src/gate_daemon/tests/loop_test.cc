// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/loop.h"

#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace proviso::gate_daemon {
namespace {

// Lines: "SIZE" is answered with that many bytes, "bye" ends the connection.
class Lines final : public Connection {
 public:
  bool take(std::string_view bytes, std::string& out) override {
    input_.append(bytes);
    for (std::size_t end; (end = input_.find('\n')) != std::string::npos;
         input_.erase(0, end + 1)) {
      const std::string line = input_.substr(0, end);
      if (line == "bye") {
        out.append("bye");
        return false;
      }
      out.append(static_cast<std::size_t>(std::stoul(line)), 'x');
    }
    return true;
  }
  void end_of_input(std::string& out) override {
    if (!input_.empty()) out.append("cut short");
  }
  [[nodiscard]] bool in_request() const override { return !input_.empty(); }
  void shut_down(std::string& out) override { out.append("going"); }

 private:
  std::string input_;
};

class Peer {
 public:
  explicit Peer(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(port);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected = ::connect(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0;
  }
  ~Peer() { ::close(fd_); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  void send(std::string_view text) const {
    ASSERT_EQ(::send(fd_, text.data(), text.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(text.size()));
  }
  void end_input() const { ::shutdown(fd_, SHUT_WR); }
  [[nodiscard]] std::string receive(std::size_t bytes) const {
    std::string out(bytes, '\0');
    std::size_t have = 0;
    while (have < bytes) {
      const ssize_t count = ::recv(fd_, out.data() + have, bytes - have, 0);
      if (count <= 0) break;
      have += static_cast<std::size_t>(count);
    }
    out.resize(have);
    return out;
  }
  // Waits until the other side has ended it.
  [[nodiscard]] std::string rest() const {
    std::string out;
    std::string piece(4'096, '\0');
    for (ssize_t count; (count = ::recv(fd_, piece.data(), piece.size(), 0)) > 0;) {
      out.append(piece, 0, static_cast<std::size_t>(count));
    }
    return out;
  }

  bool connected = false;

 private:
  int fd_;
};

class LoopTest : public testing::Test {
 protected:
  void start() {
    auto made = Loop::make(limits);
    ASSERT_TRUE(made);
    loop = std::move(*made);
    const auto listening =
        loop->listen({.ip = "127.0.0.1", .port = 0}, [] { return std::make_unique<Lines>(); });
    ASSERT_TRUE(listening);
    port = *listening;
    thread = std::thread([this] { loop->run(); });
  }
  void stop() {
    if (!thread.joinable()) return;
    loop->stop();
    thread.join();
  }
  void TearDown() override { stop(); }

  // Hours, where a test doesn't ask for less: a slow machine must not end what it looks at.
  LoopLimits limits{.connections_max = 100,
                    .idle = std::chrono::hours{1},
                    .request = std::chrono::hours{1},
                    .write = std::chrono::hours{1},
                    .stop = std::chrono::hours{1}};
  static constexpr std::chrono::milliseconds kShort{30};
  std::unique_ptr<Loop> loop;
  std::uint16_t port = 0;
  std::thread thread;
};

TEST_F(LoopTest, CarriesBytesBothWaysForManyClients) {
  start();
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 50; ++i) peers.push_back(std::make_unique<Peer>(port));
  for (int round = 1; round < 4; ++round) {
    for (const auto& peer : peers) peer->send(std::to_string(round) + "\n");
    for (const auto& peer : peers) {
      EXPECT_EQ(peer->receive(static_cast<std::size_t>(round)).size(),
                static_cast<std::size_t>(round));
    }
  }
  stop();
  EXPECT_EQ(loop->counts().accepted, 50U);
  EXPECT_EQ(loop->counts().timed_out, 0U);
}

TEST_F(LoopTest, AClientThatTakesItsTimeGetsAllOfALongAnswer) {
  start();
  const Peer peer(port);
  peer.send("20000000\n7\n");
  EXPECT_EQ(peer.receive(20'000'007).size(), 20'000'007U);
  peer.send("bye\n");
  EXPECT_EQ(peer.rest(), "bye");
}

TEST_F(LoopTest, AnswersAClientThatSendsNoMore) {
  start();
  const Peer whole(port);
  whole.send("3\n");
  whole.end_input();
  EXPECT_EQ(whole.rest(), "xxx");
  const Peer cut(port);
  cut.send("3");
  cut.end_input();
  EXPECT_EQ(cut.rest(), "cut short");
}

// Without lingering the reset that unread input causes would take the answer along.
TEST_F(LoopTest, TheLastAnswerArrivesThoughMoreWasSent) {
  start();
  const Peer peer(port);
  peer.send("bye\n" + std::string(300'000, 'y'));
  EXPECT_EQ(peer.receive(3), "bye");
}

TEST_F(LoopTest, EndsAClientThatIsIdle) {
  limits.idle = kShort;
  start();
  const Peer peer(port);
  EXPECT_EQ(peer.rest(), "");
  stop();
  EXPECT_EQ(loop->counts().timed_out, 1U);
  EXPECT_EQ(loop->counts().connections, 0U);
}

TEST_F(LoopTest, EndsAClientWhoseRequestDoesNotEnd) {
  limits.request = kShort;
  start();
  const Peer idle(port);
  const Peer slow(port);
  slow.send("1");
  EXPECT_EQ(slow.rest(), "");
  idle.send("2\n");
  EXPECT_EQ(idle.receive(2), "xx");
  stop();
  EXPECT_EQ(loop->counts().timed_out, 1U);
}

TEST_F(LoopTest, EndsAClientThatDoesNotTakeItsAnswer) {
  limits.write = kShort;
  limits.connections_max = 1;
  start();
  const Peer peer(port);
  peer.send("50000000\n");
  EXPECT_EQ(peer.receive(1), "x");
  // The answer is longer than what fits into the sockets' buffers, and nobody reads. That the
  // client was ended shows in what a new one sees: all room is taken until then.
  for (bool ended = false; !ended;) {
    const Peer other(port);
    other.send("1\n");
    ended = other.receive(1) == "x";
  }
  EXPECT_LT(peer.rest().size(), 50'000'000U);
  stop();
  EXPECT_EQ(loop->counts().timed_out, 1U);
}

TEST_F(LoopTest, MakesRoomByEndingWhoIsIdleLongest) {
  limits.connections_max = 2;
  start();
  const Peer busy(port);
  busy.send("1\n4");
  EXPECT_EQ(busy.receive(1), "x");
  const Peer idle(port);
  idle.send("1\n");
  EXPECT_EQ(idle.receive(1), "x");
  const Peer third(port);
  third.send("2\n2");
  EXPECT_EQ(third.receive(2), "xx");
  EXPECT_EQ(idle.rest(), "");
  // Both are in a request now: a fourth is turned away.
  const Peer fourth(port);
  EXPECT_EQ(fourth.rest(), "");
  busy.send("\n");
  EXPECT_EQ(busy.receive(4), "xxxx");
  third.send("\n");
  EXPECT_EQ(third.receive(2), "xx");
  stop();
  EXPECT_EQ(loop->counts().turned_away, 2U);
}

TEST_F(LoopTest, StopsOnceNoRequestIsUnderWay) {
  start();
  const Peer idle(port);
  idle.send("1\n");
  EXPECT_EQ(idle.receive(1), "x");
  const Peer busy(port);
  busy.send("1\n5");
  EXPECT_EQ(busy.receive(1), "x");
  loop->stop();
  EXPECT_EQ(idle.rest(), "going");
  EXPECT_EQ(busy.receive(5), "going");
  busy.send("\n");
  EXPECT_EQ(busy.rest(), std::string(55, 'x').substr(0, 5));
  thread.join();
}

TEST_F(LoopTest, StopsInTheEndThoughARequestDoesNotEnd) {
  limits.stop = kShort;
  start();
  const Peer busy(port);
  busy.send("1\n5");
  EXPECT_EQ(busy.receive(1), "x");
  stop();
  EXPECT_EQ(busy.rest(), "going");
}

TEST_F(LoopTest, SaysWhereItCannotListen) {
  start();
  const auto factory = [] { return std::make_unique<Lines>(); };
  const auto second = Loop::make(limits);
  ASSERT_TRUE(second);
  const auto taken = (*second)->listen({.ip = "127.0.0.1", .port = port}, factory);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, Errc::unavailable);
  EXPECT_TRUE((*second)->listen({.ip = "::1", .port = 0}, factory));
}

TEST(AddressTest, ReadsWhatPeopleWrite) {
  EXPECT_EQ(Address::parse("127.0.0.1:8181")->port, 8181);
  EXPECT_EQ(Address::parse("[::1]:0")->ip, "::1");
  for (const char* bad : {"", ":", ":80", "localhost:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x",
                          "127.0.0.1:65536", "127.0.0.1:-1", "[::1", "1.2.3:4"}) {
    EXPECT_FALSE(Address::parse(bad)) << bad;
  }
}

}  // namespace
}  // namespace proviso::gate_daemon
