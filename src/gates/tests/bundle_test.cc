// SPDX-License-Identifier: Apache-2.0
// Order bundles: good ones of every kind, each thing that can be wrong with one, and every byte
// of one flipped.
#include <algorithm>

#include <gtest/gtest.h>

#include "gates/testing/world.h"
#include "gates/verified_bundle.h"
#include "ledger/proof.h"

namespace proviso::gates {
namespace {

using model::Order;
using model::OrderBundle;
using model::OrderKind;
using model::SignedOrder;
using model::testing::against;
using model::testing::approve;
using model::testing::sample_change;
using model::testing::sample_lift;
using model::testing::sample_restriction;
using model::testing::sign_order;
using testing::at;
using testing::sample_signed;
using testing::World;

constexpr const char* kNow = "2026-11-06T00:00:00Z";

BundleReport judge(const OrderBundle& bundle, const model::TrustRoot& trust) {
  return verify_order_bundle(model::write_order_bundle(bundle).value(), trust);
}

// An order that a world, honest or not, has put in force, and its bundle.
struct Case {
  World world;
  OrderBundle bundle;
  explicit Case(const SignedOrder& order, const char* time = kNow) {
    const auto index = world.put_in_force(order, time);
    world.log(model::entry_kind::case_opened, at("2026-11-07T00:00:00Z"));
    bundle = world.bundle(order, index);
  }
  [[nodiscard]] BundleReport judge() const { return gates::judge(bundle, world.trust()); }
};

#define EXPECT_FOUND(report, class_, where_, says)                                     \
  do {                                                                                 \
    const BundleReport report_ = (report);                                             \
    EXPECT_EQ(report_.error_class, class_) << report_.where << ": " << report_.detail; \
    EXPECT_EQ(report_.where, where_) << report_.detail;                                \
    EXPECT_NE(report_.detail.find(says), std::string::npos) << report_.detail;         \
    EXPECT_FALSE(report_.ok);                                                          \
  } while (false)

std::string name_of(const OrderBundle& bundle) {
  return "order " + sha256(bundle.order.canonical).hex().substr(0, 12);
}

Order emergency() {
  Order order = sample_restriction();
  order.restriction->emergency = true;
  order.restriction->stages = {{order.proposed_at, {model::EffectKind::export_only, 0}}};
  order.restriction->until = order.proposed_at + std::chrono::hours{72};
  return order;
}

bool says(const BundleReport& report, std::string_view words) {
  return bundle_in_words(report).find(words) != std::string::npos;
}

TEST(Bundle, ARestrictionIsProvenFromTheTrustFile) {
  const Case one(sample_signed());
  const BundleReport report = one.judge();
  ASSERT_TRUE(report.ok) << report.error_class << " " << report.where << " " << report.detail;
  EXPECT_EQ(report.digest, sha256(sample_signed().canonical));
  EXPECT_EQ(report.standing.valid, 2);
  EXPECT_EQ(report.standing.needed, 2);
  EXPECT_EQ(report.entry_index, 1U);
  EXPECT_EQ(report.checkpoint_size, 3U);
  EXPECT_EQ(format_time(report.in_force_at), kNow);
  EXPECT_TRUE(says(report, "Approved by 2 people, 2 needed; proposed by another person\n"));
  EXPECT_TRUE(says(report, "  sub-1/object-storage\n  read-only from 2026-11-10T00:00:00Z\n"));
}

TEST(Bundle, ALiftAnEmergencyAndAChangeAreProvenToo) {
  World world;
  const SignedOrder cut = sign_order(emergency(), {"ada", "ben"});
  const auto cut_index = world.put_in_force(cut, kNow);
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("dora", model::Role::approver));
  const SignedOrder change =
      sign_order(sample_change(OrderKind::roster, model::roster_to_json(roster)), {"ada", "cleo"});
  const auto change_index = world.put_in_force(change, "2026-11-13T00:00:00Z");
  const SignedOrder lift = sign_order(sample_lift(sha256(cut.canonical)), {"dora"});
  const auto lift_index = world.put_in_force(lift, "2026-11-16T00:00:00Z");

  const auto of_cut = judge(world.bundle(cut, cut_index), world.trust());
  ASSERT_TRUE(of_cut.ok) << of_cut.detail;
  EXPECT_TRUE(says(of_cut, "EMERGENCY: two people cut this off at once"));
  const auto of_change = judge(world.bundle(change, change_index), world.trust());
  ASSERT_TRUE(of_change.ok) << of_change.detail;
  EXPECT_TRUE(says(of_change, "The roster becomes these 5 keys:\n"));
  EXPECT_TRUE(says(of_change, "person-dora, approver\n"));
  const auto of_lift = judge(world.bundle(lift, lift_index), world.trust());
  ASSERT_TRUE(of_lift.ok) << of_lift.where << of_lift.detail;
  EXPECT_EQ(of_lift.governance_orders, 1U) << "dora is on the roster by the change only";
  EXPECT_TRUE(says(of_lift, "Approved by 1 person, 1 needed\n"));
  EXPECT_TRUE(says(of_lift, "Lifts the order: " + sha256(cut.canonical).hex()));
}

TEST(Bundle, SignaturesAreThoseOfTheLedger) {
  const Case one(sign_order(sample_restriction(), {"ada", "ben", "cleo"}));
  ASSERT_EQ(one.judge().standing.valid, 3);
  const auto change = [&](auto&& how) {
    OrderBundle bundle = one.bundle;
    how(bundle.order.approvals);
    return judge(bundle, one.world.trust());
  };
  const char* where = "approvals.signatures";
  for (std::size_t i = 0; i < 3; ++i) {
    const auto at_i = static_cast<std::ptrdiff_t>(i);
    EXPECT_FOUND(change([&](auto& list) { list.erase(list.begin() + at_i); }), "entry", where, "");
    EXPECT_FOUND(change([&](auto& list) { list.push_back(list[i]); }), "entry", where, "");
    EXPECT_FOUND(change([&](auto& list) { std::swap(list[i], list[(i + 1) % 3]); }), "entry", where,
                 "");
    EXPECT_FOUND(change([&](auto& list) { std::swap(list[i].bytes, list[(i + 1) % 3].bytes); }),
                 "entry", where, "");
    EXPECT_FOUND(change([&](auto& list) { list[i].bytes[0] ^= 1; }), "entry", where, "");
  }
  OrderBundle bundle = one.bundle;
  bundle.order.proposal.reset();
  EXPECT_FOUND(judge(bundle, one.world.trust()), "entry", "proposal", "");
  bundle.order.proposal = bundle.order.approvals[0];
  EXPECT_FOUND(judge(bundle, one.world.trust()), "entry", "proposal", "");
}

// What a hijacked server puts into its own log, with its own key.
TEST(Bundle, ALogThatLiesProvesNoOrder) {
  const auto refused = [](const SignedOrder& order, const char* time, const char* says) {
    const Case one(order, time);
    EXPECT_FOUND(one.judge(), "order", name_of(one.bundle), says);
  };
  refused(sign_order(sample_restriction(), {"ada"}), kNow, "1 of 2 valid approvals (I2)");
  refused(sign_order(sample_restriction(), {"ada", "ada"}), kNow, "1 of 2 valid approvals (I2)");
  refused(sign_order(sample_restriction(), {"ada", "petra"}), kNow, "1 of 2");
  refused(sign_order(sample_restriction(), {"ada", "mallory"}), kNow, "1 of 2");
  SignedOrder forged = sample_signed();
  forged.approvals[1].bytes[5] ^= 1;
  refused(forged, kNow, "1 of 2");
  SignedOrder moved = sample_signed();
  moved.approvals[1] = *moved.proposal;
  refused(moved, kNow, "1 of 2");
  SignedOrder unproposed = sample_signed();
  unproposed.proposal = unproposed.approvals[0];
  refused(unproposed, kNow, "proposer");
  refused(sample_signed(), "2026-12-06T00:00:00Z", "expired");
  refused(sign_order(emergency(), {"ada"}), kNow, "1 of 2");
  refused(sign_order(sample_lift(sha256("another")), {"petra"}), "2026-11-16T00:00:00Z", "0 of 1");
  refused(sign_order(emergency(), {"ada", "cleo"}), kNow, "on call");
  const Order protects = against(sample_restriction(), "news-medium");
  refused(sign_order(protects, {"ada", "cleo"}), kNow, "I15");
  Order pins = sample_restriction();
  pins.restriction->catalogue = sha256("another");
  refused(sign_order(pins, {"ada", "ben"}), kNow, "I3");
}

TEST(Bundle, TellsWhatAProtectedSubjectTookI15) {
  const Case one(sign_order(against(sample_restriction(), "hospital"), {"ada", "ben", "cleo"}));
  const BundleReport report = one.judge();
  ASSERT_TRUE(report.ok) << report.detail;
  EXPECT_TRUE(says(report, "3 needed, 1 of those from outside the organisation; proposed"));
  EXPECT_TRUE(says(report, "Protected subject: hospital\n  restricted all the same, for a reason"));
}

TEST(Bundle, TellsHowManySignedWithKeysOfTheirOwn) {
  World world;
  world.let_server_mediate({"mia", "max"});
  const auto judged = [&](const std::vector<std::string>& approvers) {
    const SignedOrder order = sign_order(sample_restriction(), approvers);
    World one = world;
    return judge(one.bundle(order, one.put_in_force(order, kNow)), one.trust());
  };
  const BundleReport report = judged({"mia", "ada"});
  ASSERT_TRUE(report.ok) << report.detail;
  EXPECT_TRUE(says(report, "; 1 person with a key of their own, the others server-mediated"));
  EXPECT_EQ(judged({"mia", "max"}).error_class, "order");
}

TEST(Bundle, AnEmergencyThatTheEntryDoesNotNameIsNone) {
  World world;
  const SignedOrder order = sign_order(emergency(), {"ada", "ben"});
  Json told = model::in_force_public(order);
  told.if_object()->erase("emergency");
  const auto index = world.log(model::entry_kind::order_in_force, at(kNow), told);
  EXPECT_FOUND(judge(world.bundle(order, index), world.trust()), "entry", "entry", "emergency");
}

TEST(Bundle, EachPartHasToFit) {
  const Case one(sample_signed());
  const auto change = [&](auto&& how) {
    OrderBundle bundle = one.bundle;
    how(bundle);
    return judge(bundle, one.world.trust());
  };
  const World other("other.example/proviso");
  EXPECT_FOUND(change([&](auto& b) { b.entry = one.world.leaves()[2]; }), "inclusion", "entry", "");
  EXPECT_FOUND(change([&](auto& b) {
                 b.entry = one.world.leaves()[2];
                 b.proof = ledger::format_tlog_proof({2, 3, one.world.prove(2).path},
                                                     one.world.checkpoint());
               }),
               "entry", "entry", "does not put an order in force");
  EXPECT_FOUND(change([&](auto& b) { b.proof.replace(b.proof.find("index 1"), 7, "index 2"); }),
               "inclusion", "entry", "");
  EXPECT_FOUND(change([&](auto& b) { b.proof = "x"; }), "bundle", "proof", "");
  EXPECT_FOUND(change([&](auto& b) { b.genesis = one.world.prove(2); }), "trust", "genesis", "I2");
  EXPECT_FOUND(change([&](auto& b) { b.genesis.path.pop_back(); }), "trust", "genesis", "I2");
  EXPECT_FOUND(change([&](auto& b) { b.genesis.bytes = other.prove(0).bytes; }), "trust", "genesis",
               "I2");
  EXPECT_FOUND(change([&](auto& b) { b.catalogue = Json::Object{{"version", 1}}; }), "order",
               name_of(one.bundle), "services");
  EXPECT_FOUND(change([&](auto& b) { b.catalogue = Json(); }), "bundle", "bundle", "catalogue");
  SignedOrder another = sample_signed();
  another.order.nonce = std::string(32, 'a');
  EXPECT_FOUND(change([&](auto& b) { b.order = sign_order(another.order, {"ada", "ben"}); }),
               "entry", "entry", "I3");
}

TEST(Bundle, AnotherLogsProofIsRefused) {
  const Case one(sample_signed());
  Case other(sample_signed());
  other.world.log(model::entry_kind::case_opened, at("2026-11-08T00:00:00Z"));
  OrderBundle bundle = one.bundle;
  bundle.proof = other.world.bundle(sample_signed(), 1).proof;
  EXPECT_FOUND(judge(bundle, one.world.trust()), "trust", "genesis", "I2");
  const World elsewhere("other.example/proviso");
  bundle = one.bundle;
  bundle.proof = ledger::format_tlog_proof({1, 1, {}}, elsewhere.checkpoint());
  EXPECT_FOUND(judge(bundle, one.world.trust()), "checkpoint-signature", "proof", "");
  const ledger::Checkpoint moved{"elsewhere", 3, Digest{}};
  bundle.proof =
      ledger::format_tlog_proof({1, 3, {}}, ledger::sign_note(one.world.signer(), moved.format()));
  EXPECT_FOUND(judge(bundle, one.world.trust()), "checkpoint-origin", "proof", "");
  bundle.proof = ledger::format_tlog_proof({1, 3, {}}, "no note");
  EXPECT_FOUND(judge(bundle, one.world.trust()), "checkpoint-format", "proof", "");
  EXPECT_FOUND(judge(one.bundle, elsewhere.trust()), "checkpoint-signature", "proof", "");
  model::TrustRoot trust = one.world.trust();
  trust.ledger_key = "x";
  EXPECT_FOUND(judge(one.bundle, trust), "trust", "ledger_key", "");
  trust = one.world.trust();
  trust.genesis = sha256("another");
  EXPECT_FOUND(judge(one.bundle, trust), "trust", "genesis", "I2");
}

TEST(Bundle, TheChainOfGovernanceIsJudged) {
  World world;
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("dora", model::Role::approver));
  const Order change = sample_change(OrderKind::roster, model::roster_to_json(roster));
  world.put_in_force(sign_order(change, {"ada", "ben"}), "2026-11-13T00:00:00Z");
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "dora"});
  const OrderBundle good = world.bundle(order, world.put_in_force(order, "2026-11-14T00:00:00Z"));
  ASSERT_TRUE(judge(good, world.trust()).ok);
  OrderBundle bundle = good;
  bundle.governance.clear();
  EXPECT_FOUND(judge(bundle, world.trust()), "order", name_of(good), "1 of 2");
  bundle.governance = {good.governance[0], good.governance[0]};
  EXPECT_FOUND(judge(bundle, world.trust()), "governance", "governance[1]", "not in ledger order");
  bundle = good;
  bundle.governance[0].order.approvals.pop_back();
  EXPECT_FOUND(judge(bundle, world.trust()), "governance", "governance[0]", "1 of 2");
  bundle = good;
  bundle.governance[0].entry.path.back() = Digest{};
  EXPECT_FOUND(judge(bundle, world.trust()), "governance", "governance[0]", "I2");
  bundle = good;
  bundle.governance[0].entry = world.prove(2);
  EXPECT_FOUND(judge(bundle, world.trust()), "governance", "governance[0]", "before the order");
}

TEST(Bundle, WitnessesAreCountedWhereAPolicyAsks) {
  const Case one(sample_signed());
  const std::string note = one.world.checkpoint();
  const std::string text = note.substr(0, note.rfind("\n\n") + 1);
  std::string policy_text;
  std::vector<std::string> lines;
  for (const char* name : {"oslo", "lima", "cairo"}) {
    const SigningKey key = model::testing::key_of(name);
    policy_text += std::string("witness ") + name + " " +
                   ledger::CosignerKey{name, key.public_key()}.format() + "\n";
    lines.push_back(ledger::cosign(name, key, text, at("2026-11-08T00:00:00Z")));
  }
  policy_text += "group two 2 oslo lima cairo\nquorum two\n";
  const auto policy = ledger::WitnessPolicy::parse("policy", policy_text);
  ASSERT_TRUE(policy) << policy.error().message;
  const auto judged = [&](const std::string& more) {
    OrderBundle bundle = one.bundle;
    bundle.proof += more;
    return verify_order_bundle(model::write_order_bundle(bundle).value(), one.world.trust(),
                               &*policy);
  };
  const BundleReport good = judged(lines[2] + lines[0]);
  ASSERT_TRUE(good.ok) << good.where << ": " << good.detail;
  EXPECT_EQ(good.cosigned.names, (std::vector<std::string>{"oslo", "cairo"}));
  EXPECT_EQ(good.cosigned.by_when, unix_seconds(at("2026-11-08T00:00:00Z")));
  // What the trust file asks for holds where nobody names another policy.
  model::TrustRoot trust = one.world.trust();
  trust.witnesses = policy_text;
  const std::string bare = model::write_order_bundle(one.bundle).value();
  EXPECT_FOUND(verify_order_bundle(bare, trust), "quorum", "proof", "not enough");
  const auto none = ledger::WitnessPolicy::parse("policy", "quorum none\n").value();
  EXPECT_TRUE(verify_order_bundle(bare, trust, &none).ok);
  trust.witnesses = "quorum two\n";
  EXPECT_FOUND(verify_order_bundle(bare, trust), "trust", "witnesses", "trust.witnesses:1:1");
  EXPECT_FOUND(judged(""), "quorum", "proof", "not enough");
  EXPECT_FOUND(judged(lines[1]), "quorum", "proof", "not enough");
  EXPECT_FOUND(judged(lines[1] + lines[1]), "quorum", "proof", "not enough");
  // A good line of another checkpoint.
  const std::string other =
      ledger::cosign("lima", model::testing::key_of("lima"), "other\n1\nx\n", at(kNow));
  EXPECT_FOUND(judged(lines[0] + other), "cosignature", "proof", "");
}

TEST(Bundle, OneTextPerBundle) {
  const Case one(sample_signed());
  const std::string text = model::write_order_bundle(one.bundle).value();
  const auto judged = [&](const std::string& changed) {
    return verify_order_bundle(changed, one.world.trust());
  };
  ASSERT_TRUE(judged(text).ok);
  EXPECT_FOUND(judged(text.substr(0, text.size() - 1)), "bundle", "bundle", "cut short");
  EXPECT_FOUND(judged(text + "\n"), "bundle", "bundle", "canonical");
  EXPECT_FOUND(judged(" " + text), "bundle", "bundle", "canonical");
  EXPECT_FOUND(judged(""), "bundle", "bundle", "cut short");
  std::string more = text;
  more.insert(1, "\"a\":1,");
  EXPECT_FOUND(judged(more), "bundle", "bundle", "unknown member");
}

// No flipped byte makes a bundle that says something else: it is refused, or says the same.
TEST(Bundle, EveryByteFlipped) {
  Case one(sign_order(sample_restriction(), {"ada", "ben", "cleo"}));
  // A signature line of somebody whom no trust file names, kept as it is.
  one.bundle.proof += "\xE2\x80\x94 witness.example 7eGVYjJ0eWM=\n";
  const std::string text = model::write_order_bundle(one.bundle).value();
  const BundleReport good = verify_order_bundle(text, one.world.trust());
  ASSERT_TRUE(good.ok) << good.detail;
  std::size_t same = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    for (const unsigned flip : {0x01U, 0x20U, 0x80U}) {
      std::string changed = text;
      changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ flip);
      const BundleReport report = verify_order_bundle(changed, one.world.trust());
      if (!report.ok) continue;
      EXPECT_EQ(bundle_in_words(report), bundle_in_words(good)) << i;
      ++same;
    }
  }
  EXPECT_LT(same, 120U) << "the line of the unknown signer and no more";
}

TEST(Bundle, EveryCutIsRefused) {
  const Case one(sample_signed());
  const std::string text = model::write_order_bundle(one.bundle).value();
  for (std::size_t size = 0; size < text.size(); ++size) {
    EXPECT_FALSE(verify_order_bundle(text.substr(0, size), one.world.trust()).ok) << size;
  }
}

}  // namespace
}  // namespace proviso::gates
