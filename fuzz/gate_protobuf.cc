// SPDX-License-Identifier: Apache-2.0
// A CheckRequest: whatever comes, what is read of it lies in it, and reading it again gives the
// same. The first byte chooses where the subscription is looked for.
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "gate_daemon/ext_authz_request.h"
#include "gate_daemon/grpc.h"
#include "gate_daemon/protobuf.h"

namespace {

using proviso::gate_daemon::ExtAuthzMapping;

ExtAuthzMapping mapping_of(std::uint8_t choice) {
  using From = ExtAuthzMapping::Subscription;
  ExtAuthzMapping mapping;
  mapping.subscription_from = std::array{From::header, From::principal, From::metadata}[choice % 3];
  mapping.subscription_metadata = {"envoy.filters.http.jwt_authn", "claims", "tenant",
                                   "subscription"};
  mapping.operation_header = "x-operation";
  mapping.resource_header = "x-resource";
  if ((choice & 0x10U) != 0) mapping.operation_from = ExtAuthzMapping::Operation::grpc_path;
  if ((choice & 0x20U) != 0) mapping.subscription_prefix = "spiffe://";
  return mapping;
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size - 1]);
  std::copy_n(data + 1, size - 1, copy.get());
  const std::string_view message(copy.get(), size - 1);
  const ExtAuthzMapping mapping = mapping_of(data[0]);
  proviso::gates::Request first;
  proviso::gates::Request second;
  const bool good = read_check_request(message, mapping, first);
  CHECK(read_check_request(message, mapping, second) == good);
  if (good) {
    for (const auto member :
         {&proviso::gates::Request::subscription, &proviso::gates::Request::service,
          &proviso::gates::Request::operation, &proviso::gates::Request::region,
          &proviso::gates::Request::resource}) {
      CHECK(lies_in(first.*member, message));
      CHECK(first.*member == second.*member);
    }
  }
  std::string_view framed;
  if (proviso::gate_daemon::unframe(message, framed).code == proviso::gate_daemon::GrpcCode::ok) {
    CHECK(framed.size() + 5 == message.size());
  }
  std::string answer;
  (void)proviso::gate_daemon::answer_health_check(message, "a.Service",
                                                  proviso::gate_daemon::Serving::yes, answer);
  return 0;
}
