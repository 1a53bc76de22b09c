// SPDX-License-Identifier: Apache-2.0
#include "decisions/gate_feed.h"

#include <gtest/gtest.h>

#include "decisions/testing/provider.h"
#include "ledger/merkle.h"

namespace proviso::decisions {
namespace {

using model::testing::key_of;
using namespace std::chrono_literals;
using testing::Provider;

constexpr Duration kNeverRenewed = std::chrono::hours{24 * 365};

// The feed reads what the provider's record writes, at the same time.
struct Fed {
  Fed() : feed(open(false)) {}

  std::unique_ptr<GateFeed> open(bool cosigned_only) {
    auto verifier = ledger::NoteSigner::make(model::testing::kLedger, key_of("ledger"))->verifier();
    auto opened = GateFeed::open({.store = provider.dir() + "/store",
                                  .log_dir = provider.dir() + "/ledger/log",
                                  .key = verifier,
                                  .origin = model::testing::kLedger,
                                  .cosigned_only = cosigned_only},
                                 real_file_system());
    EXPECT_TRUE(opened) << opened.error().message;
    return std::move(*opened);
  }
  bool look() {
    static_cast<void>(provider.record().log()->head());  // what is acknowledged is public
    const auto looked = feed->look(provider.clock.now(), kNeverRenewed);
    EXPECT_TRUE(looked) << looked.error().message;
    return looked.value_or(false);
  }
  Digest restrict_it(const char* line = "sub-1/object-storage") {
    Proposal proposal = provider.proposal();
    proposal.scope = {model::parse_scope_line(line).value()};
    const Digest digest = provider.orders().propose(proposal, key_of("petra")).value();
    EXPECT_FALSE(provider.approve(digest, "ada")->in_force);
    EXPECT_TRUE(provider.approve(digest, "ben")->in_force);
    return digest;
  }
  void lift(const Digest& order) {
    const Digest lift = provider.orders().propose_lift(order, "a mistake").value();
    EXPECT_TRUE(provider.approve(lift, "cleo")->in_force);
  }
  model::GateDelta delta(const GateCut& from) {
    const auto text = feed->delta(from);
    EXPECT_TRUE(text && *text);
    return model::parse_delta(**text).value();
  }

  // Of the snapshot, in its order.
  std::vector<Digest> held() {
    std::vector<Digest> out;
    const auto snapshot = model::parse_snapshot(feed->snapshot().value()).value();
    for (const auto& order : snapshot.restrictions) {
      out.push_back(sha256(order.order.canonical));
    }
    return out;
  }

  Provider provider;
  std::unique_ptr<GateFeed> feed;
};

TEST(GateFeed, SaysWhatASnapshotSays) {
  Fed fed;
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.feed->snapshot().value(),
            model::write_snapshot(fed.provider.orders().snapshot().value()));
  const Digest order = fed.restrict_it();
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.feed->snapshot().value(),
            model::write_snapshot(fed.provider.orders().snapshot().value()));
  const Digest other = fed.restrict_it("sub-2/speech");
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), (std::vector<Digest>{order, other}));
  fed.lift(order);
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), std::vector<Digest>{other});
  model::OrderSum sum;
  sum.add(other);
  EXPECT_EQ(sum.value(), fed.feed->newest()->state.orders);
}

TEST(GateFeed, TellsOnlyWhatGatesWouldSee) {
  Fed fed;
  EXPECT_TRUE(fed.look());
  EXPECT_FALSE(fed.look());
  ASSERT_TRUE(fed.provider.casework().add_report("press", "customer-1", "again"));
  const Digest proposed =
      fed.provider.orders().propose(fed.provider.proposal(), key_of("petra")).value();
  EXPECT_FALSE(fed.look()) << "a report and a proposal reach no gate (I11)";
  ASSERT_TRUE(fed.provider.approve(proposed, "ada"));
  EXPECT_FALSE(fed.look()) << "one of two approvals";
  ASSERT_TRUE(fed.provider.approve(proposed, "ben")->in_force);
  EXPECT_TRUE(fed.look());
}

// A process that dies between the log and the mark in the store leaves such a row; so does one that
// has not come to the mark yet.
TEST(GateFeed, AnOrderCountsWhenTheLogHasItThoughTheStoreDoesNotSaySo) {
  Fed fed;
  const Digest first = fed.restrict_it();
  EXPECT_TRUE(fed.look());
  const Digest second = fed.restrict_it("sub-2/speech");
  auto& database = fed.provider.record().database();
  const auto unmark = [&](std::string_view what) {
    ASSERT_TRUE(database.run("UPDATE outbox SET ledger_index=NULL WHERE " + std::string(what)));
  };
  const auto rows = database.query("SELECT seq, ledger_index FROM outbox ORDER BY seq").value();
  ASSERT_GT(rows.size(), 3U);
  const std::string from = std::to_string(rows[rows.size() - 3].integer(0));
  unmark("seq>=" + from);
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), (std::vector<Digest>{first, second}));
  fed.lift(first);
  unmark("seq>=" + from);
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), std::vector<Digest>{second});
  EXPECT_FALSE(fed.look()) << "nothing is taken twice";
  // Marked at last.
  for (const auto& row : rows) {
    ASSERT_TRUE(database.run("UPDATE outbox SET ledger_index=:p0 WHERE seq=:p1",
                             {row.integer(1), row.integer(0)}));
  }
  EXPECT_FALSE(fed.look());
  EXPECT_EQ(fed.held(), std::vector<Digest>{second});
  fed.feed = fed.open(false);
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), std::vector<Digest>{second});
}

TEST(GateFeed, RenewsAVersionThatIsOld) {
  Fed fed;
  EXPECT_TRUE(fed.look());
  const GateCut before = *fed.feed->newest();
  fed.provider.clock.advance(5min);
  EXPECT_TRUE(fed.feed->look(fed.provider.clock.now(), 5min).value());
  EXPECT_EQ(fed.feed->newest()->state.made_at, before.state.made_at + 5min);
  const auto delta = fed.delta(before);
  EXPECT_TRUE(delta.added.empty() && delta.gone.empty() && delta.governance.empty());
  // A clock that goes back does not take the version back.
  fed.provider.clock.advance(-10min);
  EXPECT_FALSE(fed.feed->look(fed.provider.clock.now(), 5min).value());
}

TEST(GateFeed, ADeltaLeadsFromAnyVersionToTheNewest) {
  Fed fed;
  EXPECT_TRUE(fed.look());
  const GateCut nothing = *fed.feed->newest();
  const Digest first = fed.restrict_it();
  EXPECT_TRUE(fed.look());
  const GateCut one = *fed.feed->newest();
  const Digest second = fed.restrict_it("sub-2/speech");
  fed.lift(first);
  EXPECT_TRUE(fed.look());
  const GateCut newest = *fed.feed->newest();

  const auto from_nothing = fed.delta(nothing);
  EXPECT_EQ(from_nothing.from, nothing.state);
  EXPECT_EQ(from_nothing.orders, newest.state.orders);
  ASSERT_EQ(from_nothing.added.size(), 1U);
  EXPECT_EQ(sha256(from_nothing.added[0].order.canonical), second);
  EXPECT_TRUE(from_nothing.gone.empty());
  EXPECT_EQ(from_nothing.catalogues.size(), 1U);

  const auto from_one = fed.delta(one);
  ASSERT_EQ(from_one.added.size(), 1U);
  EXPECT_EQ(from_one.gone, std::vector<Digest>{first});
  EXPECT_TRUE(from_one.catalogues.empty()) << "the gate has it";
  EXPECT_TRUE(ledger::verify_consistency(one.state.size, one.state.root, newest.state.size,
                                         newest.state.root, from_one.consistency));
  const auto& added = from_one.added.front();
  EXPECT_TRUE(ledger::verify_inclusion(added.entry.index, newest.state.size,
                                       ledger::leaf_hash(added.entry.bytes), added.entry.path,
                                       newest.state.root));
  model::OrderSum sum = model::OrderSum::from(one.state.orders);
  sum.add(second);
  sum.remove(first);
  EXPECT_EQ(sum.value(), newest.state.orders);
}

TEST(GateFeed, KnowsAVersionAgainAfterARestart) {
  Fed fed;
  const Digest first = fed.restrict_it();
  EXPECT_TRUE(fed.look());
  const model::GateState stands_on = fed.feed->newest()->state;
  fed.feed = fed.open(false);
  fed.lift(first);
  EXPECT_TRUE(fed.look());
  const auto delta = fed.delta(fed.feed->cut_of(stands_on));
  EXPECT_EQ(delta.gone, std::vector<Digest>{first});
}

TEST(GateFeed, AnOrderThatIsOverIsGone) {
  Fed fed;
  const Digest order = fed.restrict_it();
  EXPECT_TRUE(fed.look());
  const GateCut before = *fed.feed->newest();
  fed.provider.clock.advance(std::chrono::days{91});
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.delta(before).gone, std::vector<Digest>{order});
}

// I11: a gate's owner, or whoever reads its files, learns of it no sooner than the customer.
TEST(GateFeed, AnOrderIsToldWithItsFirstEffectI11) {
  Fed fed;
  Proposal proposal = fed.provider.proposal();
  proposal.stages.front().from = floor_second(fed.provider.clock.now()) + std::chrono::days{3};
  const Digest order = fed.provider.orders().propose(proposal, key_of("petra")).value();
  EXPECT_FALSE(fed.provider.approve(order, "ada")->in_force);
  EXPECT_TRUE(fed.provider.approve(order, "ben")->in_force);
  EXPECT_TRUE(fed.look());
  const GateCut before = *fed.feed->newest();
  EXPECT_TRUE(fed.held().empty());
  EXPECT_TRUE(fed.provider.orders().snapshot()->restrictions.empty());
  fed.provider.clock.advance(std::chrono::days{3} - 1min);
  EXPECT_FALSE(fed.look());
  fed.provider.clock.advance(1min);
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), std::vector<Digest>{order});
  EXPECT_EQ(fed.provider.orders().snapshot()->restrictions.size(), 1U);
  const auto delta = fed.delta(before);
  ASSERT_EQ(delta.added.size(), 1U);
  EXPECT_EQ(sha256(delta.added.front().order.canonical), order);
}

// The orders of a version are those of the time that it tells.
TEST(GateFeed, AClockThatIsSetBackOverAnEndStopsNoLift) {
  Fed fed;
  fed.restrict_it();
  fed.provider.clock.advance(std::chrono::days{1});
  const Digest other = fed.restrict_it("sub-2/speech");
  fed.provider.clock.advance(std::chrono::days{89} + 1min);
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.held(), std::vector<Digest>{other}) << "the first is over";
  const GateCut before = *fed.feed->newest();
  fed.provider.clock.advance(-10min);
  EXPECT_FALSE(fed.look());
  EXPECT_EQ(*fed.feed->newest(), before);
  fed.lift(other);
  EXPECT_TRUE(fed.look());
  const auto delta = fed.delta(before);
  EXPECT_EQ(delta.gone, std::vector<Digest>{other});
  EXPECT_TRUE(delta.added.empty());
  EXPECT_EQ(delta.orders, Digest{}) << "the sum of none";
}

TEST(GateFeed, AChangeOfWhoDecidesIsToldOnce) {
  Fed fed;
  EXPECT_TRUE(fed.look());
  const GateCut before = *fed.feed->newest();
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("dora", model::Role::approver));
  const Digest change = fed.provider.orders()
                            .propose_change(model::OrderKind::roster, model::roster_to_json(roster),
                                            "", "one more", key_of("petra"))
                            .value();
  fed.provider.clock.advance(1min);
  ASSERT_TRUE(fed.provider.approve(change, "ada"));
  ASSERT_TRUE(fed.provider.approve(change, "ben")->in_force);
  EXPECT_TRUE(fed.look());
  const GateCut after = *fed.feed->newest();
  ASSERT_EQ(fed.delta(before).governance.size(), 1U);
  fed.restrict_it();
  EXPECT_TRUE(fed.look());
  EXPECT_TRUE(fed.delta(after).governance.empty());
}

TEST(GateFeed, SaysWhereOnlyTheWholeHelps) {
  Fed fed;
  fed.restrict_it();
  EXPECT_TRUE(fed.look());
  const GateCut newest = *fed.feed->newest();
  const auto only_whole = [&](const GateCut& from) {
    const auto delta = fed.feed->delta(from);
    return delta && !*delta;
  };
  EXPECT_FALSE(only_whole(newest));
  GateCut forked = newest;
  forked.state.root = sha256("another");
  EXPECT_TRUE(only_whole(forked));
  GateCut other_orders = newest;
  other_orders.state.orders = sha256("others");
  EXPECT_TRUE(only_whole(other_orders));
  GateCut ahead = newest;
  ++ahead.state.size;
  EXPECT_TRUE(only_whole(ahead));
}

TEST(GateFeed, NeedsAStore) {
  GateFeed::Source nowhere{};
  nowhere.store = "/nonexistent/store";
  EXPECT_EQ(GateFeed::open(nowhere, real_file_system()).error().code, Errc::not_found);
}

TEST(GateFeed, WaitsForWitnessesWithAnOrderAndNotWithALift) {
  Fed fed;
  const std::string cosigned = fed.provider.dir() + "/ledger/log/checkpoint.cosigned";
  const auto cosign = [&] {
    const auto head = fed.provider.record().log()->head().value();
    ASSERT_TRUE(real_file_system().write_durable(cosigned, head.checkpoint));
  };
  const Digest first = fed.restrict_it();
  cosign();
  fed.feed = fed.open(true);
  EXPECT_TRUE(fed.look());
  const GateCut before = *fed.feed->newest();
  fed.restrict_it("sub-2/speech");
  EXPECT_FALSE(fed.look()) << "no witness has seen it";
  fed.lift(first);
  EXPECT_TRUE(fed.look());
  const auto lifted = fed.delta(before);
  EXPECT_EQ(lifted.gone, std::vector<Digest>{first});
  EXPECT_TRUE(lifted.added.empty());
  const GateCut between = *fed.feed->newest();
  const std::uint64_t with_lift = fed.provider.record().log()->size();
  EXPECT_LT(between.state.size, with_lift) << "the lift's entry is not covered";
  cosign();
  EXPECT_TRUE(fed.look());
  EXPECT_EQ(fed.feed->newest()->state.size, with_lift) << "for whoever waits for its confirmation";
  const auto rest = fed.delta(between);
  EXPECT_EQ(rest.added.size(), 1U);
  EXPECT_TRUE(rest.gone.empty());
}

}  // namespace
}  // namespace proviso::decisions
