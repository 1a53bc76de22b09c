// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>

#include "base/result.h"
#include "http/message.h"

namespace proviso::http {

/// "http://HOST[:PORT][/PATH]" or "https://...", without user, query and fragment. A host is a name
/// or an address; one of IPv6 stands in brackets.
struct Url {
  bool tls = false;
  std::string host;  ///< without brackets
  std::string port;  ///< decimal, 1 to 65535
  std::string path;  ///< "" or "/a/b", without a slash at its end
  static Result<Url> parse(std::string_view text);
  /// "HOST:PORT" as messages and the Host field have it; the port is left out where it is usual.
  [[nodiscard]] std::string authority() const;
};

struct Call {
  Method method = Method::get;
  Url url;
  std::string body;  ///< sent with POST, PUT and PATCH
  std::string content_type;
  Headers headers;  ///< more of them; not those that say how long the message is, or how it goes
  std::chrono::milliseconds time{5000};  ///< for all of it, from the look-up of the name on
  std::size_t body_bytes_max = 1U << 20U;
  std::string ca_file;   ///< PEM; certificates to trust beside the system's
  std::stop_token stop;  ///< gives the call up, within a tenth of a second
};

/// One request on a connection of its own. Follows no redirect; over TLS the certificate must be
/// the host's. `unavailable`: no connection, no HTTP, out of time, or stopped; `exhausted`: a
/// longer body; `invalid_input`: the CA file. Threads: any; blocks the caller, beyond `time` only
/// while the system looks up a name. Robust to untrusted answers.
Result<Response> call(const Call& call);

/// Calls to one server, one after the other, on one connection as long as the server keeps it. Each
/// has the limits of call(), and its errors; after one the next call connects anew.
/// Threads: one at a time.
class KeptConnection {
 public:
  /// `invalid_input`: the CA file.
  static Result<KeptConnection> make(bool tls, const std::string& ca_file);
  /// `call.url` is of the same server each time; `call.ca_file` is that of make().
  Result<Response> call(const Call& call);

  ~KeptConnection();
  KeptConnection(KeptConnection&&) noexcept;
  KeptConnection& operator=(KeptConnection&&) noexcept;
  KeptConnection(const KeptConnection&) = delete;
  KeptConnection& operator=(const KeptConnection&) = delete;

 private:
  struct Impl;
  explicit KeptConnection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proviso::http
