// SPDX-License-Identifier: Apache-2.0
// The client against the real server, and against a peer that answers as no server would.
#include "http/client.h"

#include <future>
#include <mutex>
#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/server.h"

namespace proviso::http {
namespace {

using namespace std::chrono_literals;

TEST(Url, IsReadStrictly) {
  const auto parts = [](std::string_view text) {
    const auto url = Url::parse(text);
    if (!url) return std::string("refused");
    return std::string(url->tls ? "tls " : "") + url->host + " " + url->port + " " + url->path +
           " " + url->authority();
  };
  EXPECT_EQ(parts("http://a"), "a 80  a");
  EXPECT_EQ(parts("https://w.example/x/y/"), "tls w.example 443 /x/y w.example");
  EXPECT_EQ(parts("http://127.0.0.1:7480/"), "127.0.0.1 7480  127.0.0.1:7480");
  EXPECT_EQ(parts("https://[::1]:8443/a"), "tls ::1 8443 /a [::1]:8443");
  EXPECT_EQ(parts("http://[::1]"), "::1 80  [::1]");
  for (const char* bad :
       {"", "a", "ftp://a", "http://", "http:///x", "http://a:", "http://a:0", "http://a:65536",
        "http://a:8x", "http://a:-1", "http://u@a", "http://a/?q", "http://a/#f", "http://a b",
        "http://a/\n", "http://[::1", "http://[::1]x", "http://[]:80", "http://a/\xC3\xA4"}) {
    EXPECT_EQ(parts(bad), "refused") << bad;
  }
  EXPECT_EQ(parts("http://a/" + std::string(3000, 'x')), "refused");
}

class Calls : public testing::Test {
 protected:
  Calls() {
    declare_server_metrics(metrics_);
    router_.add({Method::post, "/echo", Access::open(),
                 [](const Request& r, const PathValues&) {
                   Response out = Response::text(409, r.body);
                   out.content_type = std::string(r.header("content-type"));
                   return out;
                 },
                 1000});
    router_.add({Method::get, "/fields", Access::open(), [](const Request& r, const PathValues&) {
                   return Response::text(200, std::string(r.header("x-asked")));
                 }});
    router_.add({Method::get, "/long", Access::open(), [](const Request&, const PathValues&) {
                   return Response::text(200, std::string(5000, 'x'));
                 }});
    router_.add({Method::get, "/slow", Access::open(), [](const Request&, const PathValues&) {
                   std::this_thread::sleep_for(700ms);
                   return Response::text(200, "slow\n");
                 }});
    server_ = Server::listen({}, router_, log_, metrics_, random_).value();
    thread_ = std::thread([this] { server_->run(Server::Signals::ignored); });
  }
  ~Calls() override {
    server_->stop();
    thread_.join();
  }
  Call to(const std::string& path) {
    Call out;
    out.url = Url::parse("http://127.0.0.1:" + std::to_string(server_->port()) + path).value();
    return out;
  }

  SystemClock clock_;
  EventLog log_{clock_, [](std::string_view) {}};
  Metrics metrics_;
  SystemRandom random_;
  Router router_{[](std::string_view, std::string_view) { return Grant::unknown; }};
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(Calls, CarryFields) {
  Call get = to("/fields");
  get.headers = {{"X-Asked", "this"}};
  const auto answer = call(get);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->body, "this");
}

// An answer to HEAD says how long a body would be, and has none.
TEST_F(Calls, AskWithOtherMethods) {
  Call head = to("/long");
  head.method = Method::head;
  const auto answer = call(head);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
  for (const Method method : {Method::put, Method::patch, Method::del}) {
    Call other = to("/long");
    other.method = method;
    const auto refused = call(other);
    ASSERT_TRUE(refused) << to_string(method) << refused.error().message;
    EXPECT_EQ(refused->status, 405) << to_string(method);
  }
}

TEST_F(Calls, CarryBodiesTypesAndCodes) {
  Call post = to("/echo");
  post.method = Method::post;
  post.body = "old 0\n";
  post.content_type = "text/x.thing";
  const auto answer = call(post);
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_EQ(answer->status, 409);
  EXPECT_EQ(answer->body, "old 0\n");
  EXPECT_EQ(answer->content_type, "text/x.thing");
  EXPECT_EQ(call(to("/nothing"))->status, 404);
}

TEST_F(Calls, EndAtTheirLimits) {
  Call get = to("/long");
  get.body_bytes_max = 4000;
  EXPECT_EQ(call(get).error().code, Errc::exhausted);
  Call slow = to("/slow");
  slow.time = 200ms;
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(call(slow).error().code, Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 600ms);
  slow.time = 5s;
  EXPECT_EQ(call(slow)->body, "slow\n");
}

TEST_F(Calls, AreGivenUpWhenTold) {
  Call slow = to("/slow");
  std::stop_source source;
  slow.stop = source.get_token();
  std::jthread stopper([&] {
    std::this_thread::sleep_for(50ms);
    source.request_stop();
  });
  const auto began = std::chrono::steady_clock::now();
  EXPECT_EQ(call(slow).error().code, Errc::unavailable);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 600ms);
}

TEST_F(Calls, ShareAConnectionThatTheServerKeeps) {
  KeptConnection connection = KeptConnection::make(false, "").value();
  Call get = to("/long");
  for (int i = 0; i < 20; ++i) {
    const auto answer = connection.call(get);
    ASSERT_TRUE(answer) << answer.error().message;
    EXPECT_EQ(answer->body.size(), 5000U);
  }
  // An answer that is too long, and one that does not come, cost that call and no other.
  get.body_bytes_max = 4000;
  EXPECT_EQ(connection.call(get).error().code, Errc::exhausted);
  Call slow = to("/slow");
  slow.time = 100ms;
  EXPECT_EQ(connection.call(slow).error().code, Errc::unavailable);
  slow.time = 5s;
  EXPECT_EQ(connection.call(slow)->body, "slow\n");
  EXPECT_EQ(connection.call(to("/nothing"))->status, 404);
}

TEST_F(Calls, ConnectAnewWhereTheServerClosedAnIdleConnection) {
  KeptConnection connection = KeptConnection::make(false, "").value();
  EXPECT_EQ(connection.call(to("/long"))->status, 200);
  const auto port = server_->port();
  server_->stop();
  thread_.join();
  server_.reset();
  ServerSettings options;
  options.port = port;
  server_ = Server::listen(options, router_, log_, metrics_, random_).value();
  thread_ = std::thread([this] { server_->run(Server::Signals::ignored); });
  const auto answer = connection.call(to("/long"));
  EXPECT_TRUE(answer) << answer.error().message;
}

TEST_F(Calls, DoNotSpeakTlsWithAPlainServer) {
  Call get = to("/long");
  get.url.tls = true;
  EXPECT_EQ(call(get).error().code, Errc::unavailable);
  get.ca_file = "/nothing.pem";
  EXPECT_EQ(call(get).error().code, Errc::invalid_input);
}

// Listens once, reads a request's beginning, and answers with `bytes`.
std::string answer_to(const std::string& bytes) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  EXPECT_EQ(::bind(listener, reinterpret_cast<sockaddr*>(&address), length), 0);
  EXPECT_EQ(::listen(listener, 1), 0);
  EXPECT_EQ(::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length), 0);
  std::jthread peer([&] {
    const int fd = ::accept(listener, nullptr, nullptr);
    char head[1024];
    (void)::recv(fd, head, sizeof head, 0);
    (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    ::shutdown(fd, SHUT_WR);
    while (::recv(fd, head, sizeof head, 0) > 0) continue;
    ::close(fd);
  });
  Call get;
  get.url = Url::parse("http://127.0.0.1:" + std::to_string(ntohs(address.sin_port))).value();
  get.body_bytes_max = 100;
  get.time = 2000ms;
  const auto answer = call(get);
  peer.join();
  ::close(listener);
  return answer ? std::to_string(answer->status) + " " + answer->body : answer.error().message;
}

TEST(CallOfAnyPeer, TakesHttpAndNothingElse) {
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), "200 hi");
  EXPECT_EQ(answer_to("HTTP/1.1 200 OK\r\n\r\nto the end"), "200 to the end");
  EXPECT_EQ(answer_to("HTTP/1.1 302 Found\r\nLocation: http://x/\r\nContent-Length: 0\r\n\r\n"),
            "302 ");
  for (const std::string& bytes :
       {std::string(), std::string("nonsense\r\n\r\n"),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\ncut"),
        std::string("HTTP/1.1 200 OK\r\nX: ") + std::string(40000, 'x'),
        std::string("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n")}) {
    EXPECT_NE(answer_to(bytes).find("reading the answer"), std::string::npos) << answer_to(bytes);
  }
  EXPECT_NE(answer_to("HTTP/1.1 200 OK\r\n\r\n" + std::string(200, 'x')).find("too long"),
            std::string::npos);
  EXPECT_NE(answer_to("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfff\r\n" +
                      std::string(4095, 'x') + "\r\n0\r\n\r\n")
                .find("too long"),
            std::string::npos);
}

TEST(CallOfNobody, IsUnavailable) {
  Call get;
  get.url = Url::parse("http://127.0.0.1:1").value();
  EXPECT_EQ(call(get).error().code, Errc::unavailable);
}

}  // namespace
}  // namespace proviso::http
