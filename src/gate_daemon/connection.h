// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace proviso::gate_daemon {

/// One client's side of a protocol, as bytes in and bytes out: it knows no socket and no clock, so
/// that tests and fuzzers drive it directly. Owned and called by one event loop's thread.
/// Robust to untrusted bytes; what it keeps of a client is bounded by its settings.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Takes bytes as they came, in pieces of any size, and appends to `out` what is to be sent.
  /// False: send what stands in `out`, then close.
  virtual bool take(std::string_view bytes, std::string& out) = 0;
  /// The client sends no more. Appends what it still gets; then the connection is closed.
  virtual void end_of_input(std::string& out) { static_cast<void>(out); }
  /// Whether a request has begun and is not yet answered; the loop's time limits rest on it.
  [[nodiscard]] virtual bool in_request() const = 0;
  /// The gate stops: tell the client where the protocol can (GOAWAY, Connection: close).
  virtual void shut_down(std::string& out) { static_cast<void>(out); }
};

}  // namespace proviso::gate_daemon
