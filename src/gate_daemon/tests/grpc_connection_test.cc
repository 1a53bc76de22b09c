// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/grpc_connection.h"

#include <array>

#include <gtest/gtest.h>

#include "gate_daemon/testing/grpc_client.h"

namespace proviso::gate_daemon {
namespace {

using testing::GrpcAnswer;
using testing::GrpcClient;
using testing::Headers;

constexpr std::string_view kEchoPath = "/test.Echo/Say";

// Says what it was told; "fail" is refused, after something was written already.
class Echo final : public GrpcService {
 public:
  [[nodiscard]] std::string_view name() const override { return "test.Echo"; }
  GrpcStatus call(std::string_view method, std::string_view message, std::string& answer) override {
    if (method != "Say") return {GrpcCode::unimplemented, "no such method here"};
    ++calls;
    answer.append(message);
    if (message == "fail") return {GrpcCode::invalid_argument, "as asked"};
    return {};
  }
  int calls = 0;
};

// A client and a connection with nothing between them.
class GrpcConnectionTest : public ::testing::Test {
 protected:
  // False where the server closed. `piece` bytes at a time; 0: all at once.
  bool exchange(std::size_t piece = 0) {
    bool open = true;
    for (std::string sent = client.send(); !sent.empty() && open; sent = client.send()) {
      const std::size_t step = piece == 0 ? sent.size() : piece;
      for (std::size_t i = 0; i < sent.size() && open; i += step) {
        std::string out;
        open = server.take(std::string_view(sent).substr(i, step), out);
        EXPECT_TRUE(client.receive(out)) << "what the server sent is no HTTP/2";
      }
    }
    return open;
  }
  bool raw(std::string_view bytes) {
    std::string out;
    const bool open = server.take(bytes, out);
    EXPECT_TRUE(client.receive(out));
    return open;
  }
  std::string outcome(std::int32_t id) {
    const GrpcAnswer& a = client.answer(id);
    if (a.was_reset) return "reset " + std::to_string(a.reset);
    std::string out;
    for (const char* name : {":status", "grpc-status"}) {
      const auto found = a.headers.find(name);
      if (found != a.headers.end()) out += (out.empty() ? "" : " ") + found->second;
    }
    return out + (a.ended ? "" : " open");
  }
  std::string call(std::string_view path, std::string_view message) {
    const std::int32_t id = client.call(path, message);
    EXPECT_TRUE(exchange());
    return outcome(id);
  }

  Echo echo;
  GrpcLimits limits{.message_bytes_max = 40'000,
                    .pending_bytes_max = 50'000,
                    .streams_max = 8,
                    .header_bytes_max = 2'000,
                    .idle_frames_max = 100,
                    .resets_burst = 20,
                    .resets_per_second = 1};
  GrpcConnection server{echo, limits};
  GrpcClient client;
};

// A frame: length, type, flags, stream.
std::string frame(std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  std::string_view payload) {
  std::string out;
  for (const int shift : {16, 8, 0}) {
    out.push_back(static_cast<char>(payload.size() >> static_cast<unsigned>(shift) & 0xFF));
  }
  out.push_back(static_cast<char>(type));
  out.push_back(static_cast<char>(flags));
  for (const int shift : {24, 16, 8, 0}) {
    out.push_back(static_cast<char>(stream >> static_cast<unsigned>(shift) & 0xFF));
  }
  return out.append(payload);
}
// :method POST, :scheme http, :path /, :authority x. Sent with END_HEADERS (4) alone it begins a
// request that does not end.
const std::string kBlock = "\x83\x86\x84\x41\x01x";
const std::string kPing = frame(6, 0, 0, "12345678");

TEST_F(GrpcConnectionTest, AnswersACall) {
  const std::int32_t id = client.call(kEchoPath, "hello");
  EXPECT_TRUE(exchange());
  EXPECT_EQ(outcome(id), "200 0");
  EXPECT_EQ(client.answer(id).headers.at("content-type"), "application/grpc");
  EXPECT_EQ(client.answer(id).body, GrpcClient::framed("hello"));
  EXPECT_TRUE(client.answer(id).closed);
  EXPECT_FALSE(server.in_request());
}

TEST_F(GrpcConnectionTest, AnswersWhateverThePiecesAre) {
  for (const std::size_t piece : {1U, 2U, 3U, 7U, 100U}) {
    const std::string message(20'000, 'x');
    const std::int32_t id = client.call(kEchoPath, message);
    EXPECT_TRUE(exchange(piece));
    EXPECT_EQ(outcome(id), "200 0") << piece;
    EXPECT_EQ(client.answer(id).body, GrpcClient::framed(message));
  }
}

TEST_F(GrpcConnectionTest, AnswersAllRequestsOfOneReadInOneWrite) {
  EXPECT_TRUE(exchange());
  std::array<std::int32_t, 8> ids{};
  for (std::int32_t& id : ids) id = client.call(kEchoPath, "m");
  const std::string sent = client.send();
  std::string out;
  EXPECT_TRUE(server.take(sent, out));
  EXPECT_TRUE(client.receive(out));
  for (const std::int32_t id : ids) EXPECT_EQ(outcome(id), "200 0");
}

TEST_F(GrpcConnectionTest, GivesNothingOfAnAnswerThatFailed) {
  const std::int32_t id = client.call(kEchoPath, "fail");
  EXPECT_TRUE(exchange());
  EXPECT_EQ(outcome(id), "200 3");
  EXPECT_EQ(client.answer(id).body, "");
  EXPECT_EQ(client.answer(id).headers.at("grpc-message"), "as asked");
  EXPECT_EQ(call(kEchoPath, "and again"), "200 0");
}

TEST_F(GrpcConnectionTest, HasNoOtherMethods) {
  for (const char* path : {"/test.Echo/Shout", "/test.Other/Say", "/Say", "/", "/test.Echo/",
                           "/test.Echo", "/a/test.Echo/Say", "/grpc.health.v1.Health/Watch"}) {
    EXPECT_EQ(call(path, "x"), "200 12") << path;
  }
  EXPECT_EQ(echo.calls, 0);
}

TEST_F(GrpcConnectionTest, AnswersHealthChecks) {
  const std::int32_t id = client.call("/grpc.health.v1.Health/Check", "\x0a\x09test.Echo");
  EXPECT_TRUE(exchange());
  EXPECT_EQ(outcome(id), "200 0");
  EXPECT_EQ(client.answer(id).body, GrpcClient::framed("\x08\x01"));
  EXPECT_EQ(call("/grpc.health.v1.Health/Check", "\x0a\x05other"), "200 5");
}

TEST_F(GrpcConnectionTest, RefusesWhatIsNotGrpc) {
  const auto with = [&](std::string_view name, const std::string& value) {
    Headers headers = GrpcClient::call_headers(kEchoPath);
    for (auto& [key, old] : headers) {
      if (key == name) old = value;
    }
    const std::int32_t id = client.request(headers, GrpcClient::framed("x"));
    EXPECT_TRUE(exchange());
    return outcome(id);
  };
  EXPECT_EQ(with(":method", "GET"), "405");
  EXPECT_EQ(with(":method", "PUT"), "405");
  EXPECT_EQ(with("content-type", "application/json"), "415");
  EXPECT_EQ(with("content-type", "application/grpc-web"), "415");
  EXPECT_EQ(with("content-type", "application/grpc+proto"), "200 0");
  EXPECT_EQ(with("te", "gzip"), "reset 1") << "PROTOCOL_ERROR: RFC 9113 section 8.2.2";
}

TEST_F(GrpcConnectionTest, RefusesWhatIsNotOneMessage) {
  const auto body = [&](std::string bytes) {
    const std::int32_t id = client.request(GrpcClient::call_headers(kEchoPath), std::move(bytes));
    EXPECT_TRUE(exchange());
    return outcome(id);
  };
  EXPECT_EQ(body(""), "200 13") << "ends with its headers";
  EXPECT_EQ(body(std::string("\x01\0\0\0\x01x", 6)), "200 12") << "compressed";
  EXPECT_EQ(body(GrpcClient::framed("a") + GrpcClient::framed("b")), "200 13");
  EXPECT_EQ(echo.calls, 0);
}

TEST_F(GrpcConnectionTest, LimitsAMessage) {
  EXPECT_EQ(call(kEchoPath, std::string(39'995, 'x')), "200 0");
  const std::int32_t id = client.call(kEchoPath, std::string(39'996, 'x'));
  EXPECT_TRUE(exchange());
  EXPECT_EQ(client.answer(id).headers.at("grpc-status"), "8");
  EXPECT_EQ(call(kEchoPath, "goes on"), "200 0");
}

TEST_F(GrpcConnectionTest, LimitsWhatAllRequestsHoldTogether) {
  EXPECT_TRUE(exchange());
  // Two that never end: only their data frames, without END_STREAM.
  std::string sent;
  std::array<std::int32_t, 2> ids{};
  for (std::int32_t& id : ids) id = client.call(kEchoPath, std::string(30'000, 'x'));
  sent = client.send();
  for (std::size_t at = 0; at + 9 <= sent.size();) {
    const std::size_t length = std::size_t{static_cast<std::uint8_t>(sent[at + 1])} * 256 +
                               static_cast<std::uint8_t>(sent[at + 2]);
    if (sent[at + 3] == 0) sent[at + 4] = 0;
    at += 9 + length;
  }
  EXPECT_TRUE(raw(sent));
  EXPECT_TRUE(server.in_request());
  EXPECT_EQ(client.answer(ids[0]).headers.count("grpc-status") +
                client.answer(ids[1]).headers.count("grpc-status"),
            1U);
}

TEST_F(GrpcConnectionTest, LimitsHeaders) {
  Headers headers = GrpcClient::call_headers(kEchoPath);
  headers.emplace_back("x", std::string(1'500, 'y'));
  std::int32_t id = client.request(headers, GrpcClient::framed("x"));
  EXPECT_TRUE(exchange());
  EXPECT_EQ(outcome(id), "200 0");
  headers.emplace_back("x2", std::string(500, 'y'));
  id = client.request(headers, GrpcClient::framed("x"));
  EXPECT_TRUE(exchange());
  EXPECT_TRUE(client.answer(id).was_reset);
  EXPECT_EQ(call(kEchoPath, "goes on"), "200 0");
}

TEST_F(GrpcConnectionTest, RefusesMoreStreamsThanItAllows) {
  EXPECT_TRUE(exchange());
  // nghttp2's client keeps to the limit, so the frames are written by hand: HEADERS that end
  // nothing.
  for (std::uint32_t i = 0; i < 8; ++i) EXPECT_TRUE(raw(frame(1, 4, 1 + 2 * i, kBlock)));
  EXPECT_TRUE(server.in_request());
  EXPECT_FALSE(raw(frame(1, 4, 17, kBlock))) << "it had acknowledged the limit";
  EXPECT_EQ(client.goaway_code(), NGHTTP2_PROTOCOL_ERROR);
}

TEST_F(GrpcConnectionTest, AnswersPings) {
  EXPECT_TRUE(exchange());
  std::string out;
  EXPECT_TRUE(server.take(kPing, out));
  EXPECT_EQ(out, frame(6, 1, 0, "12345678"));
}

TEST_F(GrpcConnectionTest, ClosesWhenFlooded) {
  EXPECT_TRUE(exchange());
  bool open = true;
  int sent = 0;
  for (; open && sent < 1'000; ++sent) open = raw(kPing);
  EXPECT_FALSE(open);
  EXPECT_LE(sent, 101);
  EXPECT_TRUE(client.goaway());
  EXPECT_EQ(client.goaway_code(), NGHTTP2_ENHANCE_YOUR_CALM);
}

TEST_F(GrpcConnectionTest, FloodsOfEveryKindAreClosed) {
  for (const std::string& flood :
       {frame(4, 0, 0, ""), frame(2, 0, 1, std::string(5, '\0')),
        frame(8, 0, 0, std::string("\0\0\0\x01", 4)), frame(0, 0, 1, "")}) {
    GrpcConnection flooded(echo, limits);
    GrpcClient hello;
    std::string out;
    EXPECT_TRUE(flooded.take(hello.send(), out));
    EXPECT_TRUE(flooded.take(frame(1, 4, 1, kBlock), out));
    bool open = true;
    for (int i = 0; open && i < 1'000; ++i) open = flooded.take(flood, out);
    EXPECT_FALSE(open) << static_cast<int>(flood[3]);
  }
}

TEST_F(GrpcConnectionTest, ARequestThatIsAnsweredMakesRoomForMoreFrames) {
  for (int i = 0; i < 50; ++i) {
    for (int j = 0; j < 10; ++j) EXPECT_TRUE(raw(j == 0 ? client.send() : kPing));
    EXPECT_EQ(call(kEchoPath, "x"), "200 0") << i;
  }
}

TEST_F(GrpcConnectionTest, ClosesOnRapidResets) {
  EXPECT_TRUE(exchange());
  bool open = true;
  std::uint32_t stream = 1;
  for (; open && stream < 1'000; stream += 2) {
    open = raw(frame(1, 4, stream, kBlock) + frame(3, 0, stream, std::string("\0\0\0\x08", 4)));
  }
  EXPECT_FALSE(open);
  EXPECT_LE(stream, 2 * (20 + 5) + 1) << "20 at once, and some for the seconds that this took";
  EXPECT_TRUE(client.goaway());
}

TEST_F(GrpcConnectionTest, AClientThatCallsOffLeavesNothingBehind) {
  EXPECT_TRUE(exchange());
  EXPECT_TRUE(raw(frame(1, 4, 1, kBlock) + frame(0, 0, 1, "half")));
  EXPECT_TRUE(server.in_request());
  EXPECT_TRUE(raw(frame(3, 0, 1, std::string("\0\0\0\x08", 4))));
  EXPECT_FALSE(server.in_request());
}

TEST_F(GrpcConnectionTest, WaitsForAClientThatTakesNothing) {
  GrpcClient slow(0);  // no byte of any stream's body
  std::string out;
  EXPECT_TRUE(server.take(slow.send(), out));
  EXPECT_TRUE(slow.receive(out));
  const std::int32_t id = slow.call(kEchoPath, "x");
  out.clear();
  EXPECT_TRUE(server.take(slow.send(), out));
  EXPECT_TRUE(slow.receive(out));
  EXPECT_TRUE(server.in_request());
  EXPECT_EQ(slow.answer(id).body, "");
  EXPECT_EQ(nghttp2_submit_window_update(slow.session(), 0, id, 1'000), 0);
  const std::array settings{nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1'000}};
  EXPECT_EQ(nghttp2_submit_settings(slow.session(), 0, settings.data(), settings.size()), 0);
  out.clear();
  EXPECT_TRUE(server.take(slow.send(), out));
  EXPECT_TRUE(slow.receive(out));
  EXPECT_EQ(slow.answer(id).body, GrpcClient::framed("x"));
  EXPECT_FALSE(server.in_request());
}

TEST_F(GrpcConnectionTest, TellsTheClientWhenItStops) {
  EXPECT_EQ(call(kEchoPath, "x"), "200 0");
  const std::int32_t begun = client.call(kEchoPath, "begun");
  std::string sent = client.send();
  EXPECT_TRUE(raw(sent.substr(0, sent.size() - 1)));
  std::string out;
  server.shut_down(out);
  EXPECT_TRUE(client.receive(out));
  EXPECT_TRUE(client.goaway());
  EXPECT_EQ(client.goaway_code(), NGHTTP2_NO_ERROR);
  EXPECT_TRUE(server.in_request());
  out.clear();
  EXPECT_FALSE(server.take(sent.substr(sent.size() - 1), out)) << "answered, then closed";
  EXPECT_TRUE(client.receive(out));
  EXPECT_EQ(outcome(begun), "200 0");
  out.clear();
  server.shut_down(out);
  EXPECT_EQ(out, "") << "once is enough";
}

TEST_F(GrpcConnectionTest, ClosesOnWhatIsNoHttp2) {
  std::string out;
  EXPECT_FALSE(server.take("GET / HTTP/1.1\r\nhost: gate\r\n\r\n", out));
}

TEST_F(GrpcConnectionTest, ClosesOnABrokenHeaderBlock) {
  EXPECT_TRUE(exchange());
  EXPECT_FALSE(raw(frame(1, 5, 1, "\xff\xff\xff\xff\xff\xff\xff")));
  EXPECT_TRUE(client.goaway());
}

TEST_F(GrpcConnectionTest, EndsWithStreamsOpen) {
  EXPECT_TRUE(exchange());
  EXPECT_TRUE(raw(frame(1, 4, 1, kBlock) + frame(0, 0, 1, "half")));
  std::string out;
  server.end_of_input(out);
  EXPECT_EQ(out, "");
}

}  // namespace
}  // namespace proviso::gate_daemon
