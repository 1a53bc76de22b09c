// SPDX-License-Identifier: Apache-2.0
// The gate against a slow twin, written straight from the design's section 4, on every combination
// of small scope lines, effects and requests: one line alone, and any two that overlap.
#include <algorithm>

#include <gtest/gtest.h>

#include "gates/gate.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::ActionClass;
using model::Effect;
using model::EffectKind;
using model::Order;
using model::ScopeLine;
using testing::at;
using testing::World;

const Time kNow = at("2026-11-12T00:00:00Z");
const std::vector<Effect> kEffects = {{EffectKind::throttle, 5},
                                      {EffectKind::throttle, 9},
                                      {EffectKind::read_only, 0},
                                      {EffectKind::export_only, 0},
                                      {EffectKind::deny, 0}};

// {}, {a}, {b}, {a, b}
template <class T>
std::vector<std::vector<T>> subsets(const T& a, const T& b) {
  return {{}, {a}, {b}, {a, b}};
}

struct Shape {
  std::vector<std::string> regions;
  std::vector<ActionClass> classes;
  std::vector<std::string> resources;
};

const std::string kOne = sha256("one").hex();
const std::string kTwo = sha256("two").hex();

std::vector<Shape> all_shapes() {
  std::vector<Shape> out;
  for (const auto& regions : subsets<std::string>("eu", "us")) {
    for (const auto& classes : subsets(ActionClass::read, ActionClass::export_data)) {
      for (const auto& resources : subsets(kOne, kTwo))
        out.push_back({regions, classes, resources});
    }
  }
  return out;
}

struct Asked {
  std::string region;
  std::string operation;
  ActionClass action_class;
  std::string resource;
};

std::vector<Asked> all_requests() {
  std::vector<Asked> out;
  for (const std::string region : {"", "eu", "us", "ap"}) {
    for (const auto& [operation, c] : std::vector<std::pair<std::string, ActionClass>>{
             {"GetObject", ActionClass::read},
             {"PutObject", ActionClass::write},
             {"ExportBucket", ActionClass::export_data},
             {"Unheard", ActionClass::other}}) {
      for (const std::string& resource : {std::string(), kOne, kTwo}) {
        out.push_back({region, operation, c, resource});
      }
    }
  }
  return out;
}

struct Ruled {
  Shape shape;
  Effect effect;
};

struct Expected {
  std::string effect = "allow";
  char outcome = 'y';
  std::uint32_t rate = 0;
  bool operator==(const Expected&) const = default;
};

// read write compute admin export other
char allowed(const Effect& effect, ActionClass c) {
  const std::string_view row = effect.kind == EffectKind::throttle      ? "llllyl"
                               : effect.kind == EffectKind::read_only   ? "ynnnyn"
                               : effect.kind == EffectKind::export_only ? "nnnnyn"
                                                                        : "nnnnnn";
  return row[static_cast<std::size_t>(c)];
}

bool applies(const Shape& shape, const Asked& asked) {
  const auto in = [](const auto& list, const auto& value) {
    return list.empty() || std::count(list.begin(), list.end(), value) > 0;
  };
  return in(shape.regions, asked.region) && in(shape.classes, asked.action_class) &&
         in(shape.resources, asked.resource);
}

Expected twin(const std::vector<Ruled>& lines, const Asked& asked) {
  const auto rank = [](const Effect& e) {
    // deny, export-only, read-only, throttles from the lowest rate up.
    return e.kind == EffectKind::throttle ? 1'000'000U - e.rate_per_second
                                          : 2'000'000U + static_cast<unsigned>(e.kind);
  };
  Expected out;
  unsigned strictest = 0;
  for (const Ruled& line : lines) {
    if (!applies(line.shape, asked)) continue;
    const char verdict = allowed(line.effect, asked.action_class);
    if (verdict == 'n' || (verdict == 'l' && out.outcome == 'y')) out.outcome = verdict;
    if (verdict == 'l' && (out.rate == 0 || line.effect.rate_per_second < out.rate)) {
      out.rate = line.effect.rate_per_second;
    }
    if (rank(line.effect) <= strictest) continue;
    strictest = rank(line.effect);
    out.effect = to_string(line.effect);
  }
  return out;
}

Expected told(const Verdict& v) {
  const char outcome = v.outcome == model::Outcome::yes  ? 'y'
                       : v.outcome == model::Outcome::no ? 'n'
                                                         : 'l';
  return {to_string(v.effect), outcome, v.rate_per_second};
}

ScopeLine line_of(const std::string& subscription, const Shape& shape) {
  return {model::SubscriptionId(subscription), model::ServiceId("object-storage"), shape.regions,
          shape.classes, shape.resources};
}

void put_in_force(World& world, std::vector<ScopeLine> scope, const Effect& effect, char nonce) {
  Order order = testing::restriction_of("unused", "unused", nonce);
  order.restriction->scope = std::move(scope);
  order.restriction->stages = {{at("2026-11-10T00:00:00Z"), effect}};
  order.restriction->closes_export =
      closes_export(*order.restriction, model::testing::sample_catalogue());
  world.put_in_force(model::testing::sign_order(order, {"ada", "ben", "cleo"}),
                     "2026-11-06T00:00:00Z");
}

Request request_of(const std::string& subscription, const Asked& asked) {
  return {subscription, "object-storage", asked.operation, asked.region, asked.resource};
}

TEST(Matching, OneLineAgreesWithTheTwinEverywhere) {
  const auto shapes = all_shapes();
  const auto requests = all_requests();
  for (const Effect& effect : kEffects) {
    std::vector<ScopeLine> scope;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      scope.push_back(line_of("sub-" + std::to_string(i), shapes[i]));
    }
    World world;
    put_in_force(world, scope, effect, '7');
    const auto gate = Gate::load(world.snapshot_text(), world.trust());
    ASSERT_TRUE(gate) << gate.error().message;
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      for (const Asked& asked : requests) {
        const std::string subscription = scope[i].subscription.value;
        const Verdict v = gate->check(request_of(subscription, asked), kNow);
        ASSERT_EQ(told(v), twin({{shapes[i], effect}}, asked))
            << to_string(effect) << " line " << i << " " << asked.operation << "@" << asked.region;
      }
    }
  }
}

// For every pair of lines a subscription of its own, with one line in each of two orders.
void check_pairs(const std::vector<Shape>& shapes, const Effect& first, const Effect& second) {
  std::vector<ScopeLine> a;
  std::vector<ScopeLine> b;
  for (std::size_t i = 0; i < shapes.size(); ++i) {
    for (std::size_t j = 0; j < shapes.size(); ++j) {
      const std::string subscription = std::to_string(i) + "-" + std::to_string(j);
      a.push_back(line_of(subscription, shapes[i]));
      b.push_back(line_of(subscription, shapes[j]));
    }
  }
  World world;
  put_in_force(world, a, first, '7');
  put_in_force(world, b, second, '8');
  const auto gate = Gate::load(world.snapshot_text(), world.trust());
  ASSERT_TRUE(gate) << gate.error().message;
  const auto requests = all_requests();
  for (std::size_t k = 0; k < a.size(); ++k) {
    const std::vector<Ruled> lines = {{shapes[k / shapes.size()], first},
                                      {shapes[k % shapes.size()], second}};
    for (const Asked& asked : requests) {
      const Verdict v = gate->check(request_of(a[k].subscription.value, asked), kNow);
      ASSERT_EQ(told(v), twin(lines, asked))
          << to_string(first) << " and " << to_string(second) << " pair " << k;
    }
  }
}

TEST(Matching, TwoOverlappingLinesAgreeWithTheTwinEverywhere) {
  std::vector<Shape> shapes;
  for (const Shape& shape : all_shapes()) {
    // {}, {eu}, {eu, us} and so on: the second item alone brings nothing that the first does not.
    const bool alone = (!shape.regions.empty() && shape.regions.front() == "us") ||
                       (!shape.resources.empty() && shape.resources.front() == kTwo);
    if (!alone && shape.resources.size() < 2) shapes.push_back(shape);
  }
  for (const Effect& first : kEffects) {
    for (const Effect& second : kEffects) check_pairs(shapes, first, second);
  }
}

}  // namespace
}  // namespace proviso::gates
