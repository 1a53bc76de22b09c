// SPDX-License-Identifier: Apache-2.0
// How an order may begin: what of it is valid, and what each gate makes of it.
#include "model/rollout.h"

#include <fstream>
#include <functional>
#include <sstream>

#include <gtest/gtest.h>

#include "model/governance.h"
#include "model/order_words.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::at;
using testing::sample_genesis;
using testing::sample_restriction;
using testing::sign_order;

// sample_restriction(): read-only from 10 November, export-only from the 20th, over on 31 January;
// proposed on the 5th.
Rollout sample_rollout() {
  return {.first = {{{"north.example"}, at("2026-11-12T00:00:00Z")},
                    {{"east.example", "west.example"}, at("2026-11-14T00:00:00Z")}},
          .everywhere_from = at("2026-11-22T00:00:00Z")};
}

Order with_rollout(const Rollout& rollout = sample_rollout()) {
  Order order = sample_restriction();
  order.restriction->rollout = rollout;
  return order;
}

std::string refusal(const Order& order) {
  const auto back = parse_order(canonical_order(order));
  return back ? "accepted" : back.error().message;
}

std::string refusal(const std::function<void(Rollout&)>& change) {
  Rollout rollout = sample_rollout();
  change(rollout);
  return refusal(with_rollout(rollout));
}

#define EXPECT_SAYS(text, part)                              \
  do {                                                       \
    const std::string said_ = (text);                        \
    EXPECT_NE(said_.find(part), std::string::npos) << said_; \
  } while (false)

TEST(Rollout, IsPartOfTheSignedText) {
  const Order order = with_rollout();
  const std::string text = canonical_order(order);
  const auto back = parse_order(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(canonical_order(*back), text);
  EXPECT_NE(order_digest(order), order_digest(sample_restriction()));
  EXPECT_EQ(back->restriction->rollout->first.size(), 2U);
}

TEST(Rollout, ByNameAndForAllOthers) {
  const Rollout rollout = sample_rollout();
  EXPECT_EQ(rollout.enforced_from("north.example"), at("2026-11-12T00:00:00Z"));
  EXPECT_EQ(rollout.enforced_from("west.example"), at("2026-11-14T00:00:00Z"));
  EXPECT_EQ(rollout.enforced_from("south.example"), at("2026-11-22T00:00:00Z"));
  EXPECT_EQ(rollout.enforced_from("north"), at("2026-11-22T00:00:00Z"));
  EXPECT_EQ(rollout.enforced_from(""), at("2026-11-22T00:00:00Z")) << "a gate without a name";
  EXPECT_EQ(rollout.begins(), at("2026-11-12T00:00:00Z"));
  EXPECT_EQ(Rollout({}, at("2026-11-22T00:00:00Z")).begins(), at("2026-11-22T00:00:00Z"));
}

TEST(Rollout, HasLimits) {
  EXPECT_EQ(refusal([](Rollout&) {}), "accepted");
  EXPECT_EQ(refusal([](Rollout& r) { r.first.clear(); }), "accepted") << "shadow alone";
  // 14 days after the first stage, and not a second more.
  EXPECT_EQ(refusal([](Rollout& r) { r.everywhere_from = at("2026-11-24T00:00:00Z"); }),
            "accepted");
  EXPECT_SAYS(refusal([](Rollout& r) { r.everywhere_from = at("2026-11-24T00:00:01Z"); }),
              "rollout.everywhere_from: must be within 14 days");
  EXPECT_SAYS(refusal([](Rollout& r) { r.everywhere_from = at("2200-01-01T00:00:00Z"); }),
              "within 14 days");
  EXPECT_SAYS(refusal([](Rollout& r) { r.everywhere_from = r.first.back().from; }),
              "rollout.everywhere_from: must be after");
  EXPECT_SAYS(refusal([](Rollout& r) {
                r.first.clear();
                r.everywhere_from = at("2026-11-10T00:00:00Z");
              }),
              "rollout.everywhere_from: must be after the order's first stage");
  EXPECT_EQ(refusal([](Rollout& r) { r.first[0].from = at("2026-11-10T00:00:00Z"); }), "accepted")
      << "gate by gate, without a shadow";
  EXPECT_SAYS(refusal([](Rollout& r) { r.first[0].from = at("2026-11-09T23:59:59Z"); }),
              "rollout.first: begins before the order's first stage");
  EXPECT_SAYS(refusal([](Rollout& r) { r.first[1].from = r.first[0].from; }),
              "rollout.first: steps must rise in time");
  EXPECT_SAYS(refusal([](Rollout& r) {
                r.first.clear();
                for (int i = 0; i < 9; ++i) {
                  r.first.push_back({{std::string(1, static_cast<char>('a' + i))},
                                     at("2026-11-12T00:00:00Z") + std::chrono::hours{i}});
                }
              }),
              "rollout.first: has more than 8 steps");
  const auto gates = [](int count) {
    std::vector<std::string> out;
    for (int i = 0; i < count; ++i) out.push_back("gate-" + std::to_string(1000 + i));
    return out;
  };
  EXPECT_EQ(refusal([&](Rollout& r) { r.first = {{gates(100), r.first[0].from}}; }), "accepted");
  EXPECT_SAYS(refusal([&](Rollout& r) { r.first = {{gates(101), r.first[0].from}}; }),
              "names more than 100 gates");
}

TEST(Rollout, HasOneTextForEachContent) {
  for (const auto& [gates, says] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{}, "rollout.first[0].gates: not a sorted list"},
           {{"b", "a"}, "not a sorted list"},
           {{"a", "a"}, "not a sorted list"},
           {{"east.example"}, "rollout.first: the gate east.example stands twice"},
           {{""}, "a gate's name has 1 to 255"},
           {{"two words"}, "a gate's name has 1 to 255"},
           {{"a+b"}, "a gate's name has 1 to 255"},
           {{"a,b"}, "a gate's name has 1 to 255"},
           {{"gät"}, "a gate's name has 1 to 255"},
           {{std::string(256, 'a')}, "a gate's name has 1 to 255"}}) {
    EXPECT_SAYS(refusal([&](Rollout& r) { r.first[0].gates = gates; }), says);
  }
  EXPECT_EQ(refusal([](Rollout& r) { r.first[0].gates = {std::string(255, 'a')}; }), "accepted");
  Json json = order_to_json(with_rollout());
  auto& body = *json.if_object()->at("restriction").if_object();
  body.at("rollout").if_object()->emplace("note", "later");
  EXPECT_FALSE(order_from_json(json)) << "an unknown member";
  body["rollout"] = Json();
  EXPECT_FALSE(order_from_json(json)) << "not null, but not there";
}

// What the verifier in TypeScript reads as well (console/verify/test/rollout.test.ts).
TEST(Rollout, TheExamplesOfTheFormat) {
  std::ifstream file(PROVISO_SOURCE_DIR "/docs/formats/examples/rollouts.json");
  std::ostringstream text;
  text << file.rdbuf();
  const auto examples = parse_json(text.str());
  ASSERT_TRUE(examples) << examples.error().message;
  int valid = 0;
  for (const Json& example : *examples->if_array()) {
    Json json = order_to_json(sample_restriction());
    (*json.if_object()->at("restriction").if_object())["rollout"] = *example.find("rollout");
    const auto order = order_from_json(json);
    EXPECT_EQ(order.has_value(), *example.find("valid")->if_bool())
        << *example.find("what")->if_string() << (order ? "" : ": " + order.error().message);
    if (order) ++valid;
  }
  EXPECT_EQ(valid, 7);
}

TEST(Rollout, EndsBeforeTheOrderDoes) {
  Order order = with_rollout();
  order.restriction->until = at("2026-11-22T00:00:00Z");
  EXPECT_SAYS(refusal(order), "must be before the order's end or review");
  order.restriction->until = at("2026-11-22T00:00:01Z");
  EXPECT_EQ(refusal(order), "accepted");
  order.restriction->until.reset();
  order.restriction->review = at("2026-11-22T00:00:00Z");
  EXPECT_SAYS(refusal(order), "must be before the order's end or review");
}

// A stage before the proposal begins with it, and so does the span.
TEST(Rollout, CountsFromTheProposalWhereTheStageIsOlder) {
  Order order = with_rollout({.first = {}, .everywhere_from = at("2026-11-19T09:00:00Z")});
  order.restriction->stages.front().from = at("2026-11-01T00:00:00Z");
  EXPECT_EQ(refusal(order), "accepted");
  order.restriction->rollout->everywhere_from = at("2026-11-19T09:00:01Z");
  EXPECT_SAYS(refusal(order), "within 14 days");
}

TEST(Rollout, NoneForAnEmergencyNorForWhatRatifiesOne) {
  Order order = with_rollout({.first = {}, .everywhere_from = at("2026-11-06T00:00:00Z")});
  order.restriction->stages = {{order.proposed_at, {EffectKind::read_only, 0}}};
  order.restriction->until = order.proposed_at + kEmergencyMax;
  EXPECT_EQ(refusal(order), "accepted");
  order.restriction->ratifies = sha256("an emergency");
  EXPECT_SAYS(refusal(order), "rollout: what ratifies an emergency goes on at every gate");
  order.restriction->ratifies.reset();
  order.restriction->emergency = true;
  EXPECT_SAYS(refusal(order), "rollout: an emergency begins at once, at every gate");
}

TEST(Rollout, IsToldToThoseWhoSign) {
  const Order order = with_rollout();
  const std::string words = order_in_words(order, order_digest(order));
  EXPECT_SAYS(words, "IN SHADOW FIRST: until a gate enforces it, it only counts");
  EXPECT_SAYS(words, "  enforced from 2026-11-14T00:00:00Z at east.example, west.example\n");
  EXPECT_SAYS(words, "  enforced everywhere from 2026-11-22T00:00:00Z\n");
  const Order plain = sample_restriction();
  EXPECT_EQ(order_in_words(plain, order_digest(plain)).find("SHADOW"), std::string::npos);
}

std::string told(const HeldEffect& held) {
  return (held.shadow ? "shadow " : "") + to_string(held.effect);
}
std::string held_on(const std::vector<EffectStep>& schedule, const char* time) {
  return told(held_of(schedule, at(time)));
}
const char* const kInForce = "2026-11-06T00:00:00Z";

TEST(RolloutSchedule, EachGateBeginsAtItsTime) {
  const Governance governance = Governance::from(sample_genesis());
  const SignedOrder order = sign_order(with_rollout(), {"ada", "ben"});
  const auto north = governance.schedule(order, at(kInForce), "north.example");
  EXPECT_EQ(held_on(north, "2026-11-09T23:59:59Z"), "allow");
  EXPECT_EQ(held_on(north, "2026-11-10T00:00:00Z"), "shadow read-only");
  EXPECT_EQ(held_on(north, "2026-11-11T23:59:59Z"), "shadow read-only");
  EXPECT_EQ(held_on(north, "2026-11-12T00:00:00Z"), "read-only");
  EXPECT_EQ(held_on(north, "2026-11-20T00:00:00Z"), "export-only");
  EXPECT_EQ(held_on(north, "2027-01-31T00:00:00Z"), "allow");
  const auto others = governance.schedule(order, at(kInForce));
  EXPECT_EQ(held_on(others, "2026-11-19T23:59:59Z"), "shadow read-only");
  EXPECT_EQ(held_on(others, "2026-11-20T00:00:00Z"), "shadow export-only") << "stages go on";
  EXPECT_EQ(held_on(others, "2026-11-22T00:00:00Z"), "export-only");
  EXPECT_EQ(to_string(effect_of(others, at("2026-11-21T00:00:00Z"))), "allow");
}

// Never stricter than without it, at any time, at any gate.
TEST(RolloutSchedule, NeverWidens) {
  const Governance governance = Governance::from(sample_genesis());
  const SignedOrder plain = sign_order(sample_restriction(), {"ada", "ben"});
  const SignedOrder order = sign_order(with_rollout(), {"ada", "ben"});
  for (const std::string gate : {"", "north.example", "east.example", "unheard"}) {
    for (int in_force = 0; in_force < 30; ++in_force) {
      const Time since = at("2026-11-05T10:00:00Z") + std::chrono::days{in_force};
      const auto without = governance.schedule(plain, since);
      const auto with = governance.schedule(order, since, gate);
      for (int hour = 0; hour < 24 * 100; hour += 6) {
        const Time now = at("2026-11-05T00:00:00Z") + std::chrono::hours{hour};
        const bool enforced = now >= sample_rollout().enforced_from(gate);
        const HeldEffect held = held_of(with, now);
        ASSERT_EQ(held.effect, effect_of(without, now)) << gate << " " << format_time(now);
        ASSERT_EQ(held.shadow, !enforced && held.effect.kind != EffectKind::allow);
      }
    }
  }
}

// I10: at a gate the order begins when its shadow ends, and that takes approvers who stand then.
TEST(RolloutSchedule, ARevokedApproverStopsWhatIsStillInShadowI10) {
  Governance governance = Governance::from(sample_genesis());
  auto roster = testing::sample_roster();
  roster.erase(roster.begin() + 2);  // ben
  ASSERT_TRUE(governance.apply(
      sign_order(testing::sample_change(OrderKind::roster, roster_to_json(roster)), {"ada", "ben"}),
      at("2026-11-13T00:00:00Z")));
  const SignedOrder order = sign_order(with_rollout(), {"ada", "ben"});
  const auto north = governance.schedule(order, at(kInForce), "north.example");
  EXPECT_EQ(held_on(north, "2026-11-15T00:00:00Z"), "read-only") << "it had begun there";
  EXPECT_EQ(held_on(north, "2026-11-21T00:00:00Z"), "read-only") << "its next stage has not";
  const auto east = governance.schedule(order, at(kInForce), "east.example");
  EXPECT_EQ(held_on(east, "2026-11-13T12:00:00Z"), "shadow read-only");
  EXPECT_EQ(held_on(east, "2026-11-14T00:00:00Z"), "allow") << "nor does it begin elsewhere";
  EXPECT_EQ(held_on(east, "2026-11-23T00:00:00Z"), "allow");
}

TEST(HeldEffect, InShadowIsBetweenNothingAndEnforced) {
  const HeldEffect none;
  const HeldEffect shadow{{EffectKind::deny, 0}, true};
  const HeldEffect mild{{EffectKind::throttle, 9}, false};
  EXPECT_TRUE(stricter(shadow, none));
  EXPECT_TRUE(stricter(mild, shadow));
  EXPECT_FALSE(stricter(shadow, mild));
  EXPECT_FALSE(stricter(shadow, shadow));
  EXPECT_EQ(shadow.enforced().kind, EffectKind::allow);
}

}  // namespace
}  // namespace proviso::model
