// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "base/event_log.h"
#include "gate_daemon/counts_files.h"
#include "gates/live_gate.h"
#include "http/client.h"
#include "ledger/note.h"

namespace proviso::gate_daemon {

struct ServerLinkSettings {
  http::Url url;        ///< the server's; the stream's path is added
  std::string token;    ///< of scope `gate`; "": none is sent
  std::string ca_file;  ///< PEM; certificates to trust beside the system's
  std::string ledger;   ///< origin line that the gate trusts
  ledger::NoteSigner identity;

  /// `invalid_input`: plain http to another machine, which would show everyone the token.
  [[nodiscard]] Result<void> check() const;
};

/// The gate's end of the gate stream (docs/formats/gate-stream.md): offers the gate what its server
/// sends, says what became of it, and comes back for ever when the connection is lost (I13).
class ServerLink {
 public:
  /// What the gate took; on the link's thread.
  struct Taken {
    bool whole = false;
    std::string_view text;
  };
  /// `counts`: the gate's hourly counts, which are sent as they come; null: none.
  ServerLink(gates::LiveGate& gate, const gates::Clocks& clocks, const EventLog& log,
             ServerLinkSettings settings, std::function<void(const Taken&)> taken,
             CountsFiles* counts);
  ~ServerLink();
  ServerLink(const ServerLink&) = delete;
  ServerLink& operator=(const ServerLink&) = delete;

  /// Until it is told to stop; a second thread, its own, has the network, so that a verification of
  /// many seconds does not make the gate look dead.
  void run(const std::stop_token& stop);
  [[nodiscard]] bool connected() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace proviso::gate_daemon
