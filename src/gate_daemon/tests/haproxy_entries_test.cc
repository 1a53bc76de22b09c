// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_entries.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "gate_daemon/testing/served_world.h"

namespace proviso::gate_daemon {
namespace {

using gates::testing::restriction_of;
using gates::testing::World;
using model::ActionClass;
using model::Effect;
using model::EffectKind;
using model::Order;
using model::Outcome;
using model::ScopeLine;
using model::testing::sign_order;
using testing::ServedWorld;
using testing::with_effect;

void put(World& world, Order order) {
  order.restriction->closes_export =
      model::closes_export(*order.restriction, model::testing::sample_catalogue());
  world.put_in_force(sign_order(order, {"ada", "ben", "cleo"}), "2026-11-06T00:00:00Z");
}
Order order_for(const char* subscription, const char* service, char nonce, Effect effect) {
  return with_effect(restriction_of(subscription, service, nonce), effect);
}
MapEntries entries_of(const World& world, const ServedWorld& served) {
  const auto questions = HaproxyQuestions::from_snapshot(world.snapshot_text());
  if (!questions) return {{questions.error().message, MapSays::ask}};
  return questions->ask(*served.gate);
}
MapEntries entries_of(const World& world) { return entries_of(world, ServedWorld(world)); }

// What HAProxy's rules make of a map (docs/gate-haproxy.md): 'd'eny, 'a'sk, or '-' where it passes.
char looked_up(const MapEntries& entries, const gates::Request& request) {
  char out = '-';
  for (const std::string& key : {map_key(request.subscription, request.service, {}),
                                 map_key(request.subscription, request.service, request.region)}) {
    const auto at = std::ranges::find(entries, key, &MapEntry::key);
    if (at == entries.end()) continue;
    if (at->says == MapSays::deny) return 'd';
    out = 'a';
  }
  return out;
}

TEST(HaproxyKeyTest, IsEncodedAsUrlEncDoes) {
  EXPECT_EQ(map_key("sub-1", "storage", ""), "sub-1/storage");
  EXPECT_EQ(map_key("sub-1", "storage", "eu.west_1~"), "sub-1/storage@eu.west_1~");
  EXPECT_EQ(map_key("a/b", "c@d", "e f"), "a%2Fb/c%40d@e%20f");
  EXPECT_EQ(map_key("#\xc3\xa9;\n", "s", ""), "%23%C3%A9%3B%0A/s");
  EXPECT_EQ(map_key("heartbeat", "s", "").find('/'), 9U);
}

TEST(HaproxyEntriesTest, OnlyWhatIsRefusedWholeIsDenied) {
  World world;
  put(world, order_for("sub-1", "speech", '1', {EffectKind::deny, 0}));
  put(world, order_for("sub-2", "object-storage", '2', {EffectKind::read_only, 0}));
  put(world, order_for("sub-3", "speech", '3', {EffectKind::throttle, 5}));
  // Of a service without reads and exports, export-only leaves nothing.
  put(world, order_for("sub-4", "speech", '4', {EffectKind::export_only, 0}));
  const MapEntries want = {{"sub-1/speech", MapSays::deny},
                           {"sub-2/object-storage", MapSays::ask},
                           {"sub-3/speech", MapSays::ask},
                           {"sub-4/speech", MapSays::deny}};
  EXPECT_EQ(entries_of(world), want);
}

// To fill a map is no request: it must not stand in what the gate signs about refusals.
TEST(HaproxyEntriesTest, NobodyIsRefusedByIt) {
  World world;
  put(world, order_for("sub-1", "object-storage", '7', {EffectKind::deny, 0}));
  ServedWorld served(world);
  EXPECT_FALSE(entries_of(world, served).empty());
  EXPECT_EQ(served.recorded(), 0);
}

TEST(HaproxyEntriesTest, RegionsHaveKeysOfTheirOwn) {
  World world;
  Order order = order_for("sub-1", "speech", '1', {EffectKind::deny, 0});
  order.restriction->scope.front().regions = {"eu", "us"};
  put(world, order);
  Order narrow = order_for("sub-1", "speech", '2', {EffectKind::throttle, 5});
  narrow.restriction->scope.front().regions = {"asia", "eu"};
  put(world, narrow);
  const MapEntries want = {{"sub-1/speech@asia", MapSays::ask},
                           {"sub-1/speech@eu", MapSays::deny},
                           {"sub-1/speech@us", MapSays::deny}};
  EXPECT_EQ(entries_of(world), want);
}

TEST(HaproxyEntriesTest, NothingBeforeTheFirstStageAndNothingThatIsNotEnforced) {
  World world;
  put(world, order_for("sub-1", "speech", '1', {EffectKind::deny, 0}));
  Order later = restriction_of("sub-2", "speech", '2');
  later.restriction->stages = {{model::testing::at("2026-11-10T00:00:00Z"), {EffectKind::deny, 0}}};
  put(world, later);
  const MapEntries want = {{"sub-1/speech", MapSays::deny}};
  EXPECT_EQ(entries_of(world), want);
  EXPECT_EQ(entries_of(world, ServedWorld(world, true)), MapEntries{}) << "it only observes";
}

TEST(HaproxyEntriesTest, KnowsWhenAnswersMayChange) {
  World world;
  put(world, restriction_of("sub-1", "speech", '1'));
  const auto questions = HaproxyQuestions::from_snapshot(world.snapshot_text());
  ASSERT_TRUE(questions);
  EXPECT_TRUE(questions->known());
  EXPECT_FALSE(HaproxyQuestions().known());
  for (const char* time :
       {"2026-11-10T00:00:00Z", "2026-11-20T00:00:00Z", "2027-01-31T00:00:00Z"}) {
    const std::int64_t at = unix_seconds(model::testing::at(time));
    EXPECT_TRUE(questions->changes_in(at - 1, at)) << time;
    EXPECT_FALSE(questions->changes_in(at, at + 1)) << time;
    EXPECT_FALSE(questions->changes_in(at - 2, at - 1)) << time;
  }
}

TEST(HaproxyEntriesTest, WhatIsNoSnapshotIsRefused) {
  EXPECT_FALSE(HaproxyQuestions::from_snapshot("{}"));
}

// Against the gate itself, request by request: a map must never refuse what the gate lets through
// (I4), nor let through what the gate refuses or limits.
struct Shape {
  std::vector<std::string> regions;
  std::vector<ActionClass> classes;
  std::vector<std::string> resources;
  Effect effect;
};

const std::string kOne = sha256("one").hex();
const std::string kTwo = sha256("two").hex();

std::vector<Shape> all_shapes() {
  std::vector<Shape> out;
  using Texts = std::vector<std::string>;
  using Classes = std::vector<ActionClass>;
  for (const Texts& regions : {Texts{}, Texts{"eu"}, Texts{"eu", "us"}}) {
    for (const Classes& classes :
         {Classes{}, Classes{ActionClass::read}, Classes{ActionClass::write, ActionClass::other}}) {
      for (const Texts& resources : {Texts{}, Texts{kOne}}) {
        for (const Effect effect :
             {Effect{EffectKind::throttle, 5}, Effect{EffectKind::read_only, 0},
              Effect{EffectKind::export_only, 0}, Effect{EffectKind::deny, 0}}) {
          out.push_back({regions, classes, resources, effect});
        }
      }
    }
  }
  return out;
}

Order order_of(const Shape& shape, char nonce) {
  Order order = order_for("sub-1", "object-storage", nonce, shape.effect);
  ScopeLine& line = order.restriction->scope.front();
  line.regions = shape.regions;
  line.classes = shape.classes;
  line.resources = shape.resources;
  return order;
}

std::vector<gates::Request> all_requests() {
  std::vector<gates::Request> out;
  for (const char* subscription : {"sub-1", "sub-9"}) {
    for (const char* operation : {"GetObject", "PutObject", "ExportBucket", "Unheard"}) {
      for (const char* region : {"", "eu", "us", "asia"}) {
        for (const std::string_view resource :
             {std::string_view(), std::string_view(kOne), std::string_view(kTwo)}) {
          out.push_back({subscription, "object-storage", operation, region, resource});
        }
      }
    }
  }
  return out;
}

// Where every request of a region is refused, the map says so and nobody has to be asked.
bool all_refused(const ServedWorld& served, std::string_view region) {
  return std::ranges::all_of(all_requests(), [&](gates::Request request) {
    if (request.subscription != "sub-1" || request.region != region) return true;
    return served.gate->check(request).refused();
  });
}

void expect_same(const World& world) {
  const ServedWorld served(world);
  ASSERT_EQ(served.problem, "");
  const MapEntries entries = entries_of(world, served);
  for (const gates::Request& request : all_requests()) {
    const char said = looked_up(entries, request);
    const gates::Answer truth = served.gate->check(request);
    if (said == 'd') {
      EXPECT_TRUE(truth.refused());
    }
    if (said == '-') {
      EXPECT_EQ(truth.outcome, Outcome::yes);
    }
    if (request.subscription == "sub-9") {
      EXPECT_EQ(said, '-');
    } else if (all_refused(served, request.region)) {
      EXPECT_EQ(said, 'd') << request.region;
    }
  }
}

TEST(HaproxyEntriesTest, OneLineAgainstTheGate) {
  for (const Shape& shape : all_shapes()) {
    World world;
    put(world, order_of(shape, '1'));
    expect_same(world);
  }
}

TEST(HaproxyEntriesTest, TwoOverlappingLinesAgainstTheGate) {
  const auto shapes = all_shapes();
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (std::size_t j = i % 5; j < shapes.size(); j += 5) {
      World world;
      put(world, order_of(shapes[i], '1'));
      put(world, order_of(shapes[j], '2'));
      expect_same(world);
      if (HasFailure()) return;
    }
  }
}

}  // namespace
}  // namespace proviso::gate_daemon
