// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rules/matcher.h"
#include "server/customer_facts.h"
#include "server/rule_setting.h"
#include "signals/signal.h"

namespace proviso::server {

struct ReplayOptions {
  std::string format;        ///< empty: found by its fields
  std::string subscription;  ///< for formats that name none
  std::string hash_key;      ///< of keyed hashes; empty: a fixed one, nothing of it is kept
  /// As in review: one input waits for `lateness`, several wait for flush().
  Duration lateness = Duration::max();
  /// Of the engine's hashes; the data folder's where figures are to be the same as in review.
  std::uint64_t hash_seed = 0;
  std::set<std::string> under_review;  ///< customers with an open case when it begins
  /// What is known of a subscription (CustomerFacts::describe), instead of what the register says.
  std::map<std::string, Json> pinned;
};

struct ReplayCounts {
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejects = 0;
  Time oldest = Time::max();
  Time newest = Time::min();
};

/// An event as the rules saw it; views live until the callback returns.
struct ReplayedEvent {
  std::uint64_t number;  ///< the engine's number of the event, from 1
  std::uint64_t line;    ///< of the input, from 1
  const model::UsageEvent& event;
  std::span<const rules::RuleIndex> matched;
  rules::EventView& view;
};

struct ReplayReject {
  std::string input;
  std::uint64_t line = 0;
  std::uint64_t column = 0;
  std::string reason;
};

/// The same stages as review (decode under the field policy, count each event once, match, windows,
/// signals), from empty windows and without a store: for trying rules out. Keeps no event. One
/// thread. `setting` and `customers` must outlive it.
class Replay {
 public:
  Replay(const std::shared_ptr<const rules::Program>& program, const RuleSetting& setting,
         const model::Register& customers, ReplayOptions options);
  ~Replay();
  Replay(const Replay&) = delete;
  Replay& operator=(const Replay&) = delete;

  /// Reads an input to its end, or `records_max` records of it. Errors: as of UsageReader;
  /// invalid_input where a pinned fact is none.
  Result<void> read(const std::string& path, std::uint64_t records_max = UINT64_MAX);
  /// The end: nothing waits any longer.
  void flush();
  /// The end of one run of review and the beginning of the next: what still waits within `bound` is
  /// judged provisionally, and waits again (review.cc, write_last).
  Result<void> next_run(Duration bound, Duration lateness);

  /// Called for each event, before it goes to the windows.
  std::function<void(const ReplayedEvent&)> on_event;
  /// Called for each firing, also of rules that raise no signals of their own.
  std::function<void(const signals::Firing&)> on_firing;
  /// Called after each firing that opened or extended a signal.
  std::function<void(const signals::Signal&)> on_signal;
  std::function<void(const ReplayReject&)> on_reject;
  std::function<void(const std::string& input, std::uint64_t records)> on_progress;

  [[nodiscard]] const ReplayCounts& counts() const;
  [[nodiscard]] const signals::EngineCounters& engine_counters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proviso::server
