// SPDX-License-Identifier: Apache-2.0
// What survives: a changed rulebook, the end of a run that was not the end of the stream.
#include <gtest/gtest.h>

#include "signals/signal.h"
#include "signals/tests/twin_kit.h"

namespace proviso::signals::twin {
namespace {

std::shared_ptr<const rules::Program> rulebook(const std::string& counting) {
  const auto loaded = rules::compile_rules({{"r.yml", std::string(kPlainRules) + counting}});
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  return loaded.program;
}

std::string counts(const std::string& title, const std::string& rule, const std::string& timespan,
                   int limit) {
  return "---\ntitle: " + title + "\ncorrelation: {type: event_count, rules: [" + rule +
         "], group-by: [g], timespan: " + timespan + ", condition: {gte: " + std::to_string(limit) +
         "}}\n";
}

Event plain_event(double seconds, std::uint64_t line, int kind = 0) {
  Event e = make_event(seconds, line, {kind});
  e.fields["g"] = {"1", std::nullopt};
  return e;
}

constexpr EngineOptions kOptions{.lateness = std::chrono::seconds(2), .plain_firings = false};

std::vector<std::string> titles(const rules::Program& p, const std::vector<Firing>& firings) {
  std::vector<std::string> out;
  for (const Firing& f : firings) out.push_back(p.rule(f.rule).title);
  return out;
}

TEST(State, AChangedRulebookKeepsCountersOfTheSameDefinition) {
  const auto before = rulebook(counts("x", "a", "20s", 5) + counts("y", "b", "20s", 5));
  Engine old(before, kOptions);
  std::vector<Firing> firings;
  for (std::uint64_t i = 1; i <= 4; ++i) {
    feed(old, *before, plain_event(static_cast<double>(i), i), SourceId{}, firings);
    feed(old, *before, plain_event(static_cast<double>(i), i + 10, 1), SourceId{}, firings);
  }
  ASSERT_TRUE(firings.empty());
  // Another title and threshold: the same counter. Another timespan: another one.
  const auto after = rulebook(counts("z", "a", "20s", 4) + counts("y", "b", "21s", 4));
  Engine fresh(after, kOptions);
  const auto loaded = fresh.load(old.save());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->counters_dropped, 1U);
  EXPECT_EQ(loaded->events_dropped, 0U);
  fresh.flush(firings);
  EXPECT_EQ(titles(*after, firings), (std::vector<std::string>{"z"}));
}

// What an ordered correlation keeps is no part of what an unordered one over the same rules keeps.
TEST(State, AnOrderedCorrelationBesideAnUnorderedOneHasACounterOfItsOwn) {
  const auto together = [](const std::string& type) {
    return "---\ntitle: " + type + "\ncorrelation: {type: " + type +
           ", rules: [a, b], group-by: [g], timespan: 20s}\n";
  };
  const auto before = rulebook(together("temporal"));
  Engine old(before, kOptions);
  std::vector<Firing> firings;
  feed(old, *before, plain_event(1, 1), SourceId{}, firings);
  const auto after = rulebook(together("temporal") + together("temporal_ordered"));
  Engine fresh(after, kOptions);
  const auto loaded = fresh.load(old.save());
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->counters_dropped, 0U);
  feed(fresh, *after, plain_event(3, 3, 1), SourceId{}, firings);
  fresh.advance(at(10), firings);
  EXPECT_EQ(titles(*after, firings), (std::vector<std::string>{"temporal"})) << "it begins anew";
  firings.clear();
  feed(fresh, *after, plain_event(11, 11), SourceId{}, firings);
  feed(fresh, *after, plain_event(12, 12, 1), SourceId{}, firings);
  fresh.flush(firings);
  EXPECT_EQ(titles(*after, firings),
            (std::vector<std::string>{"temporal", "temporal", "temporal_ordered"}));
}

TEST(State, WaitingEventsOfRulesThatAreGoneAreCounted) {
  const auto before = rulebook(counts("x", "a", "20s", 5));
  Engine old(before, kOptions);
  std::vector<Firing> firings;
  feed(old, *before, plain_event(1, 1), SourceId{}, firings);
  const auto loaded_rules = rules::compile_rules(
      {{"r.yml", "title: q\nlogsource: {product: p}\ndetection: {s: {k: q}, condition: s}\n"}});
  ASSERT_TRUE(loaded_rules.program);
  Engine fresh(loaded_rules.program, kOptions);
  const auto loaded = fresh.load(old.save());
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->counters_dropped, 1U);
  EXPECT_EQ(loaded->events_dropped, 1U);
}

// One run judges its last events provisionally; the next brings events among them. Together they
// give the signals that one run would, under the ids that were given first.
TEST(State, TwoRunsWithinTheBoundAreOne) {
  const auto p = rulebook(counts("x", "a", "20s", 4));
  std::vector<Firing> firings;
  Engine first(p, kOptions);
  SignalTracker tracker(p);
  for (const double s : {5.0, 6.0, 6.5, 7.0}) {
    feed(first, *p, plain_event(s, static_cast<std::uint64_t>(s * 10)), SourceId{}, firings);
  }
  first.advance(at(7), firings);
  ASSERT_TRUE(firings.empty());
  const std::string windows = first.save();
  tracker.begin_provisional();
  first.flush(firings);
  ASSERT_EQ(firings.size(), 1U);
  const auto opened = tracker.add(firings.front());
  EXPECT_EQ(opened.change, SignalChange::opened);
  const std::string id = opened.signal->id;
  const std::string open = tracker.save();

  Engine second(p, kOptions);
  SignalTracker again(p);
  ASSERT_TRUE(second.load(windows));
  ASSERT_TRUE(again.load(open));
  EXPECT_EQ(again.open(), 0U);
  firings.clear();
  for (const double s : {5.5, 9.5}) {
    feed(second, *p, plain_event(s, static_cast<std::uint64_t>(s * 10)), SourceId{}, firings);
  }
  second.flush(firings);
  EXPECT_EQ(second.counters().late, 0U);
  ASSERT_EQ(firings.size(), 3U);  // at 6.5, 7 and 9.5
  EXPECT_EQ(firings.front().to, at(6.5));
  const auto same = again.add(firings.front());
  EXPECT_EQ(same.change, SignalChange::extended);
  EXPECT_EQ(same.signal->id, id);
  EXPECT_EQ(same.signal->firings, 1U);
  EXPECT_EQ(again.add(firings[1]).signal->id, id);
}

TEST(State, ALateSourceHoldsTheOthersBackAndAClosedOneDoesNot) {
  Sources sources(Duration::max());
  const std::vector<std::string> names = {"one", "two"};
  const auto ids = sources.open_only(names, std::chrono::seconds(5));
  sources.note(ids[0], at(100));
  EXPECT_EQ(sources.settled(), Time::min());
  sources.note(ids[1], at(50));
  EXPECT_EQ(sources.settled(), at(45));
  sources.note(ids[1], at(70));
  EXPECT_EQ(sources.settled(), at(65));
  sources.close(ids[1]);
  EXPECT_EQ(sources.settled(), at(95));
  // Opened again, it goes on where it was; what was settled stays so.
  const auto later = sources.open_only(names, std::chrono::seconds(5));
  EXPECT_EQ(sources.settled(), at(95));
  sources.note(later[1], at(200));
  sources.note(later[0], at(150));
  EXPECT_EQ(sources.settled(), at(145));
}

}  // namespace
}  // namespace proviso::signals::twin
