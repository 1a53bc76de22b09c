// SPDX-License-Identifier: Apache-2.0
// What a gate takes from a snapshot that enough witnesses cosigned, and from one that they did not.
#include <gtest/gtest.h>

#include "gates/gate.h"
#include "gates/testing/witnesses.h"
#include "gates/testing/world.h"
#include "gates/trusted_policy.h"

namespace proviso::gates {
namespace {

using model::GateSnapshot;
using model::OrderKind;
using model::SignedOrder;
using model::testing::sample_change;
using model::testing::sample_lift;
using model::testing::sign_order;
using testing::at;
using testing::cosignature;
using testing::restriction_of;
using testing::sample_signed;
using testing::two_of_three;
using testing::World;

constexpr const char* kInForce = "2026-11-06T00:00:00Z";
constexpr const char* kReadOnly = "2026-11-12T00:00:00Z";    // sample_restriction()'s first stage
constexpr const char* kExportOnly = "2026-11-25T00:00:00Z";  // and its second
const Request kStorage{"sub-1", "object-storage", "PutObject", "", ""};
const Request kSpeech{"sub-2", "speech", "Recognize", "", ""};

SignedOrder speech_order() {
  return sign_order(restriction_of("sub-2", "speech", '7'), {"ada", "ben"});
}

/// A world whose gates ask for two of three witnesses.
struct Witnessed {
  World world;
  model::TrustRoot trust = [this] {
    model::TrustRoot root = world.trust();
    root.witnesses = two_of_three();
    return root;
  }();

  void put_in_force(const SignedOrder& order) { world.put_in_force(order, kInForce); }
  void lift(const SignedOrder& order) {
    world.put_in_force(sign_order(sample_lift(sha256(order.canonical)), {"cleo"}),
                       "2026-11-07T00:00:00Z");
  }
  [[nodiscard]] Result<Gate> load(const std::vector<std::string>& cosigners,
                                  const Gate* kept = nullptr) const {
    return load(world.snapshot(), cosigners, {.stage_freshness = {}, .kept = kept});
  }
  [[nodiscard]] Result<Gate> load(GateSnapshot snapshot, const std::vector<std::string>& cosigners,
                                  const GateOptions& options) const {
    const std::string note = snapshot.checkpoint;
    for (const std::string& name : cosigners) snapshot.checkpoint += cosignature(note, name);
    return Gate::load(model::write_snapshot(snapshot), trust, options);
  }
};

std::string effect_on(const Gate& gate, const Request& request, const char* time = kReadOnly) {
  return to_string(gate.check(request, at(time)).effect);
}

std::string refusal(const Result<Gate>& gate) { return gate ? "accepted" : gate.error().message; }

TEST(WitnessedGate, TakesWhatEnoughOfThemCosignedI2) {
  Witnessed one;
  one.put_in_force(sample_signed());
  const auto gate = one.load({"cairo", "oslo"});
  ASSERT_TRUE(gate) << gate.error().message;
  EXPECT_EQ(effect_on(*gate, kStorage), "read-only");
  EXPECT_EQ(gate->waiting(), 0U);
}

TEST(WitnessedGate, WithNothingKeptTakesNothingThatTooFewCosignedI2) {
  Witnessed one;
  one.put_in_force(sample_signed());
  EXPECT_NE(refusal(one.load({})).find("quorum at checkpoint: none of 3 witnesses"),
            std::string::npos);
  EXPECT_NE(refusal(one.load({"lima"})).find("lima of 3 witnesses cosigned"), std::string::npos);
  EXPECT_NE(refusal(one.load({"lima", "lima"})).find("quorum"), std::string::npos);
  EXPECT_NE(refusal(one.load({"lima", "bonn"})).find("quorum"), std::string::npos);
  // Nor where it restricts nothing: a gate without any state is not made to look as if it had one.
  EXPECT_NE(refusal(Witnessed().load({})).find("(I2)"), std::string::npos);
}

TEST(WitnessedGate, AWrongLineOfAWitnessRefusesTheSnapshotI2) {
  Witnessed one;
  one.put_in_force(sample_signed());
  const auto kept = one.load({"oslo", "lima"});
  ASSERT_TRUE(kept);
  GateSnapshot snapshot = one.world.snapshot();
  const std::string note = snapshot.checkpoint;
  // Two good ones do not make up for one that another key made, or that is of another checkpoint.
  const std::string good = cosignature(note, "oslo") + cosignature(note, "lima");
  one.put_in_force(speech_order());
  for (const std::string& wrong :
       {testing::forged_cosignature(note, "cairo"), cosignature(one.world.checkpoint(), "cairo")}) {
    snapshot.checkpoint = note + good + wrong;
    const auto gate = one.load(snapshot, {}, {.stage_freshness = {}, .kept = &*kept});
    EXPECT_NE(refusal(gate).find("cosignature at checkpoint"), std::string::npos) << refusal(gate);
  }
}

TEST(WitnessedGate, ALiftIsInForceWithoutWitnessesI5) {
  Witnessed one;
  one.put_in_force(sample_signed());
  one.put_in_force(speech_order());
  const auto kept = one.load({"oslo", "lima"});
  ASSERT_TRUE(kept);
  ASSERT_EQ(effect_on(*kept, kStorage), "read-only");
  one.lift(sample_signed());
  for (const auto& cosigners : {std::vector<std::string>{}, {"cairo"}}) {
    const auto gate = one.load(cosigners, &*kept);
    ASSERT_TRUE(gate) << gate.error().message;
    EXPECT_EQ(effect_on(*gate, kStorage), "allow");
    EXPECT_EQ(effect_on(*gate, kSpeech), "read-only") << "what was kept goes on";
    EXPECT_EQ(gate->waiting(), 0U);
    EXPECT_EQ(gate->snapshot_size(), 4U);
  }
}

TEST(WitnessedGate, WithoutWitnessesNothingIsAddedI2) {
  Witnessed one;
  one.put_in_force(sample_signed());
  const auto kept = one.load({"oslo", "lima"});
  ASSERT_TRUE(kept);
  one.put_in_force(speech_order());
  const auto added = one.load({}, &*kept);
  ASSERT_TRUE(added) << added.error().message;
  EXPECT_EQ(effect_on(*added, kSpeech), "allow");
  EXPECT_EQ(effect_on(*added, kStorage), "read-only");
  EXPECT_EQ(added->waiting(), 1U);
  // A lift in the same snapshot does not wait for the order that does.
  one.lift(sample_signed());
  const auto both = one.load({"oslo"}, &*added);
  ASSERT_TRUE(both);
  EXPECT_EQ(effect_on(*both, kSpeech), "allow");
  EXPECT_EQ(effect_on(*both, kStorage), "allow");
  EXPECT_EQ(both->waiting(), 1U);
  // What was eased comes back only with the witnesses.
  const auto again = Gate::load(model::write_snapshot([&] {
                                  GateSnapshot old = one.world.snapshot();
                                  old.restrictions.push_back({sample_signed(), one.world.prove(1)});
                                  return old;
                                }()),
                                one.trust, {.stage_freshness = {}, .kept = &*both});
  ASSERT_TRUE(again) << again.error().message;
  EXPECT_EQ(effect_on(*again, kStorage), "allow");
  const auto witnessed = one.load({"oslo", "cairo"}, &*both);
  ASSERT_TRUE(witnessed);
  EXPECT_EQ(effect_on(*witnessed, kSpeech), "read-only");
  EXPECT_EQ(witnessed->waiting(), 0U);
}

// A server that leaves out who was removed would have a stage begin that was stopped (I10).
TEST(WitnessedGate, WithoutWitnessesNothingIsTightenedI2) {
  Witnessed one;
  one.put_in_force(sample_signed());
  auto roster = model::testing::sample_roster();
  std::erase_if(roster, [](const auto& m) { return m.person == "person-ben"; });
  const GateSnapshot before = one.world.snapshot();
  one.world.put_in_force(
      sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), {"ada", "cleo"}),
      "2026-11-15T00:00:00Z");
  const auto kept = one.load({"oslo", "lima"});
  ASSERT_TRUE(kept);
  ASSERT_EQ(effect_on(*kept, kStorage, kExportOnly), "read-only") << "the second stage is stopped";
  const auto tightened = one.load(before, {}, {.stage_freshness = {}, .kept = &*kept});
  ASSERT_TRUE(tightened) << tightened.error().message;
  EXPECT_EQ(effect_on(*tightened, kStorage, kReadOnly), "read-only");
  EXPECT_EQ(effect_on(*tightened, kStorage, kExportOnly), "read-only");
  EXPECT_EQ(tightened->waiting(), 1U);
  // The other way round it eases, at once.
  const auto full = one.load(before, {"oslo", "lima"}, {});
  ASSERT_TRUE(full);
  ASSERT_EQ(effect_on(*full, kStorage, kExportOnly), "export-only");
  const auto stopped = one.load({}, &*full);
  ASSERT_TRUE(stopped);
  EXPECT_EQ(effect_on(*stopped, kStorage, kExportOnly), "read-only");
  EXPECT_EQ(stopped->waiting(), 0U);
}

// A newer made_at, which nobody proves, does not make a stale gate go on with its stages (I10).
TEST(WitnessedGate, WithoutWitnessesAStaleGateBeginsNoStricterStageI10) {
  Witnessed one;
  one.put_in_force(sample_signed());
  const auto kept = one.load(one.world.snapshot(), {"oslo", "lima"},
                             {.stage_freshness = std::chrono::days{3}, .kept = nullptr});
  ASSERT_TRUE(kept);
  ASSERT_EQ(effect_on(*kept, kStorage, kExportOnly), "read-only");
  GateSnapshot newer = one.world.snapshot();
  newer.made_at = at("2026-11-19T12:00:00Z");
  const GateOptions options{.stage_freshness = std::chrono::days{3}, .kept = &*kept};
  EXPECT_EQ(effect_on(*one.load(newer, {"oslo"}, options), kStorage, kExportOnly), "read-only");
  EXPECT_EQ(effect_on(*one.load(newer, {"oslo", "lima"}, options), kStorage, kExportOnly),
            "export-only");
}

TEST(WitnessedGate, APolicyThatCannotBeReadMakesNoGate) {
  Witnessed one;
  const auto with = [&](const std::string& policy) {
    one.trust.witnesses = policy;
    return refusal(one.load({"oslo", "lima"}));
  };
  EXPECT_EQ(with(two_of_three()), "accepted");
  EXPECT_EQ(with("quorum none\n"), "accepted");
  EXPECT_EQ(with("log " + one.trust.ledger_key + "\n" + two_of_three()), "accepted");
  EXPECT_EQ(with("\n"), "trust.witnesses:1:1: no quorum line") << "no policy by oversight";
  EXPECT_EQ(with("quorum two\n"), "trust.witnesses:1:1: a quorum that is not defined before");
  const std::string other = World("ledger.example/other").trust().ledger_key;
  EXPECT_EQ(with("log " + other + "\n" + two_of_three()),
            "trust.witnesses: this witness policy is for other logs");
}

}  // namespace
}  // namespace proviso::gates
