// SPDX-License-Identifier: Apache-2.0
// Every way we know to make a gate cut, widen or keep what people did not sign. Each is refused,
// and the refusal names the invariant.
#include <algorithm>

#include <gtest/gtest.h>

#include "gates/testing/refusal.h"

namespace proviso::gates {
namespace {

using model::GateSnapshot;
using model::Order;
using model::OrderKind;
using model::SignedOrder;
using model::testing::against;
using model::testing::approve;
using model::testing::member;
using model::testing::propose;
using model::testing::sample_change;
using model::testing::sample_restriction;
using model::testing::sign_order;
using testing::at;
using testing::kNow;
using testing::refusal;
using testing::restriction_of;
using testing::sample_signed;
using testing::World;

model::SignedOrder without(const std::string& name, const std::vector<std::string>& approvers) {
  auto roster = model::testing::sample_roster();
  std::erase_if(roster, [&](const auto& m) { return m.person == "person-" + name; });
  return sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), approvers);
}

TEST(Attack, TheHonestSnapshotLoads) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  EXPECT_EQ(refusal(world), "accepted");
  EXPECT_EQ(refusal(World()), "accepted") << "nothing in force is a valid state";
}

TEST(Attack, ErrorsTellWhichOrder) {
  const SignedOrder order = sign_order(sample_restriction(), {"ada"});
  EXPECT_REFUSED(refusal(order),
                 "restriction " + sha256(order.canonical).hex().substr(0, 12) + ": ");
}

TEST(Attack, OneApprovalOnlyI2) {
  EXPECT_REFUSED(refusal(sign_order(sample_restriction(), {"ada"})), "I2");
  EXPECT_REFUSED(refusal(sign_order(sample_restriction(), {})), "I2");
  EXPECT_REFUSED(refusal(sign_order(sample_restriction(), {"ada", "ada"})), "I2");
}

TEST(Attack, TwoKeysOfOnePersonI2) {
  World world;
  auto roster = model::testing::sample_roster();
  roster.push_back(member("ada-second", model::Role::approver));
  roster.back().person = "person-ada";
  world.put_in_force(
      sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), {"ada", "ben"}),
      "2026-11-02T00:00:00Z");
  world.put_in_force(sign_order(sample_restriction(), {"ada", "ada-second"}), kNow);
  EXPECT_REFUSED(refusal(world), "I2");
}

TEST(Attack, TheProposerAsApproverI2) {
  SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  order.proposal = propose("ada", order.canonical);
  EXPECT_REFUSED(refusal(order), "I2");
  EXPECT_REFUSED(refusal(sign_order(sample_restriction(), {"ada", "petra"})), "I2");
}

TEST(Attack, UnknownKeysI2) {
  EXPECT_REFUSED(refusal(sign_order(sample_restriction(), {"ada", "mallory"})), "I2");
  SignedOrder order = sample_signed();
  order.proposal = propose("mallory", order.canonical);
  EXPECT_REFUSED(refusal(order), "I2");
  order.proposal.reset();
  EXPECT_REFUSED(refusal(order), "I2");
}

TEST(Attack, ARevokedKeyI2) {
  World world;
  world.put_in_force(without("ben", {"ada", "cleo"}), "2026-11-02T00:00:00Z");
  world.put_in_force(sample_signed(), kNow);
  EXPECT_REFUSED(refusal(world), "I2");
}

TEST(Attack, ARevokedKeyWithABackDatedEntryI2) {
  World world;
  world.put_in_force(without("ben", {"ada", "cleo"}), "2026-11-05T00:00:00Z");
  world.put_in_force(sample_signed(), "2026-11-03T00:00:00Z");
  EXPECT_REFUSED(refusal(world), "I2");
}

TEST(Attack, ARosterThatOnePersonSignedI2) {
  World world;
  world.put_in_force(without("ben", {"ada"}), "2026-11-02T00:00:00Z");
  EXPECT_REFUSED(refusal(world), "governance order");
  EXPECT_REFUSED(refusal(world), "I2");
}

TEST(Attack, AnOldRosterReplayedI2) {
  World world;
  const SignedOrder old_roster = sign_order(
      sample_change(OrderKind::roster, model::roster_to_json(model::testing::sample_roster()), '9'),
      {"ada", "cleo"});
  world.put_in_force(old_roster, "2026-11-02T00:00:00Z");
  world.put_in_force(without("ben", {"ada", "cleo"}), "2026-11-03T00:00:00Z");
  world.put_in_force(old_roster, "2026-11-04T00:00:00Z");
  EXPECT_REFUSED(refusal(world), "before (I2)");
}

TEST(Attack, GovernanceOutOfLedgerOrderI2) {
  World world;
  world.put_in_force(without("ben", {"ada", "cleo"}), "2026-11-02T00:00:00Z");
  world.put_in_force(
      sign_order(sample_change(OrderKind::rulebook, Json::Object{{"digest", sha256("r").hex()}}),
                 {"ada", "cleo"}),
      "2026-11-03T00:00:00Z");
  GateSnapshot snapshot = world.snapshot();
  EXPECT_EQ(refusal(snapshot, world.trust()), "accepted");
  std::swap(snapshot.governance[0], snapshot.governance[1]);
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
}

TEST(Attack, AnApprovalOverAnotherTextI2) {
  SignedOrder order = sign_order(sample_restriction(), {"ada"});
  Order wider = sample_restriction();
  wider.restriction->scope.push_back(
      {model::SubscriptionId("sub-1"), model::ServiceId("speech"), {}, {}, {}});
  order.approvals.push_back(approve("ben", canonical_order(wider)));
  EXPECT_REFUSED(refusal(order), "I2");
}

TEST(Attack, AnApprovalUnderTheProposalsTypeI2) {
  SignedOrder order = sign_order(sample_restriction(), {"ada"});
  order.approvals.push_back(propose("ben", order.canonical));
  EXPECT_REFUSED(refusal(order), "I2");
}

TEST(Attack, ASwappedOrderUnderAGoodEntryI3) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  GateSnapshot snapshot = world.snapshot();
  Order wider = sample_restriction();
  wider.restriction->scope.front().service = model::ServiceId("speech");
  snapshot.restrictions.front().order = sign_order(wider, {"ada", "ben"});
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I3");
}

TEST(Attack, AnOrderThatDiffersFromItsSignedTextI3) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions.front().order.order.restriction->scope.front().service.value = "speech";
  const auto verified = verify_snapshot(snapshot, world.trust());
  ASSERT_FALSE(verified);
  EXPECT_REFUSED(verified.error().message, "I3");
}

TEST(Attack, ASwappedCatalogueI3) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  GateSnapshot snapshot = world.snapshot();
  const auto other = parse_json(R"({"version":1,"services":[{"service":"object-storage",)"
                                R"("operations":{"GetObject":"write"}}]})");
  snapshot.catalogues = {*other};
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I3");
  snapshot.catalogues.clear();
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I3");
}

TEST(Attack, ACatalogueThatNobodyAuthorisedI3) {
  World world;
  world.catalogue = *parse_json(R"({"version":1,"services":[{"service":"object-storage",)"
                                R"("operations":{"GetObject":"write"}}]})");
  Order order = sample_restriction();
  order.restriction->catalogue = sha256(canonical_json(world.catalogue));
  world.put_in_force(sign_order(order, {"ada", "ben"}), kNow);
  EXPECT_REFUSED(refusal(world), "I3");
}

TEST(Attack, AClosedExportNotToldI6) {
  Order order = sample_restriction();
  order.restriction->stages.back().effect = {model::EffectKind::deny, 0};
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben", "cleo"})), "I6");
  order = sample_restriction();
  order.restriction->closes_export = true;
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben", "cleo"})), "I6");
}

TEST(Attack, AClosedExportWithoutTheThirdApprovalI6) {
  Order order = sample_restriction();
  order.restriction->stages.back().effect = {model::EffectKind::deny, 0};
  order.restriction->closes_export = true;
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben"})), "I6");
  EXPECT_EQ(refusal(sign_order(order, {"ada", "ben", "cleo"})), "accepted");
}

TEST(Attack, AMinistryAgainstANewspaperI15) {
  Order order = against(sample_restriction(), "news-medium");
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben"})), "I15");
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "cleo"})), "I15");
  EXPECT_EQ(refusal(sign_order(order, {"ada", "ben", "cleo"})), "accepted");
  order.restriction->protected_reason.reset();
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben", "cleo"})), "I15");
  order = sample_restriction();
  order.restriction->origin = {"authority", "XX", sha256("letter").hex(), std::nullopt};
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben"})), "I15");
}

TEST(Attack, AnotherTrustRootI2) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  model::TrustRoot trust = world.trust();
  trust.genesis = sha256("another founding");
  EXPECT_REFUSED(refusal(world.snapshot(), trust), "I2");
  trust = world.trust();
  trust.ledger_key =
      ledger::NoteVerifier{trust.ledger, model::testing::key_of("mallory").public_key()}.format();
  EXPECT_REFUSED(refusal(world.snapshot(), trust), "I2");
  trust = world.trust();
  trust.ledger = "ledger.example/other";
  EXPECT_REFUSED(refusal(world.snapshot(), trust), "I2");
  trust = world.trust();
  trust.ledger_key = "no key";
  EXPECT_REFUSED(refusal(world.snapshot(), trust), "trust.ledger_key");
}

TEST(Attack, ALedgerOfOnesOwnI2) {
  World forged("ledger.example/forged");
  Order order = sample_restriction();
  order.ledger = "ledger.example/forged";
  forged.put_in_force(sign_order(order, {"ada", "ben"}), kNow);
  EXPECT_REFUSED(refusal(forged.snapshot(), World().trust()), "I2");
  GateSnapshot renamed = forged.snapshot();
  renamed.ledger = model::testing::kLedger;
  EXPECT_REFUSED(refusal(renamed, World().trust()), "I2");
}

TEST(Attack, AnOrderOfAnotherLedgerI2) {
  Order order = sample_restriction();
  order.ledger = "ledger.example/other";
  EXPECT_REFUSED(refusal(sign_order(order, {"ada", "ben"})), "another ledger (I2)");
}

TEST(Attack, AnInclusionProofForAnotherIndexI2) {
  World world;
  world.log(model::entry_kind::case_opened, at("2026-11-02T00:00:00Z"));
  world.put_in_force(sample_signed(), kNow);
  world.log(model::entry_kind::case_closed, at("2026-11-07T00:00:00Z"));
  for (const std::uint64_t index : {0U, 1U, 3U, 4U, 1'000U}) {
    GateSnapshot snapshot = world.snapshot();
    snapshot.restrictions.front().entry.index = index;
    EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
  }
  GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions.front().entry.path = world.prove(1).path;
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
  snapshot.restrictions.front().entry.path.clear();
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
}

TEST(Attack, AnOrderThatWasNeverLoggedI2) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  World honest;
  honest.log(model::entry_kind::case_opened, at(kNow));
  GateSnapshot snapshot = world.snapshot();
  snapshot.checkpoint = honest.checkpoint();
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
}

TEST(Attack, AnEntryOfAnotherKindI2) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  const SignedOrder second = sign_order(restriction_of("sub-2", "speech", '7'), {"ada", "ben"});
  const auto proposed =
      world.log(model::entry_kind::order_proposed, at(kNow), model::in_force_public(second));
  GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions.push_back({second, world.prove(proposed)});
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
}

TEST(Attack, AnEntryOfAnotherLedgerI2) {
  World world;
  World other("ledger.example/other");
  other.put_in_force(sample_signed(), kNow);
  const auto index = world.log_bytes(other.leaves().back());
  GateSnapshot snapshot = world.snapshot();
  snapshot.catalogues = {world.catalogue};
  snapshot.restrictions = {{sample_signed(), world.prove(index)}};
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "another ledger (I2)");
}

TEST(Attack, ADuplicateOrderI3) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions.push_back(snapshot.restrictions.front());
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "twice (I3)");
}

TEST(Attack, ALiftOrARosterAmongTheRestrictions) {
  World world;
  const SignedOrder lift =
      sign_order(model::testing::sample_lift(sha256(sample_signed().canonical)), {"ben"});
  const auto index = world.put_in_force(lift, kNow);
  GateSnapshot snapshot = world.snapshot();
  snapshot.restrictions = {{lift, world.prove(index)}};
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I3");
  snapshot = world.snapshot();
  snapshot.governance = {{lift, world.prove(index)}};
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "governance order");
}

TEST(Attack, AnotherGenesisI2) {
  World world;
  GateSnapshot snapshot = world.snapshot();
  snapshot.genesis.bytes.push_back(' ');
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "I2");
  world.log_bytes(world.leaves().front());
  snapshot = world.snapshot();
  snapshot.genesis = world.prove(1);
  EXPECT_REFUSED(refusal(snapshot, world.trust()), "not entry 0 (I2)");
}

// What a gate enforces, in one text, for comparing.
std::string enforced(const Gate& gate) {
  std::string out = std::to_string(gate.snapshot_size());
  for (std::uint32_t i = 0; i < gate.order_count(); ++i) {
    const EnforcedOrder order = gate.order(i);
    out += "\n" + order.digest.hex() + " " + order.term;
    for (const auto& step : order.schedule) {
      out += " " + format_time(step.from) + " " + to_string(step.effect);
    }
  }
  const Request read{"sub-1", "object-storage", "GetObject", "", ""};
  const Request write{"sub-1", "object-storage", "PutObject", "", ""};
  for (const Request& request : {read, write}) {
    const Verdict v = gate.check(request, at("2026-11-12T00:00:00Z"));
    out += "\n" + to_string(v.effect) + (v.refused() ? " refused" : "");
  }
  return out;
}

// A forger flips a byte and puts the fitting digest under it: refused, or nothing changes.
TEST(Attack, EveryByteOfASnapshotFlipped) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  const std::string text = world.snapshot_text();
  const std::string body = text.substr(0, text.size() - 66);
  const std::string honest = enforced(*Gate::load(text, world.trust()));
  std::size_t harmless = 0;
  for (std::size_t i = 0; i < body.size(); ++i) {
    std::string flipped = body;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 7)));
    const auto gate = Gate::load(flipped + "\n" + sha256(flipped).hex() + "\n", world.trust());
    if (!gate) continue;
    EXPECT_EQ(enforced(*gate), honest) << "byte " << i;
    ++harmless;
  }
  EXPECT_LT(harmless, 40U) << "only the unproven time of making is free";
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ 1);
    EXPECT_FALSE(Gate::load(flipped, world.trust())) << "byte " << i;
  }
}

TEST(Attack, ASnapshotCutAtEveryLength) {
  World world;
  world.put_in_force(sample_signed(), kNow);
  const std::string text = world.snapshot_text();
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_FALSE(Gate::load(text.substr(0, length), world.trust())) << length;
  }
  const std::string body = text.substr(0, text.size() - 66);
  for (std::size_t length = 0; length < body.size(); ++length) {
    const std::string cut = body.substr(0, length);
    EXPECT_FALSE(Gate::load(cut + "\n" + sha256(cut).hex() + "\n", world.trust())) << length;
  }
}

}  // namespace
}  // namespace proviso::gates
