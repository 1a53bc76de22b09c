// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "base/event_log.h"
#include "base/file_system.h"
#include "gate_daemon/counts_files.h"
#include "gate_daemon/latest.h"
#include "gate_daemon/refusal_files.h"
#include "gates/gate_counts.h"
#include "gates/live_clock.h"
#include "gates/refusal_ring.h"
#include "ledger/note.h"

namespace proviso::gate_daemon {

/// [refusals] of the configuration (docs/gate.md).
struct RefusalSettings {
  std::size_t records = 16'384;  ///< that wait to be written; 512 bytes each
  RefusalLimits files;
  Duration counts_age_max = std::chrono::hours{24 * 31};
};

/// What became of refusals since the gate was started, for status pages and figures.
struct RecordingStatus {
  std::string gate;  ///< its name; empty where it has no identity and signs nothing
  std::uint64_t recorded = 0;
  std::uint64_t dropped = 0;    ///< the ring was full
  std::uint64_t unwritten = 0;  ///< recorded and counted, but in no file
  std::uint64_t file_bytes = 0;
  std::uint64_t counts_unsent = 0;
  /// The first kSeriesMax orders that were recorded, and the sum of the others: never more series.
  static constexpr std::size_t kSeriesMax = 200;
  std::map<Digest, gates::OrderCounts> orders;
  gates::OrderCounts other_orders;
  gates::OrderCounts without_order;
  gates::OrderCounts without_state;
};

/// Writes down what a gate refuses, off the path of requests: takes it out of the ring, into lines
/// and into the counts of the hour. At the end of each hour, by the wall clock, the counts are
/// signed. A kill of the program loses what is in the ring (half a second) of lines, and of
/// counts at most the running minute. run(): one thread of its own, since disks can hang.
class Recorder {
 public:
  /// What else is counted, as of now.
  struct Seen {
    std::uint64_t checks = 0;  ///< since the start
    gates::Mode mode = gates::Mode::enforce;
    std::uint64_t snapshot_size = 0;  ///< 0 without one
  };
  struct Place {
    std::string state_dir;  ///< the gate's folder; empty: figures only, no files
    std::string ledger;
    std::optional<ledger::NoteSigner> identity = {};  ///< without one there are no hourly counts
  };

  /// Goes on with the hour that was running when the gate was stopped; signs it where it is over.
  /// Makes folders: before other threads do. What can't be read or written is told in `log` and
  /// leaves it to its figures. What is given outlives it.
  Recorder(gates::RefusalRing& ring, const gates::Clocks& clocks, FileSystem& fs, Place place,
           const RefusalSettings& settings, const EventLog& log);

  /// One round. One thread at a time.
  void drain(const Seen& seen);
  /// drain() twice a second; a last time, with everything on disk, when it is told to stop.
  void run(const std::stop_token& stop, const std::function<Seen()>& look);
  /// On disk what is counted so far. Called by run() once a minute and at its end.
  void keep();

  [[nodiscard]] const Latest<RecordingStatus>& status() const { return status_; }
  /// For whoever sends them; null where there are none.
  [[nodiscard]] CountsFiles* counts() { return counts_ ? &*counts_ : nullptr; }

 private:
  void open_files();
  void resume();
  void take(const gates::Refusal& refusal);
  void begin_hour(Time hour);
  void end_hour();
  void sign_ended();
  void add_seen(const Seen& seen);
  void write(const std::string& lines, std::uint64_t records);
  void say(std::string_view event, const Error& error);
  [[nodiscard]] Time now() const { return from_unix_seconds(clocks_.wall()); }

  gates::RefusalRing& ring_;
  const gates::Clocks& clocks_;
  FileSystem& fs_;
  const Place place_;
  const RefusalSettings settings_;
  const EventLog& log_;

  std::optional<RefusalFiles> files_;
  std::optional<CountsFiles> counts_;
  gates::GateCounts hour_;
  std::deque<gates::GateCounts> ended_;  // not signed yet: the disk was full
  RecordingStatus told_;
  Latest<RecordingStatus> status_;
  std::uint64_t checks_seen_ = 0;
  std::uint64_t dropped_seen_ = 0;
  std::int64_t steady_seen_ = 0;
  std::int64_t kept_at_ = 0;      // steady
  std::int64_t write_again_ = 0;  // steady; after a failure
  bool alarmed_ = false;          // in this hour
};

}  // namespace proviso::gate_daemon
