// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/event_log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "http/client_limits.h"
#include "http/router.h"

namespace proviso::http {

struct ServerSettings {
  std::string address = "127.0.0.1";  ///< an IP address
  std::uint16_t port = 0;             ///< 0: a free one
  /// PEM files, both or none. Without them only a loopback address is listened on.
  std::string tls_certificate;
  std::string tls_key;
  std::size_t header_bytes_max = 16384;
  std::size_t body_bytes_max = 1U << 20U;  ///< over what routes ask for
  std::chrono::milliseconds handshake{10'000};
  std::chrono::milliseconds header{10'000};  ///< from the first byte of a request to its head's end
  std::chrono::milliseconds request{30'000};  ///< to read the body, and again to make the answer
  std::chrono::milliseconds write{60'000};    ///< until the client has taken the answer
  std::chrono::milliseconds idle{60'000};     ///< between requests
  std::chrono::milliseconds stop{10'000};     ///< for what runs when the server is stopped
  std::size_t workers = 2;                    ///< threads that run handlers
  ClientLimitSettings clients;
};

/// HTTP/1.1 with keep-alive, over TLS 1.2 and 1.3 or plain. One thread for the network, `workers`
/// for handlers. What it refuses by itself, each with a problem document:
///   400 not HTTP, a bad path, no Host; 408 too slow; 413 body; 414 path; 431 header fields;
///   429 with Retry-After: the client's rate or number of connections; 503: connections in all, or
///   no answer in time; 505 version.
/// Robust to untrusted input. It writes one log line for each request, without a word of the
/// client's and without its address.
class Server {
 public:
  /// Opens the socket. `router`, `log` and `metrics` outlive the server.
  /// `invalid_input`: settings, or the certificate; `unavailable`: the address is taken.
  static Result<std::unique_ptr<Server>> listen(const ServerSettings& settings,
                                                const Router& router, const EventLog& log,
                                                Metrics& metrics, Random& random);
  ~Server();
  [[nodiscard]] std::uint16_t port() const;
  /// Serves until stop() or, where asked for, SIGTERM or SIGINT. Then it accepts no more, ends idle
  /// connections, lets requests that run end within `stop`, and returns.
  enum class Signals : std::uint8_t { ignored, stop_the_server };
  void run(Signals signals);
  /// Any thread.
  void stop();
  [[nodiscard]] bool stopping() const;

  struct Impl;  ///< the source file's own

 private:
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The families of figures that a server counts.
void declare_server_metrics(Metrics& metrics);

/// Whether `address` is an IP address of this machine's loopback.
bool is_loopback_address(const std::string& address);

}  // namespace proviso::http
