// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

#include "base/event_log.h"
#include "base/file_system.h"
#include "gate_daemon/config.h"
#include "gate_daemon/server_link.h"
#include "gates/live_gate.h"

namespace proviso::gate_daemon {

struct ServeSettings {
  gates::LiveGateSettings gate;
  std::string snapshot;  ///< the file to watch; empty: only what the state folder keeps
  std::optional<ServerLinkSettings> server;  ///< or the server that brings it
  std::optional<Address> authzen;
  std::optional<Address> ext_authz;
  std::optional<Address> http;
  std::string haproxy;  ///< HAProxy's runtime socket; empty: none
  std::string base_url;
  GateConfig config;

  /// `invalid_input`: no address, one that is not this machine's own, or the base URL.
  [[nodiscard]] Result<void> check() const;
};

/// Serves until SIGTERM or SIGINT, which it blocks for this thread and those that it starts. The
/// loop has one thread, the snapshot file one, the gate's clock and bypass one, what is refused one
/// (recorder.h); this one waits.
/// Says in `log` where it listens, what became of each snapshot, when its mode or clock changes.
Result<void> serve(ServeSettings settings, const gates::Clocks& clocks, FileSystem& fs,
                   const EventLog& log);

}  // namespace proviso::gate_daemon
