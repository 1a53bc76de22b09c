// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gates/gate.h"

namespace proviso::gate_daemon {

/// Where in what Envoy tells of a request its subscription, service, operation and region stand.
///
/// Service, operation and region come from the route: `proviso.service`, `proviso.operation` and
/// `proviso.region` of its `context_extensions`, which only Envoy's configuration can set.
struct ExtAuthzMapping {
  enum class Subscription : std::uint8_t {
    header,     ///< a header, which a filter before this one must set, whatever the client sent
    principal,  ///< the name in the client's certificate
    metadata,   ///< what another filter found out: the claims of a token
  };
  enum class Operation : std::uint8_t {
    method,  ///< GET, PUT: the catalogue lists the methods. Never the path: it names objects (I1)
    grpc_path,  ///< package.Service/Method, for services that speak gRPC themselves
  };

  Subscription subscription_from = Subscription::header;
  std::string subscription_header = "x-proviso-subscription";  ///< lower case
  /// The filter's namespace, then the keys down to a string: at least two.
  std::vector<std::string> subscription_metadata{};
  /// Cut off the front; what does not begin with it names no subscription.
  std::string subscription_prefix{};
  std::string service{};  ///< where the route names none
  std::string region{};   ///< likewise
  /// What an operation is called where the route does not say it.
  Operation operation_from = Operation::method;
  std::string operation_header{};  ///< looked at before that; empty: none
  std::string resource_header{};   ///< holds the resource's keyed hash; empty: none
};

/// Reads a CheckRequest (envoy.service.auth.v3). False where it is none. What is not in it stays
/// empty in `out`, whose views are into `message` and `mapping`. Allocates nothing.
/// Where a field comes twice the last one counts, as everywhere in protocol buffers.
/// Robust to untrusted bytes.
bool read_check_request(std::string_view message, const ExtAuthzMapping& mapping,
                        gates::Request& out);

}  // namespace proviso::gate_daemon
