// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "base/event_log.h"
#include "base/file_system.h"
#include "gate_daemon/haproxy_map.h"
#include "gate_daemon/latest.h"

namespace proviso::gate_daemon {

struct HaproxySettings {
  /// As HAProxy has it: the path of the file that its configuration names, or "#" and a number.
  std::string map = "/etc/haproxy/proviso.map";
  /// Written whenever the map changes, so that a HAProxy that is started while no gate runs has
  /// what stood there last. Empty: none.
  std::string file;
  std::chrono::seconds interval{1};  ///< between heartbeats
  std::chrono::seconds answer{5};    ///< what HAProxy may take for one command
  std::size_t payload_bytes = HaproxyMap::Limits{}.payload_bytes;
  /// A map that would be larger is not made: what stands there stays, and it is told.
  std::size_t entries_max = 1'000'000;
};

/// How HAProxy's map is, for status pages and figures.
struct HaproxyStatus {
  bool in_step = false;
  std::uint64_t deny = 0;  ///< entries
  std::uint64_t ask = 0;
  std::uint64_t refills = 0;  ///< the whole map anew
  std::uint64_t changes = 0;  ///< a few entries
  std::uint64_t failures = 0;
  std::int64_t in_step_at = 0;  ///< seconds since 1970; 0: never
  std::string last_failure;     ///< while it is not in step
};

/// Keeps the map of one HAProxy in step with the gate: at each snapshot, change of mode, stage that
/// begins and order that ends; where HAProxy was started again; and, whatever happens, each minute.
/// While the gate has no snapshot it leaves the map alone.
class HaproxyLink {
 public:
  /// All outlive it.
  HaproxyLink(std::string socket, HaproxySettings settings, const gates::LiveGate& gate,
              const gates::Clocks& clocks, FileSystem& fs, const EventLog& log);

  /// The gate has taken this snapshot. Any thread.
  void take(std::string_view snapshot_text);
  /// The gate has taken this delta. Any thread, one after the other.
  void take_delta(std::string_view delta_text);
  /// One look; how long to wait for the next at most. One thread.
  std::chrono::milliseconds step();
  /// step() again and again, at once after take().
  void run(const std::stop_token& stop);
  [[nodiscard]] const Latest<HaproxyStatus>& status() const { return shown_; }

 private:
  // What the entries rest on.
  struct Moment {
    gates::Answer gate;
    std::int64_t wall = 0;
    std::int64_t steady = 0;
    std::shared_ptr<const HaproxyQuestions> questions;
  };
  [[nodiscard]] bool may_have_changed(const Moment& now) const;
  Result<void> look_again(const Moment& now);
  Result<void> push(std::int64_t now);
  void write_file(const MapEntries& entries);
  void ask(HaproxyQuestions questions);
  std::chrono::milliseconds failed(const Error& error);

  const std::string socket_;
  const HaproxySettings settings_;
  const gates::LiveGate& gate_;
  const gates::Clocks& clocks_;
  FileSystem& fs_;
  const EventLog& log_;
  HaproxyMap map_;
  std::optional<Moment> last_;
  std::int64_t ahead_ = 0;  // of the wall clock, when it last agreed with the steady one
  std::shared_ptr<const MapEntries> entries_;  // shared with map_, which compares with it
  HaproxyStatus status_;
  Latest<HaproxyStatus> shown_;
  std::chrono::seconds retry_{1};
  Latest<HaproxyQuestions> questions_;
  std::mutex mutex_;  // guards fresh_
  std::condition_variable_any wake_;
  bool fresh_ = false;
};

}  // namespace proviso::gate_daemon
