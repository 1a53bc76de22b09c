// SPDX-License-Identifier: Apache-2.0
// Windows and counters that are full: what they answer may come late or not at all, but whatever
// fires, the twin that keeps everything fires too.
#include <set>

#include <gtest/gtest.h>

#include "signals/tests/twin_kit.h"

namespace proviso::signals::twin {
namespace {

using Where = std::tuple<std::string, std::uint64_t, std::string>;  // rule, line, group

std::set<Where> places(const std::vector<Fired>& fired) {
  std::set<Where> out;
  for (const Fired& f : fired) out.emplace(f.rule, f.line, f.group);
  return out;
}

// Many events a second; amounts from below zero to 40; 40 texts.
std::vector<Event> crowd(SeededRandom& random, std::size_t count, std::uint64_t groups) {
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    const double seconds = static_cast<double>(i) / 10 + static_cast<double>(random.below(10)) / 9;
    Event e = make_event(seconds, i + 1, {static_cast<int>(random.below(3))});
    e.fields["g"] = {std::to_string(random.below(groups)), std::nullopt};
    e.fields["h"] = {std::to_string(random.below(groups)), std::nullopt};
    // Quiet now and then, so that low figures are met as well.
    const bool quiet = (i / 150) % 2 == 1;
    e.fields["t"] = {std::to_string(random.below(quiet ? 2 : 40)), std::nullopt};
    set_number(e, "v", quiet ? 0.5 : (static_cast<double>(random.below(92)) - 12) / 2);
    if (!quiet || random.below(8) == 0) events.push_back(e);
  }
  return events;
}

struct Outcome {
  std::size_t fired = 0;
  std::size_t missed = 0;
  std::uint64_t unsure = 0;
  std::uint64_t evicted = 0;
};

Outcome expect_no_more_than_the_twin(const std::vector<Event>& events,
                                     const EngineOptions& options) {
  const auto p = program();
  Engine engine(p, options);
  std::vector<Firing> firings;
  for (const Event& e : events) feed(engine, *p, e, SourceId{}, firings);
  engine.flush(firings);
  const std::set<Where> got = places(as_fired(*p, firings));
  const std::set<Where> all = places(Twin(*p).run(events));
  std::size_t wrong = 0;
  for (const Where& where : got) {
    if (all.contains(where)) continue;
    if (++wrong > 5) break;
    ADD_FAILURE() << std::get<0>(where) << " fired at " << std::get<1>(where) << ", the twin not";
  }
  return {got.size(), all.size() - got.size(), engine.counters().unsure, engine.counters().evicted};
}

TEST(FullWindow, NeverFiresWhereTheTwinDoesNot) {
  SeededRandom random(81);
  Outcome sum;
  for (int round = 0; round < 6; ++round) {
    const Outcome one =
        expect_no_more_than_the_twin(crowd(random, 900, 2), {.lateness = Duration::max(),
                                                             .window_hits_max = 16,
                                                             .window_values_max = 8,
                                                             .plain_firings = false});
    sum.fired += one.fired;
    sum.missed += one.missed;
    sum.unsure += one.unsure;
  }
  EXPECT_GT(sum.unsure, 0U);
  EXPECT_GT(sum.fired, sum.missed * 3);
}

TEST(FullCounter, NeverFiresWhereTheTwinDoesNot) {
  SeededRandom random(82);
  Outcome sum;
  for (int round = 0; round < 6; ++round) {
    const Outcome one = expect_no_more_than_the_twin(
        crowd(random, 600, 12),
        {.lateness = Duration::max(), .groups_max = 8, .plain_firings = false});
    sum.fired += one.fired;
    sum.evicted += one.evicted;
    sum.unsure += one.unsure;
  }
  EXPECT_GT(sum.evicted, 100U);
  EXPECT_GT(sum.unsure, 0U);
  EXPECT_GT(sum.fired, 1'000U);
}

// A field with ever new values: the counter stays within its limits, and says what went.
TEST(FullCounter, GroupsWithoutEndStayBounded) {
  const auto p = program();
  Engine engine(p, {.lateness = Duration::zero(), .groups_max = 1'000, .plain_firings = false});
  std::vector<Firing> firings;
  for (std::uint64_t i = 0; i < 50'000; ++i) {
    Event e = make_event(static_cast<double>(i) / 1e5, i, {0});
    e.fields["g"] = {"group " + std::to_string(i), std::nullopt};
    e.fields["h"] = {"other " + std::to_string(i), std::nullopt};
    feed(engine, *p, e, SourceId{}, firings);
    firings.clear();
  }
  std::size_t counters = 0;
  for (const RuleLosses& one : engine.losses()) {
    if (one.losses.groups_evicted > 40'000) ++counters;
  }
  EXPECT_GT(counters, 5U);
  EXPECT_LE(engine.windows(), 1'000U * 20);
  EXPECT_GT(engine.counters().evicted, 40'000U);
}

// Of all times that there are, the first and the last included: no sum of times runs over.
TEST(FullCounter, TimesAtBothEndsAreTimes) {
  const auto p = program();
  for (const Duration lateness : {Duration::zero(), Duration::max()}) {
    Engine engine(p, {.lateness = lateness, .plain_firings = false});
    std::vector<Firing> firings;
    std::uint64_t line = 0;
    for (const Time time :
         {Time::min(), Time::min() + Duration(1), Time{}, Time::max() - Duration(1), Time::max()}) {
      for (int i = 0; i < 100; ++i) {
        Event e = make_event(0, ++line, {0});
        e.place.time = time;
        feed(engine, *p, e, SourceId{}, firings);
      }
    }
    engine.flush(firings);
    EXPECT_FALSE(firings.empty());
    for (const Firing& f : firings) EXPECT_LE(f.from, f.to);
    EXPECT_EQ(engine.counters().late, 0U);
  }
}

}  // namespace
}  // namespace proviso::signals::twin
