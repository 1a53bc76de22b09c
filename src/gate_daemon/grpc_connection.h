// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gate_daemon/connection.h"
#include "gate_daemon/grpc.h"

namespace proviso::gate_daemon {

/// Serves unary calls of gRPC over HTTP/2 without TLS ("prior knowledge"), to one client.
///
/// Answers stand in `out` when take() returns: a call never waits, and all that one read brought is
/// answered in one piece. A client that doesn't read what it is sent is the event loop's matter:
/// take() is not to be called while much is still to be sent.
///
/// What is not served: other methods (UNIMPLEMENTED), compressed messages (UNIMPLEMENTED), streams
/// of messages, a method but POST (405), a content-type but application/grpc (415). A client that
/// sends what HTTP/2 forbids, or goes beyond the limits, gets a RST_STREAM or a GOAWAY.
class GrpcConnection final : public Connection {
 public:
  /// The service must outlive it.
  GrpcConnection(GrpcService& service, const GrpcLimits& limits);
  ~GrpcConnection() override;
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  bool take(std::string_view bytes, std::string& out) override;
  [[nodiscard]] bool in_request() const override;
  /// GOAWAY: what has begun is answered, what comes after it the client may try elsewhere.
  void shut_down(std::string& out) override;

 private:
  struct Session;
  std::unique_ptr<Session> session_;
};

}  // namespace proviso::gate_daemon
