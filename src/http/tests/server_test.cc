// SPDX-License-Identifier: Apache-2.0
// A real server on a free loopback port, and clients that write bytes as no library would.
#include "http/server.h"

#include <atomic>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace proviso::http {
namespace {

using namespace std::chrono_literals;

class Client {
 public:
  explicit Client(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~Client() { ::close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }
  /// Until the server closes, or `marker` was seen, or five seconds passed ("TIMEOUT" at the end).
  std::string read_until(std::string_view marker = "") {
    std::string out;
    while (marker.empty() || out.find(marker) == std::string::npos) {
      pollfd poll{fd_, POLLIN, 0};
      if (::poll(&poll, 1, 5000) <= 0) return out + "TIMEOUT";
      char bytes[4096];
      const auto n = ::recv(fd_, bytes, sizeof bytes, 0);
      if (n <= 0) return out;
      out.append(bytes, static_cast<std::size_t>(n));
    }
    return out;
  }
  [[nodiscard]] bool connected() const { return connected_; }

 private:
  int fd_;
  bool connected_;
};

class RunningServer : public testing::Test {
 protected:
  RunningServer() {
    declare_server_metrics(metrics_);
    settings_.header_bytes_max = 2048;
    settings_.header = 300ms;
    settings_.request = 400ms;
    settings_.idle = 800ms;
    settings_.stop = 2000ms;
    router_.add({Method::get, "/hello", Access::open(),
                 [](const Request&, const PathValues&) { return Response::text(200, "hello\n"); }});
    router_.add({Method::get, "/slow", Access::open(), [this](const Request&, const PathValues&) {
                   ++slow_;
                   std::this_thread::sleep_for(slow_for_);
                   return Response::text(200, "slow\n");
                 }});
    router_.add({Method::post, "/echo", Access::open(),
                 [](const Request& r, const PathValues&) { return Response::text(200, r.body); },
                 1000});
    router_.add({Method::post, "/secret", Access::token("x"),
                 [](const Request& r, const PathValues&) { return Response::text(200, r.body); },
                 1000});
    router_.add({Method::get, "/here", Access::token_or_loopback("x"),
                 [](const Request&, const PathValues&) { return Response::text(200, "here\n"); }});
  }
  ~RunningServer() override { stop(); }

  void start() {
    server_ = Server::listen(settings_, router_, log_, metrics_, random_).value();
    thread_ = std::thread([this] { server_->run(Server::Signals::ignored); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  std::string ask(std::string_view bytes) {
    Client client(server_->port());
    client.send(bytes);
    return client.read_until();
  }
  static std::string status_of(const std::string& answer) { return answer.substr(0, 12); }

  SystemClock clock_;
  std::mutex mutex_;  // guards lines_, written on the server's thread
  std::string lines_;
  EventLog log_{clock_, [this](std::string_view line) {
                  const std::scoped_lock lock(mutex_);
                  lines_ += line;
                }};
  Metrics metrics_;
  SystemRandom random_;
  Router router_{[](std::string_view, std::string_view) { return Grant::unknown; }};
  ServerSettings settings_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
  std::atomic<int> slow_ = 0;
  std::chrono::milliseconds slow_for_ = 200ms;
};

constexpr std::string_view kHello = "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kHelloClose =
    "GET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

TEST_F(RunningServer, KeepsConnectionsAndTakesPipelinedRequests) {
  start();
  Client client(server_->port());
  client.send(kHello);
  EXPECT_NE(client.read_until("hello\n").find("HTTP/1.1 200 OK"), std::string::npos);
  client.send(std::string(kHello) + std::string(kHello) + std::string(kHelloClose));
  const std::string rest = client.read_until();
  std::size_t answers = 0;
  for (auto at = rest.find("hello\n"); at != std::string::npos; at = rest.find("hello\n", at + 1)) {
    ++answers;
  }
  EXPECT_EQ(answers, 3U) << rest;
  EXPECT_NE(rest.find("Connection: close"), std::string::npos);
}

TEST_F(RunningServer, AnswersAClientThatHasClosedItsSide) {
  start();
  Client client(server_->port());
  client.send(kHello);
  client.half_close();
  const std::string answer = client.read_until();
  EXPECT_TRUE(answer.ends_with("\r\n\r\nhello\n")) << answer;
}

TEST_F(RunningServer, SendsHeadWithoutABody) {
  start();
  const std::string answer = ask("HEAD /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_NE(answer.find("Content-Length: 6\r\n"), std::string::npos) << answer;
  EXPECT_TRUE(answer.ends_with("\r\n\r\n")) << answer;
}

TEST_F(RunningServer, RefusesASlowHead) {
  start();
  Client client(server_->port());
  client.send("GET /hello HTTP/1.1\r\n");
  const std::string answer = client.read_until();
  EXPECT_EQ(status_of(answer), "HTTP/1.1 408") << answer;
  EXPECT_NE(answer.find("application/problem+json"), std::string::npos);
}

// A byte now and then does not win more time.
TEST_F(RunningServer, RefusesADrippingHead) {
  start();
  Client client(server_->port());
  const auto began = std::chrono::steady_clock::now();
  client.send("GET /hello HTTP/1.1\r\nX: ");
  for (int i = 0; i < 8; ++i) {
    std::this_thread::sleep_for(60ms);
    client.send("a");
  }
  EXPECT_EQ(status_of(client.read_until()), "HTTP/1.1 408");
  EXPECT_LT(std::chrono::steady_clock::now() - began, 3s);
}

TEST_F(RunningServer, RefusesASlowBody) {
  start();
  Client client(server_->port());
  client.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_EQ(status_of(client.read_until()), "HTTP/1.1 408");
}

TEST_F(RunningServer, EndsAnIdleConnectionWithoutAWord) {
  start();
  Client client(server_->port());
  EXPECT_EQ(client.read_until(), "");
}

TEST_F(RunningServer, RefusesWhatIsTooLong) {
  start();
  const std::string fields(3000, 'x');
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: a\r\nX: " + fields + "\r\n\r\n")),
            "HTTP/1.1 431");
  EXPECT_EQ(status_of(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 1001\r\n\r\n")),
            "HTTP/1.1 413");
  const std::string chunk = "3e9\r\n" + std::string(1001, 'x') + "\r\n0\r\n\r\n";
  EXPECT_EQ(status_of(ask("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" +
                          chunk)),
            "HTTP/1.1 413");
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\nx")),
            "HTTP/1.1 413");
  EXPECT_EQ(status_of(ask("POST /echo HTTP/1.1\r\nHost: a\r\n"
                          "Content-Length: 99999999999999999999999\r\n\r\n")),
            "HTTP/1.1 400");
}

TEST_F(RunningServer, TakesABodyUpToItsLimit) {
  start();
  const std::string body(1000, 'y');
  const std::string head = "POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n";
  EXPECT_TRUE(ask(head + "Content-Length: 1000\r\n\r\n" + body).ends_with("\r\n\r\n" + body));
  EXPECT_TRUE(ask(head + "Transfer-Encoding: chunked\r\n\r\n3e8\r\n" + body + "\r\n0\r\n\r\n")
                  .ends_with("\r\n\r\n" + body));
  Client client(server_->port());
  client.send(head + "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_TRUE(client.read_until().ends_with("\r\n\r\nabc"));
}

TEST_F(RunningServer, RefusesWhatIsNoHttp) {
  start();
  EXPECT_EQ(status_of(ask("hello\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: a\r\nA B: c\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(ask("GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")), "HTTP/1.1 400");
  EXPECT_EQ(status_of(ask("GET /../hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 400");
  EXPECT_EQ(status_of(ask("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n"
                          "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")),
            "HTTP/1.1 400");
  EXPECT_EQ(status_of(ask("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n")), "HTTP/1.1 505");
}

// Refused by its head alone: the answer comes though the body never does.
TEST_F(RunningServer, ReadsNoBodyOfWhoMayNotSendIt) {
  start();
  Client client(server_->port());
  client.send("POST /secret HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n");
  const std::string answer = client.read_until("\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 401");
  EXPECT_NE(answer.find("Connection: close"), std::string::npos);
}

TEST_F(RunningServer, TakesAProxysWordThatTheClientIsElsewhere) {
  start();
  EXPECT_EQ(status_of(ask("GET /here HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")),
            "HTTP/1.1 200");
  for (const char* field : {"X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1"}) {
    EXPECT_EQ(status_of(ask(std::string("GET /here HTTP/1.1\r\nHost: a\r\n") + field +
                            "\r\nConnection: close\r\n\r\n")),
              "HTTP/1.1 401");
  }
}

TEST_F(RunningServer, SlowsAClientDown) {
  settings_.clients.requests_burst = 2;
  settings_.clients.requests_per_second = 0.5;
  start();
  Client client(server_->port());
  client.send(std::string(kHello) + std::string(kHello) + std::string(kHelloClose));
  const std::string answers = client.read_until();
  EXPECT_NE(answers.find("HTTP/1.1 429"), std::string::npos) << answers;
  EXPECT_NE(answers.find("Retry-After: 2\r\n"), std::string::npos) << answers;
}

TEST_F(RunningServer, LimitsConnections) {
  settings_.clients.connections_per_client_max = 2;
  start();
  const Client first(server_->port());
  const Client second(server_->port());
  Client third(server_->port());
  const std::string answer = third.read_until();
  EXPECT_EQ(status_of(answer), "HTTP/1.1 429") << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
}

TEST_F(RunningServer, LimitsConnectionsOfAll) {
  settings_.clients.connections_max = 1;
  start();
  const Client first(server_->port());
  Client second(server_->port());
  EXPECT_EQ(status_of(second.read_until()), "HTTP/1.1 503");
}

TEST_F(RunningServer, SaysSoWhereAnAnswerTakesTooLong) {
  slow_for_ = 900ms;
  start();
  const std::string answer = ask("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(status_of(answer), "HTTP/1.1 503") << answer;
  EXPECT_NE(answer.find("Retry-After: "), std::string::npos);
}

TEST_F(RunningServer, FinishesWhatRunsWhenItStops) {
  start();
  Client idle(server_->port());
  Client busy(server_->port());
  busy.send("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n");
  while (slow_ == 0) std::this_thread::sleep_for(5ms);
  const auto began = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 1900ms);
  EXPECT_TRUE(busy.read_until().ends_with("slow\n"));
  EXPECT_EQ(idle.read_until(), "");
  EXPECT_FALSE(Client(server_->port()).connected());
}

TEST_F(RunningServer, CutsOffWhatDoesNotEndWhenItStops) {
  settings_.stop = 100ms;
  settings_.header = 10'000ms;
  start();
  Client slow(server_->port());
  slow.send("GET /hel");
  Client other(server_->port());  // the first one has been read once this one is answered
  other.send(kHello);
  other.read_until("hello\n");
  const auto began = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

TEST_F(RunningServer, LogsNothingThatAClientWrote) {
  start();
  ask("GET /hello?secret-query HTTP/1.1\r\nHost: secret-host\r\nUser-Agent: secret-agent\r\n"
      "Connection: close\r\n\r\n");
  ask("GET /secret-path HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  stop();
  const std::scoped_lock lock(mutex_);
  EXPECT_NE(lines_.find("\"route\":\"/hello\",\"status\":200"), std::string::npos) << lines_;
  EXPECT_NE(lines_.find("\"route\":\"none\",\"status\":404"), std::string::npos) << lines_;
  EXPECT_EQ(lines_.find("secret"), std::string::npos) << lines_;
  EXPECT_EQ(lines_.find("127.0.0.1"), std::string::npos) << lines_;
  EXPECT_EQ(metrics_.value("proviso_http_requests_total",
                           {{"method", "GET"}, {"route", "/hello"}, {"status", "200"}}),
            1);
}

TEST_F(RunningServer, ListensElsewhereOnlyWithTls) {
  settings_.address = "0.0.0.0";
  const auto server = Server::listen(settings_, router_, log_, metrics_, random_);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().message.find("loopback"), std::string::npos);
  settings_.tls_certificate = "/nonexistent";
  EXPECT_FALSE(Server::listen(settings_, router_, log_, metrics_, random_));
  settings_.tls_key = "/nonexistent";
  EXPECT_FALSE(Server::listen(settings_, router_, log_, metrics_, random_));
  settings_ = {};
  settings_.address = "localhost";
  EXPECT_FALSE(Server::listen(settings_, router_, log_, metrics_, random_));
}

}  // namespace
}  // namespace proviso::http
