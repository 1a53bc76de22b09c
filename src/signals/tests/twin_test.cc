// SPDX-License-Identifier: Apache-2.0
// The engine against the twin that counts each window anew: all types, comparisons and ranges, on
// all small inputs and on random ones, shuffled within the bounds on lateness, and saved and loaded
// at random places.
#include <gtest/gtest.h>

#include "signals/tests/twin_kit.h"

namespace proviso::signals::twin {
namespace {

std::vector<Firing> run(const std::shared_ptr<const rules::Program>& p,
                        const std::vector<Event>& events, Duration lateness) {
  Engine engine(p, {.lateness = lateness, .plain_firings = false});
  std::vector<Firing> out;
  for (const Event& e : events) feed(engine, *p, e, SourceId{}, out);
  engine.flush(out);
  EXPECT_EQ(engine.counters().late, 0U);
  EXPECT_TRUE(engine.losses().empty());
  return out;
}

void expect_same(const std::vector<Fired>& got, const std::vector<Fired>& expected,
                 const std::string& where) {
  ASSERT_EQ(got.size(), expected.size()) << where;
  for (std::size_t i = 0; i < got.size(); ++i) {
    const Fired& a = got[i];
    const Fired& b = expected[i];
    EXPECT_EQ(a.rule, b.rule) << where;
    EXPECT_EQ(a.line, b.line) << where << " " << b.rule;
    EXPECT_EQ(a.group, b.group) << where << " " << b.rule;
    EXPECT_EQ(a.from, b.from) << where << " " << b.rule;
    EXPECT_EQ(a.to, b.to) << where << " " << b.rule;
    EXPECT_DOUBLE_EQ(a.value, b.value) << where << " " << b.rule;
    EXPECT_EQ(a.events, b.events) << where << " " << b.rule;
  }
}

// Every sequence of up to four events out of nine, at four distances in time.
TEST(Twin, AgreesOnAllSmallInputs) {
  const auto p = program();
  std::vector<Event> kinds;
  for (int kind = 0; kind < 3; ++kind) {
    for (int value = 1; value < 4; ++value) {
      Event e = make_event(0, 0, {kind});
      e.fields["g"] = {"1", std::nullopt};
      e.fields["h"] = {value == 2 ? "1" : "2", std::nullopt};
      e.fields["t"] = {std::to_string(value), std::nullopt};
      set_number(e, "v", value == 3 ? -1 : value);
      kinds.push_back(e);
    }
  }
  const std::vector<double> gaps = {0, 1, 5, 5.25};
  std::size_t sequences = 0;
  for (std::size_t length = 1; length <= 3; ++length) {
    std::size_t count = 1;
    for (std::size_t i = 0; i < length; ++i) count *= kinds.size() * gaps.size();
    for (std::size_t code = 0; code < count; ++code) {
      std::vector<Event> events;
      double seconds = 0;
      for (std::size_t rest = code, i = 0; i < length; ++i) {
        seconds += gaps[rest % gaps.size()];
        rest /= gaps.size();
        Event e = kinds[rest % kinds.size()];
        rest /= kinds.size();
        e.place = {at(seconds), i + 1};
        events.push_back(e);
      }
      // The third event of each sequence costs much: a part of them is enough.
      if (length == 3 && code % 7 != 0) continue;
      ++sequences;
      const auto got = as_fired(*p, run(p, events, Duration::zero()));
      expect_same(got, Twin(*p).run(events), std::to_string(code));
      if (::testing::Test::HasFailure()) return;
    }
  }
  EXPECT_GT(sequences, 7'000U);
}

TEST(Twin, AgreesInAnyOrderWithinTheBound) {
  const auto p = program();
  SeededRandom random(71);
  for (int round = 0; round < 120; ++round) {
    std::vector<Event> events = random_events(random, 1 + random.below(60));
    const auto expected = Twin(*p).run(events);
    const auto all = run(p, events, Duration::max());
    expect_same(as_fired(*p, all), expected, std::to_string(round));
    shuffle(events, random);
    EXPECT_TRUE(run(p, events, std::chrono::seconds(31)) == all) << round;
    jumble(events, std::chrono::seconds(3), random);
    EXPECT_TRUE(run(p, events, std::chrono::seconds(3)) == all) << round;
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Twin, AgreesOnLargeInputs) {
  const auto p = program();
  SeededRandom random(72);
  for (int round = 0; round < 3; ++round) {
    std::vector<Event> events = random_events(random, 800);
    const auto expected = Twin(*p).run(events);
    expect_same(as_fired(*p, run(p, events, Duration::max())), expected, std::to_string(round));
  }
}

// Two sources that come one after the other, each jumbled within its own bound.
TEST(Twin, EachSourceHasItsOwnBound) {
  const auto p = program();
  SeededRandom random(73);
  for (int round = 0; round < 60; ++round) {
    std::vector<Event> events = random_events(random, 60);
    const auto expected = Twin(*p).run(events);
    std::vector<Event> near(events.begin(), events.begin() + 30);
    std::vector<Event> far(events.begin() + 30, events.end());
    jumble(near, std::chrono::seconds(1), random);
    jumble(far, std::chrono::seconds(9), random);
    Engine engine(p, {.plain_firings = false});
    const SourceId one = engine.open_source("near", std::chrono::seconds(1));
    const SourceId two = engine.open_source("far", std::chrono::seconds(9));
    std::vector<Firing> out;
    for (const Event& e : near) feed(engine, *p, e, one, out);
    EXPECT_TRUE(out.empty());  // nobody knows yet where the other begins
    engine.close_source(one, out);
    for (const Event& e : far) feed(engine, *p, e, two, out);
    engine.close_source(two, out);
    engine.flush(out);
    EXPECT_EQ(engine.counters().late, 0U);
    expect_same(as_fired(*p, out), expected, std::to_string(round));
    if (::testing::Test::HasFailure()) return;
  }
}

// Saved whole or as changes at random places, loaded into a new engine each time.
TEST(Twin, SaveAndLoadAnywhereChangesNothing) {
  const auto p = program();
  SeededRandom random(74);
  const EngineOptions options{.lateness = std::chrono::seconds(4), .hash_seed = 5};
  for (int round = 0; round < 60; ++round) {
    std::vector<Event> events = random_events(random, 60);
    jumble(events, std::chrono::seconds(4), random);
    Engine whole(p, options);
    std::vector<Firing> expected;
    for (const Event& e : events) feed(whole, *p, e, SourceId{}, expected);
    auto engine = std::make_unique<Engine>(p, options);
    std::vector<Firing> got;
    std::vector<std::string> parts;
    for (const Event& e : events) {
      feed(*engine, *p, e, SourceId{}, got);
      if (random.below(6) > 0) continue;
      if (random.below(3) == 0) parts.clear();
      parts.push_back(parts.empty() ? engine->save() : engine->save_changes());
      if (random.below(2) == 0) continue;
      const std::string before = engine->save();
      engine = std::make_unique<Engine>(p, options);
      const auto loaded = engine->load(parts);
      ASSERT_TRUE(loaded) << loaded.error().message;
      EXPECT_TRUE(engine->save() == before) << round;
      parts = {before};
    }
    EXPECT_TRUE(engine->save() == whole.save()) << round;
    engine->flush(got);
    whole.flush(expected);
    EXPECT_TRUE(got == expected) << round;
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace proviso::signals::twin
