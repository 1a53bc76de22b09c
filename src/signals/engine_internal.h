// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rules/matcher.h"
#include "signals/counter_table.h"
#include "signals/engine.h"
#include "signals/match_set.h"
#include "signals/slot_table.h"
#include "signals/waiting_events.h"

namespace proviso::signals {

/// The inside of an engine, for engine.cc and engine_state.cc.
struct Engine::State {
  State(std::shared_ptr<const rules::Program> p, const EngineOptions& o);
  State(const State&) = delete;
  State& operator=(const State&) = delete;

  void feed(const EventPoint& point, std::span<const rules::RuleIndex> matched,
            rules::EventView& event, std::vector<Firing>& out);
  void release(Time before, std::vector<Firing>& out);
  void process_some(Time before, std::vector<Firing>& out);
  void flush(std::vector<Firing>& out);

  std::string save(CounterTable::Save what);
  bool load_part(ByteReader& in, Load& report);

  std::shared_ptr<const rules::Program> program;
  EngineOptions options;
  TableLimits limits;
  std::vector<Counter> counters;
  std::vector<Digest> definitions;  ///< by rule
  GroupTable groups;
  std::vector<CounterTable> tables;  ///< parallel to counters
  Sources sources;
  WaitingEvents waiting;
  Place processed{Time::min(), 0};
  std::uint64_t late = 0;
  std::uint64_t forced = 0;
  /// Events since the last release: they go in batches.
  std::uint64_t since_release = 0;
  bool was_saved = false;
  EngineCounters counted;  ///< what counters() gives

 private:
  struct SetEntry {
    MatchSet set;
    std::uint64_t hash = 0;
  };
  std::uint32_t set_of(std::span<const rules::RuleIndex> matched);
  void capture(const EventPoint& point, std::uint32_t set, rules::EventView& event);
  void capture_group(const EventPoint& point, std::span<const rules::FieldId> fields,
                     rules::EventView& event);
  std::uint64_t capture_value(const MatchSet::Value& value, rules::EventView& event);

  /// An event whose turn has come, with its groups and windows as numbers.
  struct Ready {
    WaitingEvent event;
    const MatchSet* set = nullptr;
    struct Group {
      WaitingEvent::Text text;
      GroupId id{};
    };
    Group subscription;
    std::vector<Group> groups;           ///< parallel to the set's
    std::size_t values_at = 0;           ///< the word of the first value
    std::vector<std::uint32_t> windows;  ///< parallel to the set's steps: CounterTable::likely()
  };
  void process_batch(std::size_t count, std::vector<Firing>& out);
  bool unpack(Ready& ready) const;
  void look_up(Ready& ready);
  void prefetch_values(std::span<const Ready> batch) const;
  /// Of the step's group.
  static std::uint64_t hash_of(const Ready& ready, const MatchSet::Step& step);
  void find_windows(Ready& ready) const;
  void process(const Ready& ready, std::vector<Firing>& out);
  void let_go(const Ready& ready);
  void plain_firings(const Ready& ready, std::vector<Firing>& out);
  void step(std::size_t at, const Ready& ready, std::vector<Firing>& out);
  void take(std::size_t at, const Ready::Group& group, const Hit& hit, const Ready& ready,
            std::vector<Firing>& out);
  void put_in_order(std::span<Firing> firings) const;
  static bool fill_value(const MatchSet::Step& step, const Ready& ready, Hit& hit);
  void fire(const rules::Correlation& c, const Window& window, const Ready::Group& group,
            double value, const Ready& ready, std::vector<Firing>& out) const;
  [[nodiscard]] std::string subscription_of(const Ready& ready) const;
  [[nodiscard]] std::vector<GroupValue> group_values(const rules::Correlation& c,
                                                     const Ready::Group& group) const;
  void save_waiting(bool only_new, ByteWriter& out);
  void save_set(const MatchSet& set, ByteWriter& out) const;
  bool load_waiting(ByteReader& in, const std::vector<std::uint32_t>& counter_of, Load& report);
  bool load_set(ByteReader& in, const std::vector<std::uint32_t>& counter_of, MatchSet& set) const;
  bool load_event(ByteReader& in, std::uint32_t set, bool keep);

  std::deque<SetEntry> sets_;  ///< never moved; `set` of a waiting event is an index
  SlotTable set_of_hash_;
  std::vector<std::uint32_t> hits_;   ///< by rule: hits at the event in hand
  std::vector<bool> is_correlation_;  ///< by rule
  std::vector<bool> is_unsure_;       ///< by rule: it may have fired at the event in hand
  std::vector<rules::RuleIndex> fired_;
  std::vector<std::uint32_t> rank_;  ///< by rule: its place among the program's correlations
  WaitingEvent incoming_;
  std::vector<Ready> batch_;
  std::string scratch_;
};

}  // namespace proviso::signals
