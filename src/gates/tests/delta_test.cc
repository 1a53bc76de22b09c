// SPDX-License-Identifier: Apache-2.0
// Deltas: what a gate takes of them, and what it refuses.
#include <functional>

#include <gtest/gtest.h>

#include "gates/testing/fed_gate.h"
#include "gates/testing/refusal.h"
#include "gates/testing/witnesses.h"
#include "model/digest_line.h"

namespace proviso::gates {
namespace {

using model::GateDelta;
using model::GateSnapshot;
using model::testing::sign_order;
using testing::at;
using testing::delta_between;
using testing::FedGate;
using testing::Feed;
using testing::kInForce;
using testing::restriction;
using testing::restriction_of;
using testing::World;
using testing::write_of;

TEST(Delta, AddsAndTakesAway) {
  FedGate host;
  host.start();
  host.feed.restrict_use(3);
  host.feed.lift(1);
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  EXPECT_FALSE(host.refuses(1));
  EXPECT_TRUE(host.refuses(2));
  EXPECT_TRUE(host.refuses(3));
  EXPECT_FALSE(host.refuses(4)) << "I4";
  EXPECT_EQ(host.gate->status().orders, 2U);
  EXPECT_EQ(host.gate->status().accepted, 2U);
  EXPECT_EQ(host.gate->state(), testing::state_of(host.feed.last));
  const Answer added = host.gate->check(write_of("sub-3"));
  EXPECT_EQ(added.snapshot_size, host.feed.world.leaves().size());
  EXPECT_EQ(added.order, sha256(restriction(3).canonical));
  EXPECT_EQ(host.gate->explain(added).term, "mass-surveillance");
  host.feed.lift(3);
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  EXPECT_FALSE(host.refuses(3)) << "one that a delta added";
  EXPECT_NE(host.gate->explain(added).user.find("lifted since"), std::string::npos);
}

TEST(Delta, ABatchAndAKeySeeBothTables) {
  FedGate host;
  host.start();
  host.feed.restrict_use(3);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  std::vector<Request> requests;
  for (const char* id : {"sub-1", "sub-3", "sub-4"}) requests.push_back(write_of(id));
  std::vector<Answer> answers(3);
  host.gate->check_batch(requests, answers);
  for (std::size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(answers[i].refused(), i < 2) << i;
    const IdKey key = LiveGate::subscription_key(requests[i].subscription);
    EXPECT_EQ(host.gate->check(key, requests[i]).refused(), i < 2) << i;
  }
}

// Two orders about one subscription, one in each table: the stricter is told, and neither loosens.
TEST(Delta, AnOrderThatIsAddedLoosensNoneG5) {
  FedGate host;
  host.start();
  model::Order weak = restriction_of("sub-1", "object-storage", '8');
  weak.restriction->stages = {{at("2026-11-10T00:00:00Z"), {model::EffectKind::throttle, 5}}};
  host.feed.world.put_in_force(sign_order(weak, {"ada", "ben"}), kInForce);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  const Answer answer = host.gate->check(write_of("sub-1"));
  EXPECT_TRUE(answer.refused());
  EXPECT_EQ(model::to_string(answer.effect), "read-only");
  const Answer read = host.gate->check({"sub-1", "object-storage", "GetObject", "", ""});
  EXPECT_EQ(read.outcome, model::Outcome::limited);
  EXPECT_EQ(read.rate_per_second, 5U);
}

TEST(Delta, WithoutAnyStateItNeedsTheWhole) {
  FedGate host;
  host.open();
  host.feed.whole();
  const auto refused = host.gate->offer_delta(model::write_delta(host.feed.delta()));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_EQ(host.gate->state().size, 0U);
}

struct Wrong {
  const char* name;
  std::function<void(GateDelta&, FedGate&)> change;
  Errc code;
  const char* said;
};

// Of each delta one thing is wrong: all of it is refused, and everything is as it was.
TEST(Delta, OneThingWrongRefusesItAllG3) {
  const std::vector<Wrong> all = {
      {"a gap: other entries", [](auto& d, auto&) { ++d.from.size; }, Errc::conflict, "continues"},
      {"another root", [](auto& d, auto&) { d.from.root.bytes[0] ^= 1; }, Errc::conflict, "contin"},
      {"other orders", [](auto& d, auto&) { d.from.orders.bytes[0] ^= 1; }, Errc::conflict, "cont"},
      {"a wrong sum", [](auto& d, auto&) { d.orders.bytes[31] ^= 1; }, Errc::conflict, "sum up"},
      {"older", [](auto& d, auto&) { d.made_at = at("2026-11-10T00:00:00Z"); }, Errc::conflict,
       "made before"},
      {"a forked log", [](auto& d, auto&) { d.consistency.back().bytes[0] ^= 1; }, Errc::denied,
       "does not continue"},
      {"no consistency proof", [](auto& d, auto&) { d.consistency.clear(); }, Errc::denied,
       "does not continue"},
      {"unsigned", [](auto& d, auto&) { d.checkpoint.resize(d.checkpoint.find("\n\n") + 2); },
       Errc::invalid_input, "checkpoint"},
      {"another key",
       [](auto& d, auto&) {
         World other("other.example/log");
         const std::string text = d.checkpoint.substr(0, d.checkpoint.find("\n\n") + 1);
         d.checkpoint = ledger::sign_note(other.signer(), text);
       },
       Errc::denied, "checkpoint"},
      {"another ledger", [](auto& d, auto&) { d.ledger = "other.example/log"; }, Errc::denied,
       "another ledger"},
      {"an order twice",
       [](auto& d, auto&) {
         d.added.push_back(d.added.front());
         auto sum = model::OrderSum::from(d.orders);
         sum.add(sha256(d.added.front().order.canonical));
         d.orders = sum.value();
       },
       Errc::denied, "stands twice"},
      {"an order that is enforced already",
       [](auto& d, FedGate& host) {
         d.added.push_back(host.feed.snapshot().restrictions.front());
         auto sum = model::OrderSum::from(d.orders);
         sum.add(sha256(d.added.back().order.canonical));
         d.orders = sum.value();
       },
       Errc::denied, "enforced already"},
      {"what is gone is not known", [](auto& d, auto&) { d.gone = {sha256("no such order")}; },
       Errc::conflict, "not enforced"},
      {"approved by one", [](auto& d, auto&) { d.added.front().order.approvals.pop_back(); },
       Errc::denied, "restriction"},
      {"not in the log", [](auto& d, auto&) { d.added.front().entry.path.front().bytes[0] ^= 1; },
       Errc::denied, "not under the signed checkpoint"},
  };
  for (const Wrong& wrong : all) {
    FedGate host;
    host.start();
    const model::GateState before = host.gate->state();
    host.feed.restrict_use(3);
    host.feed.lift(1);
    GateDelta delta = host.feed.delta();
    const GateDelta right = delta;
    wrong.change(delta, host);
    const auto refused = host.gate->offer_delta(model::write_delta(delta));
    ASSERT_FALSE(refused) << wrong.name;
    EXPECT_EQ(refused.error().code, wrong.code) << wrong.name << refused.error().message;
    EXPECT_NE(refused.error().message.find(wrong.said), std::string::npos)
        << wrong.name << ": " << refused.error().message;
    EXPECT_EQ(host.gate->state(), before) << wrong.name;
    EXPECT_TRUE(host.refuses(1)) << wrong.name;
    EXPECT_FALSE(host.refuses(3)) << wrong.name;
    EXPECT_EQ(host.gate->status().refused, 1U) << wrong.name;
    EXPECT_EQ(host.said(right), "accepted") << wrong.name;
    EXPECT_EQ(host.said(right).substr(0, 16), "delta: it contin") << "twice";
  }
}

// Taken without being written down first: the order in it is not the text that was signed.
TEST(Delta, WhatNoParserMadeIsHeldAgainstWhatWasSignedI3) {
  Feed feed;
  const auto gate = Gate::load(feed.whole(), feed.world.trust());
  ASSERT_TRUE(gate) << gate.error().message;
  feed.restrict_use(3);
  GateDelta delta = feed.delta();
  delta.added.front().order.order.restriction->scope.front().subscription =
      model::SubscriptionId("sub-99");
  const auto refused = Gate::continued(*gate, delta, feed.world.trust());
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("I3"), std::string::npos) << refused.error().message;
}

TEST(Delta, RubbishIsRefused) {
  FedGate host;
  host.start();
  for (const std::string& text : {std::string(), std::string("{}"), model::with_digest_line("{}"),
                                  std::string("\0\xff", 2), host.feed.whole()}) {
    EXPECT_FALSE(host.gate->offer_delta(text)) << text.substr(0, 20);
  }
  EXPECT_TRUE(host.refuses(1));
}

TEST(Delta, ManyGoneAtOnceAreConfirmed) {
  FedGate host;
  for (int i = 3; i <= 40; ++i) host.feed.restrict_use(i);
  host.start();
  for (int i = 1; i <= 21; ++i) host.feed.lift(i);
  const std::string text = model::write_delta(host.feed.delta());
  const auto refused = host.gate->offer_delta(text);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_NE(refused.error().message.find("21 of 40"), std::string::npos) << refused.error().message;
  EXPECT_TRUE(host.refuses(1));
  ASSERT_TRUE(host.gate->offer_delta(text, LiveGate::Shrinking::confirmed));
  EXPECT_FALSE(host.refuses(1));
}

// A stage that did not begin while the gate had nothing new begins by a delta that renews it (I10),
// also where the order itself is not in it.
TEST(Delta, AHeartbeatLetsStagesBeginI10) {
  FedGate host;
  host.feed.made = at("2026-11-17T00:00:00Z");
  host.start();
  host.clocks.pass_until(at("2026-11-21T00:00:00Z"));
  const Request read{"sub-1", "object-storage", "GetObject", "", ""};
  EXPECT_EQ(model::to_string(host.gate->check(read).effect), "read-only") << "too old";
  host.feed.made = at("2026-11-20T12:00:00Z");
  const GateDelta heartbeat = host.feed.delta();
  EXPECT_TRUE(heartbeat.added.empty() && heartbeat.gone.empty() && heartbeat.consistency.empty());
  EXPECT_EQ(host.said(heartbeat), "accepted");
  EXPECT_EQ(model::to_string(host.gate->check(read).effect), "export-only");
  EXPECT_EQ(host.gate->status().snapshot_made_at, host.feed.made);
  host.open();
  EXPECT_EQ(model::to_string(host.gate->check(read).effect), "export-only") << "after a restart";
}

// Ada is removed: what she approved before stands, what comes after does not by her.
std::uint64_t remove_ada(World& world, const char* time) {
  std::vector<model::RosterMember> roster;
  for (const model::RosterMember& member : model::testing::sample_roster()) {
    if (member.person != "person-ada") roster.push_back(member);
  }
  return world.put_in_force(sign_order(model::testing::sample_change(model::OrderKind::roster,
                                                                     model::roster_to_json(roster)),
                                       {"ben", "cleo"}),
                            time);
}

TEST(Delta, OrdersAreJudgedByTheAuthorityAtTheirPlaceG4) {
  FedGate host;
  host.start();
  host.feed.restrict_use(3);
  remove_ada(host.feed.world, "2027-02-01T00:00:00Z");
  EXPECT_NE(host.said(host.feed.delta()).find("expired"), std::string::npos);
  FedGate fresh;
  fresh.start();
  remove_ada(fresh.feed.world, "2026-11-22T00:00:00Z");
  fresh.feed.restrict_use(3);
  EXPECT_REFUSED(fresh.said(fresh.feed.delta()), "restriction");
}

// Stages that begin after a change of who decides may not, and the texts that tell are not kept.
TEST(Delta, AChangeOfWhoDecidesBeforeAStageNeedsTheWholeI10) {
  FedGate host;
  host.start();
  remove_ada(host.feed.world, "2026-11-15T00:00:00Z");
  const GateDelta delta = host.feed.delta();
  const auto refused = host.gate->offer_delta(model::write_delta(delta));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict) << refused.error().message;
  ASSERT_TRUE(host.gate->offer(host.feed.whole()));
  host.clocks.pass_until(at("2026-11-20T00:00:00Z"));
  host.feed.made = at("2026-11-20T00:00:00Z");
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  const Answer read = host.gate->check({"sub-1", "object-storage", "GetObject", "", ""});
  EXPECT_EQ(model::to_string(read.effect), "read-only") << "export-only began without ada";
}

TEST(Delta, AChangeOfWhoDecidesAfterAllStagesIsTaken) {
  FedGate host;
  host.start();
  remove_ada(host.feed.world, "2026-11-21T00:00:00Z");
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  host.feed.restrict_use(3);
  EXPECT_REFUSED(host.said(host.feed.delta()), "restriction");
}

// It was left out before: by whom it is to be judged is not known any more.
TEST(Delta, AnOrderFromBeforeAKnownChangeNeedsTheWhole) {
  FedGate host;
  host.open();
  host.feed.restrict_use(3);
  remove_ada(host.feed.world, "2026-11-21T00:00:00Z");
  GateSnapshot without = host.feed.snapshot();
  const model::ProvenOrder left_out = without.restrictions.back();
  without.restrictions.pop_back();
  ASSERT_TRUE(host.gate->offer(model::write_snapshot(without)));
  GateDelta delta = delta_between(without, host.feed.snapshot(), host.feed.world);
  EXPECT_EQ(delta.added.size(), 1U);
  EXPECT_REFUSED(host.said(delta), "before a change of governance");
}

TEST(Delta, ANewCatalogueComesWithTheOrderThatPinsItI3) {
  FedGate host;
  host.start();
  Json::Object catalogue = *host.feed.world.catalogue.if_object();
  catalogue.insert_or_assign(
      "services", Json::Array{Json::Object{{"service", "archive"},
                                           {"operations", Json::Object{{"Fetch", "read"}}}}});
  const Json document = catalogue;
  const auto parsed = model::Catalogue::parse(document);
  ASSERT_TRUE(parsed) << parsed.error().message;
  host.feed.world.put_in_force(
      sign_order(model::testing::sample_change(model::OrderKind::catalogue,
                                               Json::Object{{"digest", parsed->digest().hex()}}),
                 {"ada", "cleo"}),
      "2026-11-13T00:00:00Z");
  model::Order order = restriction_of("sub-9", "archive", '9');
  order.restriction->catalogue = parsed->digest();
  order.restriction->services_not_affected.clear();
  host.feed.world.put_in_force(sign_order(order, {"ada", "ben"}), "2026-11-13T00:00:01Z");
  host.feed.made = at("2026-11-13T00:00:00Z");
  GateDelta delta = host.feed.delta();
  EXPECT_EQ(delta.governance.size(), 1U);
  delta.catalogues.clear();
  EXPECT_REFUSED(host.said(delta), "catalogue");
  delta.catalogues = {document};
  host.clocks.pass_until(at("2026-11-14T00:00:00Z"));
  EXPECT_EQ(host.said(delta), "accepted");
  EXPECT_FALSE(host.gate->check({"sub-9", "archive", "Fetch", "", ""}).refused()) << "a read";
  EXPECT_TRUE(host.gate->check({"sub-9", "archive", "Store", "", ""}).refused());
}

TEST(Delta, WithoutWitnessesItNeedsTheWholeI2) {
  FedGate host;
  host.settings.trust.witnesses = testing::two_of_three();
  const auto cosigned = [&](const std::string& note, const std::vector<std::string>& by) {
    std::string out = note;
    for (const std::string& name : by) out += testing::cosignature(note, name);
    return out;
  };
  host.open();
  GateSnapshot first = host.feed.snapshot();
  host.feed.last = first;
  first.checkpoint = cosigned(first.checkpoint, {"oslo", "lima"});
  ASSERT_TRUE(host.gate->offer(model::write_snapshot(first)));
  host.feed.restrict_use(3);
  GateDelta delta = host.feed.delta();
  const std::string note = delta.checkpoint;
  const auto code = [&] { return host.gate->offer_delta(model::write_delta(delta)).error().code; };
  EXPECT_EQ(code(), Errc::conflict);
  delta.checkpoint = cosigned(note, {"oslo"});
  EXPECT_EQ(code(), Errc::conflict);
  delta.checkpoint = cosigned(note, {"oslo", "lima"}) + testing::forged_cosignature(note, "cairo");
  EXPECT_EQ(code(), Errc::denied);
  EXPECT_FALSE(host.refuses(3));
  delta.checkpoint = cosigned(note, {"oslo", "lima"});
  EXPECT_EQ(host.said(delta), "accepted");
  EXPECT_TRUE(host.refuses(3));
  // What waits for witnesses is no ground for a delta.
  ASSERT_TRUE(host.gate->offer(host.feed.whole()));
  GateDelta next = host.feed.delta();
  next.checkpoint = cosigned(next.checkpoint, {"oslo", "lima"});
  EXPECT_REFUSED(host.said(next), "waits for witnesses");
}

}  // namespace
}  // namespace proviso::gates
