// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "gate_daemon/checks.h"
#include "gate_daemon/ext_authz_request.h"
#include "gate_daemon/ext_authz_response.h"
#include "gate_daemon/grpc.h"

namespace proviso::gate_daemon {

struct ExtAuthzSettings {
  ExtAuthzMapping mapping{};
  ExtAuthzDenial denial{};
  GrpcLimits limits{};
};

/// envoy.service.auth.v3.Authorization/Check: what Envoy asks before it lets a request pass.
///
/// A request that does not say whose it is, or for which service, is put before the gate all the
/// same: with a snapshot no order names it, so it is allowed (I4); without one, its owner's choice
/// answers. Both are counted and stand in dynamic_metadata.
/// One per event loop.
class ExtAuthz final : public GrpcService {
 public:
  /// `checks` must outlive it.
  ExtAuthz(Checks& checks, ExtAuthzSettings settings);

  [[nodiscard]] std::string_view name() const override;
  GrpcStatus call(std::string_view method, std::string_view message, std::string& answer) override;
  [[nodiscard]] const ExtAuthzSettings& settings() const { return settings_; }

 private:
  /// The last answer about an order: someone who is refused asks again, and what is said changes
  /// once a second, with the age of the snapshot.
  struct Said {
    gates::Answer to{};
    Told told = Told::enough;
    std::int64_t age_seconds = -1;
    std::string message{};
  };
  const std::string& message_for(const gates::Answer& answer, Told told);

  Checks& checks_;
  const ExtAuthzSettings settings_;
  std::string plain_;
  std::array<Said, 64> said_;  ///< by the first bits of the order's digest
};

}  // namespace proviso::gate_daemon
