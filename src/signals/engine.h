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
#include "signals/counter_table.h"
#include "signals/hit.h"
#include "signals/sources.h"

namespace proviso::signals {

/// A rule held at one event. A correlation gives one at every hit at which its condition holds:
/// nothing is suppressed here (signal.h makes one signal of many firings).
struct Firing {
  rules::RuleIndex rule{};
  /// Correlations: group-by names and their values at the event. Plain rules: empty.
  std::vector<GroupValue> group;
  /// Event time of the oldest hit in the window; equal to `to` for a plain rule.
  Time from{};
  /// Event time of the event at which the rule held; of a late event, of the newest in its window.
  Time to{};
  /// What the thresholds were compared with; for temporal types the number of different rules that
  /// occurred; for a plain rule the event's weight. The bound that decided where it is not exact.
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
  /// Of the source without a name: how far behind the newest event time an event may come and still
  /// be put in order first. Duration::max(): everything waits for flush().
  Duration lateness = std::chrono::hours(1);
  /// Instants (percentiles: values) that a window tells apart; beyond it there are buckets, and
  /// figures are bounds (window.cc).
  std::size_t window_hits_max = 4096;
  /// Different values that a window tells apart at least; more where a rule asks for more, up to
  /// 65,536 (distinct_values.h).
  std::size_t window_values_max = 4096;
  /// Per counter; beyond it the oldest windows go and are counted (counter_table.h).
  std::size_t groups_max = 2'000'000;
  std::size_t held_max = 20'000'000;
  /// Events that wait to be put in order; beyond it the oldest goes on early.
  std::size_t waiting_max = 10'000'000;
  /// Whether plain rules come out as firings too (in event order). proviso-match prints them
  /// itself.
  bool plain_firings = true;
  /// Whether rules that are only parts of correlations come out too.
  bool part_firings = true;
  /// Of the hashes of groups and values. Secret where others choose the values. A state can only be
  /// loaded with the seed that it was saved with.
  std::uint64_t hash_seed = 0;
};

struct EngineCounters {
  std::uint64_t late = 0;     ///< events that came after their place had passed
  std::uint64_t evicted = 0;  ///< hits let go because a counter was full
  std::uint64_t forced = 0;   ///< events that went on early because too many were waiting
  std::uint64_t unsure = 0;   ///< looks at windows that could not tell (not assessable)
};

/// Losses of a rule's counter, of those that have any.
struct RuleLosses {
  rules::RuleIndex rule{};
  Losses losses;
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
  SourceId source{};
};

/// Correlations over a stream of events: windows of event time that slide, aligned to nothing, both
/// ends inclusive, to the nanosecond. The same firings for any order of arrival in which each event
/// keeps to its source's bound on lateness. One that comes after its place has passed is counted as
/// late and put into the windows that still span its time. One thread. See engine.cc.
class Engine {
 public:
  explicit Engine(std::shared_ptr<const rules::Program> program, EngineOptions options = {});
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// A source of events with its own bound; until its first event nothing is settled.
  SourceId open_source(std::string_view name, Duration lateness);
  /// It brings no more events.
  void close_source(SourceId source, std::vector<Firing>& out);
  /// Just these are open, in this order; see Sources::open_only.
  std::vector<SourceId> open_only(std::span<const std::string> names, Duration lateness);

  /// One event that matched at least one rule. What is certain by then is appended to `out`, in the
  /// order of (time, line); some of it only with one of the next 31 events, or when advance() or
  /// settle() ask.
  void feed(const EventPoint& point, std::span<const rules::RuleIndex> matched,
            rules::EventView& event, std::vector<Firing>& out);
  /// Time passed without a match: lets waiting events go that `now` makes safe.
  void advance(Time now, std::vector<Firing>& out) { advance(SourceId{}, now, out); }
  void advance(SourceId source, Time now, std::vector<Firing>& out);
  /// Lets all events before `now` go, whatever sources are open.
  void settle(Time now, std::vector<Firing>& out);
  /// The end of the input: nothing waits any longer. Windows stay. To go on later as if there had
  /// been no end, save before and load then.
  void flush(std::vector<Firing>& out);

  /// Good until the next call.
  [[nodiscard]] const EngineCounters& counters() const;
  [[nodiscard]] std::vector<RuleLosses> losses() const;
  /// Bytes of windows and their index, without groups and waiting events.
  [[nodiscard]] std::size_t window_bytes() const;
  [[nodiscard]] std::size_t windows() const;

  /// Everything the engine knows, as bytes (format: engine_state.cc). Same state, same bytes.
  [[nodiscard]] std::string save();
  /// What has changed since the last save, load or save_changes: costs what has changed. All of it
  /// where nothing was saved yet.
  [[nodiscard]] std::string save_changes();
  struct Load {
    /// Counters that are not in the program any more, or are counted in another way: let go.
    std::uint64_t counters_dropped = 0;
    /// Waiting events that matched no rule of the program any more.
    std::uint64_t events_dropped = 0;
    /// The state was written in another format: nothing of it could be used.
    bool other_format = false;
  };
  /// Replaces the state by what save() gave and save_changes() after it, in that order. The program
  /// may be another: a counter whose definition is the same keeps its windows (counter.h).
  /// `corrupt` where the bytes do not parse, `conflict` with another hash seed; the engine is
  /// unchanged then.
  Result<Load> load(std::span<const std::string> parts);
  Result<Load> load(const std::string& whole) { return load(std::span(&whole, 1)); }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace proviso::signals
