// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace proviso::gate_daemon {

/// The status codes of gRPC that we give.
enum class GrpcCode : std::uint8_t {
  ok = 0,
  invalid_argument = 3,
  not_found = 5,
  resource_exhausted = 8,
  unimplemented = 12,
  internal = 13,
};

/// How a call ended.
struct GrpcStatus {
  GrpcCode code = GrpcCode::ok;
  /// For the caller's log: printable ASCII without '%', a text that lives for ever.
  std::string_view message{};
};

/// What is called. One per event loop: it is called by one thread.
class GrpcService {
 public:
  virtual ~GrpcService() = default;
  /// "envoy.service.auth.v3.Authorization"; what is asked for by name in a health check.
  [[nodiscard]] virtual std::string_view name() const = 0;
  /// One unary call of NAME/METHOD. Takes the message and appends the answer's; what was appended
  /// is dropped where the status is not ok. `unimplemented` where there is no such method.
  virtual GrpcStatus call(std::string_view method, std::string_view message,
                          std::string& answer) = 0;
};

/// Of one connection.
struct GrpcLimits {
  /// A request's message. Envoy sends all headers, and the body where it is told to.
  std::size_t message_bytes_max = 256 * 1024;
  /// Of all requests that are under way; never less than one message.
  std::size_t pending_bytes_max = 4 * 1024 * 1024;
  std::uint32_t streams_max = 256;
  /// The headers of one request, as HTTP/2 counts them (32 bytes more for each).
  std::uint32_t header_bytes_max = 16 * 1024;
  /// Frames that finish no request, between two that do: PING, SETTINGS, PRIORITY, pieces of
  /// messages. Beyond, the connection is closed (ENHANCE_YOUR_CALM).
  std::uint32_t idle_frames_max = 10'000;
  /// Requests that the client called off: so many at once, and so many a second.
  std::uint32_t resets_burst = 1'000;
  std::uint32_t resets_per_second = 100;
};

/// The one message in the body of a unary request. Appends nothing; `message` is a view into it.
GrpcStatus unframe(std::string_view body, std::string_view& message);

/// Begins a framed message at the end of `out`; end_frame() with what it returned.
std::size_t begin_frame(std::string& out);
void end_frame(std::string& out, std::size_t begun);

/// grpc.health.v1.Health/Check: SERVING for the whole server and for `service` by name; NOT_SERVING
/// while it stops.
enum class Serving : std::uint8_t { yes, no };
GrpcStatus answer_health_check(std::string_view message, std::string_view service, Serving serving,
                               std::string& answer);

}  // namespace proviso::gate_daemon
