// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "rules/program.h"
#include "signals/contributors.h"
#include "signals/hit.h"

namespace proviso::signals {

/// A rule held at one event.
struct Firing {
  rules::RuleIndex rule{};
  /// Correlations: group-by names and their values at the event. Plain rules: empty.
  std::vector<GroupValue> group;
  /// Event time of the oldest hit in the window; equal to `to` for a plain rule.
  Time from{};
  /// Event time of the event at which the rule held.
  Time to{};
  /// What the thresholds were compared with; for temporal types the number of different rules that
  /// occurred; for a plain rule the event's weight.
  double value = 0;
  /// The caller's number of the event.
  std::uint64_t line = 0;
  /// Subscription of that event, as the caller gave it; may be empty.
  std::string subscription;
  /// The events in the window.
  Contributors events;
  bool operator==(const Firing&) const = default;
};

struct EngineOptions {
  /// How far behind the newest event time an event may come and still be put in order first.
  /// Duration::max(): everything waits for flush().
  Duration lateness = std::chrono::hours(1);
  /// Hits that one window keeps; beyond it the oldest are let go and counted (`evicted`).
  std::size_t window_hits_max = 200'000;
  /// Events that wait to be put in order; beyond it the oldest goes on early.
  std::size_t waiting_max = 10'000'000;
  /// Whether plain rules come out as firings too (in event order). proviso-match prints them
  /// itself.
  bool plain_firings = true;
};

struct EngineCounters {
  std::uint64_t late = 0;     ///< events that came after their place had passed
  std::uint64_t evicted = 0;  ///< hits let go because a window was full
  std::uint64_t forced = 0;   ///< events that went on early because too many were waiting
};

/// What an event is to the engine, besides its fields.
struct EventPoint {
  Time time{};
  std::uint64_t line = 0;  ///< breaks ties of time
  /// How many operations the event stands for: what event_count counts.
  std::uint64_t weight = 1;
  std::string_view subscription;
  /// Its name in `Firing::events`.
  EventKey event_key{};
};

/// Correlations over a stream of events: sliding windows of event time, both ends inclusive.
/// The same firings for any order of arrival within `lateness`. One thread. See engine.cc.
class Engine {
 public:
  explicit Engine(std::shared_ptr<const rules::Program> program, EngineOptions options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// One event that matched at least one rule. What is certain by then is appended to `out`, in the
  /// order of (time, line).
  void feed(const EventPoint& point, std::span<const rules::RuleIndex> matched,
            rules::EventView& event, std::vector<Firing>& out);
  /// Time passed without a match: lets waiting events go that `now` makes safe.
  void advance(Time now, std::vector<Firing>& out);
  /// The end of the input: nothing waits any longer. Windows stay.
  void flush(std::vector<Firing>& out);

  [[nodiscard]] const EngineCounters& counters() const;
  /// Everything the engine knows, as bytes (format: state.h). Same state, same bytes.
  [[nodiscard]] std::string save() const;
  /// Replaces the state. `conflict` where it was saved with another program; `corrupt` where the
  /// bytes do not parse; the engine is unchanged then.
  Result<void> load(std::string_view bytes);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proviso::signals
