// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/http_connection.h"

#include <algorithm>

#include <gtest/gtest.h>

namespace proviso::gate_daemon {
namespace {

// Answers with what it was given, so that a test sees what the parser made of the bytes.
class Echo final : public HttpHandler {
 public:
  void answer(const HttpRequest& request, HttpAnswer& answer) override {
    ++requests;
    answer.type = "text/plain";
    answer.body.append(request.method).append(" ").append(request.target).append("|");
    for (const HttpField& f : request.fields)
      answer.body.append(f.name).append("=").append(f.value).append(";");
    answer.body.append("|").append(request.body);
    if (grows_by > 0) answer.body.append(grows_by, 'x');
    if (request.target == "/nothing") answer.status = 204;
  }
  int requests = 0;
  std::size_t grows_by = 0;
};

struct Played {
  std::string out;
  bool open = true;
};

class HttpConnectionTest : public testing::Test {
 protected:
  Played play(std::string_view bytes, std::size_t piece = std::string_view::npos) {
    HttpConnection connection(echo, limits);
    Played played;
    for (std::size_t at = 0; at < bytes.size() && played.open;
         at += std::min(piece, bytes.size())) {
      played.open = connection.take(bytes.substr(at, piece), played.out);
      if (piece == std::string_view::npos) break;
    }
    in_request = connection.in_request();
    return played;
  }
  // Status of the first answer; also checks that the connection is then closed.
  int refused(std::string_view bytes) {
    const Played played = play(bytes);
    EXPECT_FALSE(played.open) << played.out;
    EXPECT_NE(played.out.find("Connection: close\r\n"), std::string::npos);
    return status(played.out);
  }
  static int status(const std::string& out) {
    return out.starts_with("HTTP/1.1 ") ? std::stoi(out.substr(9, 3)) : 0;
  }

  Echo echo;
  HttpLimits limits;
  bool in_request = false;
};

TEST_F(HttpConnectionTest, AnswersAndStaysOpen) {
  const Played played = play("GET /a?b=c HTTP/1.1\r\nHost: x\r\nX-Y:  z \r\n\r\n");
  EXPECT_EQ(played.out,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 25\r\n\r\n"
            "GET /a?b=c|Host=x;X-Y=z;|");
  EXPECT_TRUE(played.open);
  EXPECT_FALSE(in_request);
}

TEST_F(HttpConnectionTest, ABodyInPiecesOfAnySizeIsTheSame) {
  const std::string text =
      "\r\nPOST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "POST /q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nTrailer: t\r\n\r\n"
      "GET /r HTTP/1.1\r\nHost: x\r\n\r\n";
  const Played whole = play(text);
  EXPECT_NE(whole.out.find("POST /p|Host=x;Content-Length=5;|hello"), std::string::npos);
  EXPECT_NE(whole.out.find("|abcde"), std::string::npos);
  EXPECT_NE(whole.out.find("GET /r"), std::string::npos);
  EXPECT_EQ(echo.requests, 3);
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    const Played played = play(text, piece);
    EXPECT_EQ(played.out, whole.out) << piece;
    EXPECT_TRUE(played.open);
    EXPECT_FALSE(in_request);
  }
}

TEST_F(HttpConnectionTest, SaysThatItIsInARequestUntilTheLastByte) {
  const std::string text = "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello";
  HttpConnection connection(echo, limits);
  std::string out;
  for (const char c : text) {
    EXPECT_TRUE(out.empty());
    ASSERT_TRUE(connection.take({&c, 1}, out));
  }
  EXPECT_FALSE(connection.in_request());
  EXPECT_EQ(echo.requests, 1);
  play(text.substr(0, text.size() - 1));
  EXPECT_TRUE(in_request);
}

TEST_F(HttpConnectionTest, PipelinedRequestsAreAnsweredInOrder) {
  std::string text;
  for (int i = 0; i < 100; ++i)
    text += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const Played played = play(text);
  EXPECT_EQ(echo.requests, 100);
  std::size_t at = 0;
  for (int i = 0; i < 100; ++i) {
    at = played.out.find("GET /" + std::to_string(i) + "|", at);
    ASSERT_NE(at, std::string::npos) << i;
  }
}

TEST_F(HttpConnectionTest, PipelinedAnswersAreBounded) {
  limits.output_bytes_max = 10'000;
  echo.grows_by = 5'000;
  std::string text;
  for (int i = 0; i < 100; ++i) text += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  const Played played = play(text);
  EXPECT_FALSE(played.open);
  EXPECT_EQ(echo.requests, 2);
}

TEST_F(HttpConnectionTest, EndsWhereTheClientOrTheGateWantsIt) {
  EXPECT_FALSE(play("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").open);
  EXPECT_FALSE(play("GET / HTTP/1.0\r\n\r\n").open);
  EXPECT_TRUE(play("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").open);
  HttpConnection connection(echo, limits);
  std::string out;
  connection.shut_down(out);
  EXPECT_FALSE(connection.take("GET / HTTP/1.1\r\nHost: x\r\n\r\n", out));
  EXPECT_NE(out.find("Connection: close"), std::string::npos);
  EXPECT_FALSE(connection.take("GET / HTTP/1.1\r\nHost: x\r\n\r\n", out));
}

TEST_F(HttpConnectionTest, HeadAndNoContentHaveNoBody) {
  EXPECT_TRUE(play("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n").out.ends_with("\r\n\r\n"));
  const std::string none = play("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n").out;
  EXPECT_EQ(none, "HTTP/1.1 204 No Content\r\nContent-Type: text/plain\r\n\r\n");
}

TEST_F(HttpConnectionTest, TellsAClientToGoOnOnce) {
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
  HttpConnection connection(echo, limits);
  std::string out;
  ASSERT_TRUE(connection.take(head, out));
  EXPECT_EQ(out, "HTTP/1.1 100 Continue\r\n\r\n");
  out.clear();
  ASSERT_TRUE(connection.take("ab", out));
  EXPECT_EQ(out, "");
  ASSERT_TRUE(connection.take("cd", out));
  EXPECT_TRUE(out.starts_with("HTTP/1.1 200"));
}

TEST_F(HttpConnectionTest, RefusesWhatIsNotHttp) {
  EXPECT_EQ(refused("\x16\x03\x01\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400);  // no Host
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost: a\r\nB: c\r\n d\r\n\r\n"), 400);  // folded
  EXPECT_EQ(refused("GET / HTTP/2.0\r\nHost: a\r\n\r\n"), 505);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400);
  EXPECT_EQ(refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(echo.requests, 0);
}

// What smugglers do with lengths.
TEST_F(HttpConnectionTest, RefusesLengthsThatDisagree) {
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  for (const char* fields : {
           "Content-Length: 1\r\nContent-Length: 2\r\n",
           "Content-Length: 1, 2\r\n",
           "Content-Length: -1\r\n",
           "Content-Length: +1\r\n",
           "Content-Length: 1x\r\n",
           "Content-Length: 99999999999999999999\r\n",
           "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
           "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n",
           "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
       }) {
    EXPECT_EQ(refused(head + fields + "\r\na"), 400) << fields;
  }
  EXPECT_EQ(refused(head + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(refused(head + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
  EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
  EXPECT_EQ(refused(head + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"), 400);
  EXPECT_EQ(echo.requests, 0);
}

TEST_F(HttpConnectionTest, HoldsHeadsToTheirLimits) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\n";
  limits.head_bytes_max = 1'000;
  limits.fields_max = 10;
  // Also where the end never comes.
  EXPECT_EQ(refused(start + "X: " + std::string(2'000, 'x')), 431);
  EXPECT_EQ(refused(start + "X: " + std::string(2'000, 'x') + "\r\n\r\n"), 431);
  std::string many = start;
  for (int i = 0; i < 9; ++i) many += "A: b\r\n";
  EXPECT_TRUE(play(many + "\r\n").open);
  EXPECT_EQ(refused(many + "A: b\r\n\r\n"), 431);
}

TEST_F(HttpConnectionTest, HoldsBodiesToTheirLimit) {
  limits.body_bytes_max = 100;
  const std::string head = "POST / HTTP/1.1\r\nHost: a\r\n";
  const std::string most(100, 'b');
  EXPECT_TRUE(play(head + "Content-Length: 100\r\n\r\n" + most).open);
  EXPECT_EQ(refused(head + "Content-Length: 101\r\n\r\n"), 413);
  const std::string chunked = head + "Transfer-Encoding: chunked\r\n\r\n";
  EXPECT_TRUE(play(chunked + "64\r\n" + most + "\r\n0\r\n\r\n").open);
  EXPECT_EQ(refused(chunked + "64\r\n" + most + "\r\n1\r\nb\r\n0\r\n\r\n"), 413);
  EXPECT_EQ(refused(chunked + "1;" + std::string(20'000, 'x')), 400);
}

TEST(HttpAnswerTest, AValueCannotEndItsLine) {
  HttpAnswer answer;
  answer.add_field("X-A", "b\r\nSet-Cookie: c\x7f \xc3\xa9");
  EXPECT_EQ(answer.fields, "X-A: b??Set-Cookie: c? ??\r\n");
  answer.clear();
  answer.add_field("X", std::string(5'000, 'y'));
  EXPECT_EQ(answer.fields.size(), 1'000 + std::string_view("X: \r\n").size());
}

}  // namespace
}  // namespace proviso::gate_daemon
