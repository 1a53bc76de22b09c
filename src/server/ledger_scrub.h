// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "base/event_log.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "ledger/note.h"

namespace proviso::server {

struct ScrubSettings {
  std::chrono::seconds every{std::chrono::hours{24}};  ///< from the end of one to the next
  std::uint64_t bytes_per_second = 4U << 20U;
};

/// Reads the whole public log again and again, slowly, and says when a disk has changed it: opening
/// a log looks only at its end. The first time at once. It reads what the log published, holds no
/// lock and is waited for by nobody. One thread of its own, from construction to destruction.
class LedgerScrub {
 public:
  struct Parts {
    FileSystem& fs;
    std::string log_dir;  ///< the log's public folder
    ledger::NoteVerifier key;
    const EventLog& log;  ///< `ledger_scrubbed`, `ledger_damaged`
    Metrics& metrics;     ///< declared with declare_scrub_metrics()
  };
  LedgerScrub(Parts parts, ScrubSettings settings);

 private:
  void run(const std::stop_token& stop);
  void look(const std::stop_token& stop);

  Parts parts_;
  ScrubSettings settings_;
  std::jthread thread_;  // last: it ends first
};

void declare_scrub_metrics(Metrics& metrics);

}  // namespace proviso::server
