// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/event_log.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/result.h"
#include "ledger/witness_policy.h"
#include "witness/ask.h"

namespace proviso::witness {

/// Each has a thread of its own, and a line in a note.
inline constexpr std::size_t kWitnessesMax = 32;

struct CosigningSettings {
  ledger::WitnessPolicy policy;           ///< its witnesses with a URL are asked
  std::chrono::milliseconds pace{2000};   ///< at least so long between two checkpoints asked about
  std::chrono::milliseconds call{10000};  ///< for the answer of one witness
  std::string ca_file;                    ///< PEM; certificates to trust beside the system's
};

/// Keeps the newest checkpoint of a log that enough witnesses cosigned: looks at the public folder,
/// asks all witnesses about one checkpoint at a time, and writes `checkpoint.cosigned` there. It
/// reads what the log published and is waited for by nobody: a witness that is slow or down delays
/// this file and nothing else. A checkpoint never replaces a larger one.
/// Threads: one of its own, and one for each witness; the functions from any.
class Cosigning {
 public:
  struct Parts {
    FileSystem& fs;
    std::string log_dir;  ///< the log's public folder
    const EventLog& log;  ///< `cosigned`, `witness`, `cosigning_failed`, `log_rolled_back`
    Metrics& metrics;     ///< declared with declare_cosigning_metrics()
  };
  /// Begins with the kept one, where it fits the policy, and asks at once.
  /// `invalid_input`: a witness's URL, or more than kWitnessesMax to be asked.
  static Result<std::unique_ptr<Cosigning>> start(Parts parts, CosigningSettings settings);
  /// Gives up the calls that run.
  ~Cosigning();
  Cosigning(const Cosigning&) = delete;
  Cosigning& operator=(const Cosigning&) = delete;

  /// `not_found` until the quorum was reached for the first time.
  [[nodiscard]] Result<std::string> checkpoint() const;

 private:
  using Instant = std::chrono::steady_clock::time_point;
  struct Watcher {
    std::string name;
    AskedWitness asked;
    std::string line;            // for the target
    std::uint64_t round = 0;     // in which it was last asked
    std::uint64_t cosigned = 0;  // round in which it last cosigned
    unsigned failures = 0;       // in a row
    Instant retry_at;            // not before
    std::string told;            // its last reply, so that the log has changes only
  };

  Cosigning(Parts parts, CosigningSettings settings);
  Result<void> add_watcher(const ledger::WitnessPolicy::Witness& witness);
  void load();
  void look_around(const std::stop_token& stop);
  void look();
  [[nodiscard]] bool round_is_over(Instant now) const;
  void ask_for_ever(const std::stop_token& stop, Watcher& watcher);
  void take(Watcher& watcher, std::uint64_t round, const Reaction& reaction);
  void tell(Watcher& watcher, const Reaction& reaction);
  [[nodiscard]] std::string note_so_far() const;
  void publish();
  void show(const std::string& note, std::uint64_t size);

  Parts parts_;
  CosigningSettings settings_;
  // Guards all below but the threads; never held while the network or the disk is waited for.
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::vector<std::unique_ptr<Watcher>> watchers_;
  Target target_;            // all are asked about it
  std::uint64_t round_ = 0;  // counts targets; 0: none yet
  Instant round_began_;
  std::string current_;  // the cosigned note that is shown
  std::uint64_t current_size_ = 0;
  bool rolled_back_ = false;
  // Held by whoever writes the file, so that a note with fewer lines can't overtake one with more.
  std::mutex publishing_;
  std::vector<std::jthread> threads_;
};

void declare_cosigning_metrics(Metrics& metrics);

}  // namespace proviso::witness
