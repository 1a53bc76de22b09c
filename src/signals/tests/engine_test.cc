// SPDX-License-Identifier: Apache-2.0
// The engine: lateness, saved states, what a firing names. Its answers: twin_test.cc.
#include "signals/engine.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/random.h"
#include "rules/load.h"
#include "signals/signal.h"

namespace proviso::signals {
namespace {

using rules::RuleIndex;

constexpr const char* kRules = R"(
title: a
name: a
logsource: {product: p}
detection: {sel: {k: a}, condition: sel}
---
title: b
name: b
logsource: {product: p}
detection: {sel: {k: b}, condition: sel}
---
title: count
name: count
correlation: {type: event_count, rules: [a, b], group-by: [g], timespan: 5s, condition: {gte: 4}}
---
title: values
name: values
correlation: {type: value_count, rules: [a], group-by: [g], timespan: 5s,
  condition: {field: v, gte: 3}}
---
title: sum
name: sum
correlation: {type: value_sum, rules: [a], group-by: [g], timespan: 5s,
  condition: {field: v, gt: 5, lte: 9}}
---
title: median
name: median
correlation: {type: value_median, rules: [a], group-by: [g], timespan: 5s,
  condition: {field: v, gte: 3}}
---
title: both
name: both
correlation: {type: temporal, rules: [a, b], group-by: [g], timespan: 3s}
---
title: ordered
name: ordered
correlation: {type: temporal_ordered, rules: [a, b], group-by: [g], timespan: 3s}
---
title: only
name: only
correlation: {type: temporal, rules: [a, b], group-by: [g], timespan: 3s, condition: a and not b}
---
title: nested
name: nested
correlation: {type: event_count, rules: [count], group-by: [g], timespan: 9s, condition: {gte: 2}}
)";

std::shared_ptr<const rules::Program> program() {
  const auto loaded = rules::compile_rules({{"r.yml", kRules}});
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  return loaded.program;
}

struct Event {
  std::int64_t second = 0;
  std::uint64_t line = 0;
  bool is_b = false;
  int group = 0;
  int value = 0;
};

class View final : public rules::EventView {
 public:
  View(const rules::Program& program, const Event& event) {
    for (const std::string& name : program.fields()) {
      texts_.push_back(name == "g"   ? std::to_string(event.group)
                       : name == "v" ? std::to_string(event.value)
                                     : std::string(event.is_b ? "b" : "a"));
    }
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      const bool number = program.fields()[i] == "v";
      values_.push_back({number ? rules::ValueKind::number : rules::ValueKind::string,
                         static_cast<double>(event.value), texts_[i]});
    }
  }
  std::span<const rules::Value> values(rules::FieldId f) override {
    return {&values_[rules::index(f)], 1};
  }
  std::span<const rules::Value> leaves() override { return {}; }

 private:
  std::vector<std::string> texts_;
  std::vector<rules::Value> values_;
};

void feed(Engine& engine, const rules::Program& p, const Event& e, std::vector<Firing>& out) {
  View view(p, e);
  const std::vector<RuleIndex> matched = {RuleIndex(e.is_b ? 1 : 0)};
  engine.feed(
      {.time = from_unix_seconds(e.second), .line = e.line, .weight = 1, .subscription = {}},
      matched, view, out);
}

std::vector<Event> random_events(SeededRandom& random, std::size_t count) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    events.push_back({static_cast<std::int64_t>(1000 + random.below(30)), i + 1,
                      random.below(2) == 1, static_cast<int>(random.below(2)),
                      static_cast<int>(random.below(6))});
  }
  return events;
}

TEST(Engine, LateEventsGoIntoTheWindowThatStandsAndAreCounted) {
  const auto p = program();
  Engine engine(p, {.lateness = Duration::zero(), .plain_firings = false});
  std::vector<Firing> out;
  // At 20 there are 16, 17, 18 and 20. 19 comes late (21 waits, as others of its time may come):
  // the window that ends at 20 holds five then. 14 is older than that window: nothing becomes of
  // it.
  for (const std::int64_t second : {16, 17, 18, 20, 21, 19, 14, 22}) {
    feed(engine, *p, {second, static_cast<std::uint64_t>(second), false, 0, 1}, out);
    engine.advance(from_unix_seconds(second), out);
  }
  engine.flush(out);
  EXPECT_EQ(engine.counters().late, 2U);
  std::vector<std::pair<std::uint64_t, double>> counts;
  for (const Firing& f : out) {
    if (p->rule(f.rule).title == "count") counts.emplace_back(f.line, f.value);
  }
  const std::vector<std::pair<std::uint64_t, double>> expected = {
      {20, 4}, {19, 5}, {21, 6}, {22, 6}};
  EXPECT_EQ(counts, expected);
  const auto losses = engine.losses();
  ASSERT_FALSE(losses.empty());
  EXPECT_EQ(losses.front().losses.late_lost, 1U);
}

TEST(Engine, SaveAndLoadMidStreamChangesNothing) {
  SeededRandom random(11);
  const auto p = program();
  for (int round = 0; round < 30; ++round) {
    const std::vector<Event> events = random_events(random, 40);
    const EngineOptions options{.lateness = std::chrono::seconds(4), .plain_firings = true};
    Engine whole(p, options);
    Engine before(p, options);
    std::vector<Firing> expected;
    std::vector<Firing> got;
    const std::size_t cut = random.below(events.size());
    for (const Event& e : events) feed(whole, *p, e, expected);
    for (std::size_t i = 0; i < cut; ++i) feed(before, *p, events[i], got);
    const std::string bytes = before.save();
    Engine after(p, options);
    ASSERT_TRUE(after.load(bytes));
    EXPECT_TRUE(after.save() == bytes);
    for (std::size_t i = cut; i < events.size(); ++i) feed(after, *p, events[i], got);
    whole.flush(expected);
    after.flush(got);
    EXPECT_TRUE(got == expected) << round;
  }
}

TEST(Engine, RefusesStatesThatAreNotItsOwn) {
  const auto p = program();
  Engine engine(p);
  std::string bytes = engine.save();
  EXPECT_EQ(engine.load(bytes.substr(0, bytes.size() - 1)).error().code, Errc::corrupt);
  EXPECT_EQ(engine.load("x").error().code, Errc::corrupt);
  Engine other(p, {.hash_seed = 1});
  EXPECT_EQ(other.load(bytes).error().code, Errc::conflict);
  // An older format is told from damage: the caller begins anew.
  bytes[7] = '1';
  const auto older = engine.load(bytes);
  ASSERT_TRUE(older);
  EXPECT_TRUE(older->other_format);
}

TEST(Engine, EventCountCountsOperations) {
  const auto p = program();
  Engine engine(p, {.lateness = Duration::zero(), .plain_firings = false});
  std::vector<Firing> out;
  const Event e{10, 1, false, 0, 1};
  View view(*p, e);
  const std::vector<RuleIndex> matched = {RuleIndex(0)};
  engine.feed({.time = from_unix_seconds(10), .line = 1, .weight = 1'000'000, .subscription = "s"},
              matched, view, out);
  engine.flush(out);
  const auto at =
      std::ranges::find_if(out, [&](const Firing& f) { return p->rule(f.rule).title == "count"; });
  ASSERT_NE(at, out.end());
  EXPECT_EQ(at->value, 1'000'000);
  EXPECT_EQ(at->subscription, "s");
}

EventKey key_of(std::uint64_t line) {
  EventKey key{};
  key[0] = static_cast<std::uint8_t>(line);
  return key;
}

// Lines of the keys, as key_of() made them.
std::vector<int> lines_of(const KeyList& keys) {
  std::vector<int> out;
  for (const EventKey& key : keys.view()) out.push_back(key[0]);
  return out;
}

TEST(Engine, AFiringNamesItsOldestAndNewestEvents) {
  const auto p = program();
  Engine engine(p, {.lateness = Duration::zero(), .plain_firings = false});
  std::vector<Firing> out;
  for (std::uint64_t line = 1; line <= 20; ++line) {
    View view(*p, {10, line, false, 0, 1});
    const std::vector<RuleIndex> matched = {RuleIndex(0)};
    engine.feed({.time = from_unix_seconds(10 + static_cast<std::int64_t>(line) / 4),
                 .line = line,
                 .weight = 1,
                 .subscription = {},
                 .event_key = key_of(line)},
                matched, view, out);
  }
  engine.flush(out);
  const RuleIndex sum = *p->find("sum");
  const auto at =
      std::ranges::find_if(out, [&](const Firing& f) { return f.rule == sum && f.line == 6; });
  ASSERT_NE(at, out.end());
  EXPECT_EQ(at->events.total, 6U);
  // Named from a quarter of the threshold on.
  EXPECT_EQ(lines_of(at->events.first), (std::vector<int>{2, 3, 4, 5, 6}));
  EXPECT_TRUE(at->events.last.view().empty());
  const auto late =
      std::ranges::find_if(out, [&](const Firing& f) { return f.rule == sum && f.line == 9; });
  ASSERT_NE(late, out.end());
  EXPECT_EQ(late->events.total, 9U);
  EXPECT_EQ(lines_of(late->events.first), (std::vector<int>{2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_TRUE(late->events.last.view().empty());
}

TEST(Tracker, ExtendsWithinTheTimespanAndOpensAfterIt) {
  const auto p = program();
  SignalTracker tracker(p);
  const auto count = *p->find("count");
  const auto at = [&](std::int64_t second, double value) {
    return tracker.add({count,
                        {{"g", rules::ValueKind::string, "1"}},
                        from_unix_seconds(second),
                        from_unix_seconds(second),
                        value,
                        1,
                        "sub",
                        {}});
  };
  EXPECT_EQ(at(100, 4).change, SignalChange::opened);
  EXPECT_EQ(at(105, 9).change, SignalChange::extended);
  const auto last = at(110, 5);
  EXPECT_EQ(last.change, SignalChange::extended);
  EXPECT_EQ(last.signal->value_peak, 9);
  EXPECT_EQ(last.signal->firings, 3U);
  const std::string id = last.signal->id;
  SignalTracker again(p);
  ASSERT_TRUE(again.load(tracker.save()));
  EXPECT_TRUE(again.save() == tracker.save());
  EXPECT_EQ(at(116, 4).change, SignalChange::opened);
  EXPECT_NE(at(117, 4).signal->id, id);
  tracker.forget_before(from_unix_seconds(200));
  EXPECT_EQ(tracker.open(), 0U);
}

TEST(Tracker, ARuleSaysHowLongItIsQuiet) {
  const auto loaded = rules::compile_rules(
      {{"r.yml",
        "title: short\nlogsource: {product: p}\ndetection: {s: {k: a}, condition: s}\n"
        "proviso: {quiet: 10s}\n---\n"
        "title: usual\nlogsource: {product: p}\ndetection: {s: {k: a}, condition: s}\n"}});
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  auto tracker = std::make_unique<SignalTracker>(loaded.program);
  const auto at = [&](std::uint32_t rule, std::int64_t second) {
    const Time time = from_unix_seconds(second);
    return tracker->add({RuleIndex(rule), {}, time, time, 1, 1, "sub", {}}).change;
  };
  EXPECT_EQ(at(0, 100), SignalChange::opened);
  EXPECT_EQ(at(1, 100), SignalChange::opened);
  EXPECT_EQ(at(0, 110), SignalChange::extended) << "the end of the span is in";
  const std::string saved = tracker->save();
  tracker = std::make_unique<SignalTracker>(loaded.program);
  ASSERT_TRUE(tracker->load(saved));
  EXPECT_EQ(at(0, 120), SignalChange::extended)
      << "each firing begins it anew, after a restart too";
  EXPECT_EQ(at(0, 131), SignalChange::opened);
  EXPECT_EQ(at(1, 131), SignalChange::extended);
  tracker->forget_before(from_unix_seconds(142));
  EXPECT_EQ(tracker->open(), 1U);
}

}  // namespace
}  // namespace proviso::signals
