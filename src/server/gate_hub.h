// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/event_log.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "decisions/gate_feed.h"
#include "http/channel.h"

// The server's end of the gate stream (docs/formats/gate-stream.md): brings every gate that is
// connected the newest version, as soon as the ledger has published it, and keeps what the gates
// say of it: what they stand on, and what they refused by which order, which is held against the
// orders that there are.
namespace proviso::server {

struct GateHubSettings {
  decisions::GateFeed::Source source;
  std::string store_dir;    ///< the folder of the store, whose changes are watched
  std::string keys_file;    ///< verifier keys of the gates
  std::string records_dir;  ///< for their statements
  std::chrono::seconds renew{300};
};

/// Cost: a change costs one pass over the restrictions in memory, one delta for all gates
/// that stand on the same version, and a message to each. What is sent stands in memory once; a
/// gate has one message on its way at most. A whole snapshot is made on a thread of its own, and
/// kept while gates ask for it. Threads: one of its own, and one while a snapshot is made; the
/// functions from any.
class GateHub {
 public:
  struct Parts {
    FileSystem& fs;
    const Clock& clock;
    /// `gate_connected`, `gate_refused`, `gate_mode`, `gate_gone`, `gates_confirmed`,
    /// `gate_turned_away`, `gates_not_fed`, `gate_statements_not_kept`, `gate_counts_alarm`,
    /// `gate_counts_not_kept`
    const EventLog& log;
    Metrics& metrics;  ///< declared with declare_gate_metrics()
  };
  static std::unique_ptr<GateHub> start(Parts parts, GateHubSettings settings);
  ~GateHub();
  GateHub(const GateHub&) = delete;
  GateHub& operator=(const GateHub&) = delete;

  /// The server's end of one more gate's channel. It may outlive the hub, and then hears nothing.
  std::shared_ptr<http::ChannelListener> new_end();

 private:
  struct Impl;
  explicit GateHub(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

void declare_gate_metrics(Metrics& metrics);

}  // namespace proviso::server
