// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "gate_daemon/ext_authz.h"
#include "gate_daemon/haproxy_link.h"
#include "gate_daemon/http_connection.h"
#include "gate_daemon/loop.h"
#include "gate_daemon/mapping.h"
#include "gate_daemon/recorder.h"

namespace proviso::gate_daemon {

/// What a gate's owner can set in a file; each has a default.
struct GateConfig {
  AuthzenMapping authzen;
  CheckMapping check;
  ExtAuthzSettings ext_authz;
  HaproxySettings haproxy;
  HttpLimits http_limits;
  LoopLimits loop_limits;
  RefusalSettings refusals;

  /// A TOML file (docs/gate.md). `invalid_input`, as FILE:LINE:COLUMN: what.
  static Result<GateConfig> parse(const std::string& file, std::string_view text);
};

}  // namespace proviso::gate_daemon
