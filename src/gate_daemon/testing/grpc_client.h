// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nghttp2/nghttp2.h>

namespace proviso::gate_daemon::testing {

using Headers = std::vector<std::pair<std::string, std::string>>;

/// What a stream came to.
struct GrpcAnswer {
  std::map<std::string, std::string> headers{};  ///< trailers too
  std::string body{};
  bool ended = false;       ///< by the server, with END_STREAM
  std::uint32_t reset = 0;  ///< the code of a RST_STREAM
  bool was_reset = false;
  bool closed = false;
};

/// A client without sockets, on nghttp2's own client side.
class GrpcClient {
 public:
  explicit GrpcClient(std::uint32_t window = 65'535);
  ~GrpcClient();
  GrpcClient(const GrpcClient&) = delete;
  GrpcClient& operator=(const GrpcClient&) = delete;

  /// What Envoy sends with a call.
  static Headers call_headers(std::string_view path);
  /// Flag and length before a message.
  static std::string framed(std::string_view message);

  /// Begins a request with this whole body; what is to be sent stands in send().
  std::int32_t request(const Headers& headers, std::string body);
  std::int32_t call(std::string_view path, std::string_view message) {
    return request(call_headers(path), framed(message));
  }
  /// What is to be sent since the last time.
  std::string send();
  /// False: the server broke the rules of HTTP/2.
  bool receive(std::string_view bytes);

  const GrpcAnswer& answer(std::int32_t stream) { return answers_[stream]; }
  [[nodiscard]] bool goaway() const { return goaway_; }
  [[nodiscard]] std::uint32_t goaway_code() const { return goaway_code_; }
  nghttp2_session* session() { return session_; }

 private:
  struct Calls;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, GrpcAnswer> answers_;
  std::map<std::int32_t, std::string> bodies_;
  bool goaway_ = false;
  std::uint32_t goaway_code_ = 0;
};

}  // namespace proviso::gate_daemon::testing
