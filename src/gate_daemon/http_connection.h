// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "gate_daemon/connection.h"
#include "gate_daemon/http_message.h"

namespace proviso::gate_daemon {

struct HttpLimits {
  std::size_t head_bytes_max = 16'384;     ///< request line and header fields
  std::size_t fields_max = 64;             ///< header fields
  std::size_t body_bytes_max = 1U << 20U;  ///< after chunks are put together
  /// Once the answers to pipelined requests that came at once are longer than this, the connection
  /// is ended after them.
  std::size_t output_bytes_max = 1U << 20U;
};

/// HTTP/1.1 with keep-alive and pipelining (HTTP/1.0 without), over what a handler answers. By
/// itself it refuses, and ends the connection:
///   400 not HTTP, no Host or two of them, folded fields; 413 body; 431 head; 501 a transfer coding
///   other than chunked; 505 version.
/// It keeps of a client at most head_bytes_max + body_bytes_max and what came in one piece.
class HttpConnection final : public Connection {
 public:
  /// `handler` outlives it.
  HttpConnection(HttpHandler& handler, const HttpLimits& limits);
  ~HttpConnection() override;

  bool take(std::string_view bytes, std::string& out) override;
  [[nodiscard]] bool in_request() const override;
  /// The next answer is the last one.
  void shut_down(std::string& out) override;

 private:
  struct Head;
  enum class Step : std::uint8_t { more, next, close };
  Step step(std::string_view input, std::size_t& used, std::string& out);
  Step read_head(std::string_view input, std::size_t& used, std::string& out);
  Step read_chunks(std::string_view input, std::size_t& used, std::string& out);
  Step answer(std::string_view body, std::string& out);
  Step refuse(int status, std::string_view text, std::string& out);
  void write(bool keep_alive, std::string& out);

  HttpHandler& handler_;
  const HttpLimits limits_;
  std::string input_;              // what came of a request that is not whole
  std::size_t searched_ = 0;       // of input_: no end of a head begins before
  std::size_t wanted_ = 0;         // of input_: so many bytes make the request whole
  std::vector<HttpField> fields_;  // of *head_
  std::unique_ptr<Head> head_;     // what was read last
  std::string chunked_head_;       // what *head_ points into while chunks are read
  std::string chunked_body_;
  bool in_chunks_ = false;
  bool continued_ = false;  // the client was told to go on with its body
  bool stopping_ = false;
  bool closed_ = false;
  HttpAnswer answer_;
};

}  // namespace proviso::gate_daemon
