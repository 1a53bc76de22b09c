// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gate_daemon/ext_authz_request.h"
#include "gate_daemon/ext_authz_response.h"
#include "gate_daemon/grpc.h"
#include "gates/live_clock.h"
#include "gates/live_gate.h"

namespace proviso::gate_daemon {

struct ExtAuthzSettings {
  ExtAuthzMapping mapping{};
  ExtAuthzDenial denial{};
  GrpcLimits limits{};
};

/// Since the service began.
struct ExtAuthzCounts {
  std::uint64_t checks = 0;  ///< all that were answered; those below are among them
  std::uint64_t refused = 0;
  std::uint64_t limited = 0;
  std::uint64_t spared = 0;      ///< would have been refused or limited, were it enforced
  std::uint64_t not_judged = 0;  ///< said no subscription or no service: allowed (I4)
  std::uint64_t malformed = 0;   ///< not among `checks`: no CheckRequest
};

/// envoy.service.auth.v3.Authorization/Check: what Envoy asks before it lets a request pass.
///
/// A request that does not say whose it is, or for which service, is put before the gate all the
/// same: with a snapshot no order names it, so it is allowed (I4); without one, its owner's choice
/// answers. Both are counted and stand in dynamic_metadata.
/// One per event loop.
class ExtAuthz final : public GrpcService {
 public:
  /// `gate` and `clocks`, which tell the age of its snapshot, must outlive it.
  ExtAuthz(const gates::LiveGate& gate, const gates::Clocks& clocks, ExtAuthzSettings settings);

  [[nodiscard]] std::string_view name() const override;
  GrpcStatus call(std::string_view method, std::string_view message, std::string& answer) override;
  [[nodiscard]] const ExtAuthzCounts& counts() const { return counts_; }
  [[nodiscard]] const ExtAuthzSettings& settings() const { return settings_; }

 private:
  void count(const gates::Answer& answer, Told told);

  const gates::LiveGate& gate_;
  const gates::Clocks& clocks_;
  ExtAuthzSettings settings_;
  ExtAuthzCounts counts_;
  std::string plain_;
};

}  // namespace proviso::gate_daemon
