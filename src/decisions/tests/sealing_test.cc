// SPDX-License-Identifier: Apache-2.0
// A review that nobody outside can see, and its openings.
#include "cases/sealing.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "decisions/stages.h"
#include "decisions/testing/provider.h"
#include "model/sealed.h"

namespace proviso::decisions {
namespace {

using model::Entry;
using testing::Provider;
namespace kind = model::entry_kind;

constexpr auto kSlot = std::chrono::minutes{10};

cases::SealingPolicy sealing(std::size_t per_slot = 2) {
  return {.on = true,
          .every = kSlot,
          .per_slot = per_slot,
          .open_by = std::chrono::days{400},
          .open_after = std::chrono::days{30}};
}

std::vector<std::string> leaves(Provider& p) {
  std::vector<std::string> out;
  for (std::uint64_t i = 0; i < p.record().log()->size(); ++i) {
    out.push_back(p.record().log()->entry(i).value());
  }
  return out;
}

std::vector<Entry> entries_of(Provider& p, std::string_view of_kind) {
  std::vector<Entry> out;
  for (const std::string& leaf : leaves(p)) {
    Entry entry = model::parse_entry(leaf).value();
    if (entry.kind == of_kind) out.push_back(std::move(entry));
  }
  return out;
}

// What anybody can see of a log, leaf by leaf: the length, and all but the random parts.
std::vector<std::string> view_of(Provider& p) {
  std::vector<std::string> out;
  for (const std::string& leaf : leaves(p)) {
    const Entry entry = model::parse_entry(leaf).value();
    std::string line = std::to_string(leaf.size()) + " " + entry.kind + " " +
                       format_time(entry.time) + " " + canonical_json(entry.public_part);
    // The clock of an id is public as well: its first 48 bits.
    line += " " + entry.id.value.substr(0, 13);
    out.push_back(std::move(line));
  }
  return out;
}

void tick(Provider& p) {
  ASSERT_TRUE(cases::append_slot(p.record()));
  ASSERT_TRUE(record_stages(p.record()));
  const auto opened = cases::open_due(p.record());
  ASSERT_TRUE(opened) << opened.error().message;
}
// Twice a day: what is missed is not made up for, and not needed here.
void tick_until(Provider& p, Time end) {
  for (; p.clock.now() < end; p.clock.advance(std::chrono::hours{12})) tick(p);
}

Digest put_in_force(Provider& p) {
  const Digest order = p.orders().propose(p.proposal(), model::testing::key_of("petra")).value();
  EXPECT_FALSE(p.approve(order, "ada").value().in_force);
  EXPECT_TRUE(p.approve(order, "ben").value().in_force);
  return order;
}

std::string inside(const Entry& opened) {
  const Json& content = *opened.public_part.find("content");
  const Json* of_kind = content.find("kind");
  return of_kind == nullptr ? "cover" : *of_kind->if_string();
}

// The whole way of a review up to its last signature but one, against a provider without any.
TEST(Sealing, AReviewCannotBeToldFromQuietI11) {
  Provider quiet(Provider::Founded::without_a_case, sealing());
  Provider busy(Provider::Founded::first, sealing());
  for (int slot = 0; slot < 30; ++slot) {
    if (slot == 1) {
      ASSERT_TRUE(busy.raise_signal("s-1", "sub-1"));
    }
    if (slot == 2) {
      for (const char* text : {"a", "b", "c", "d", "e"}) {
        ASSERT_TRUE(busy.casework().add_evidence(busy.case_id, "document", "g", text));
      }
    }
    if (slot == 5) {
      ASSERT_TRUE(busy.casework().add_finding(busy.case_id, "E1", "not-assessable", {}));
      ASSERT_TRUE(busy.casework().show(busy.case_id));
    }
    if (slot == 7) {
      const Digest order =
          busy.orders().propose(busy.proposal(), model::testing::key_of("petra")).value();
      ASSERT_TRUE(busy.approve(order, "ada"));
    }
    tick(quiet);
    tick(busy);
    EXPECT_EQ(view_of(quiet), view_of(busy)) << "slot " << slot;
    quiet.clock.advance(kSlot);
    busy.clock.advance(kSlot);
  }
  EXPECT_EQ(entries_of(busy, kind::sealed).size(), 60U);
  EXPECT_EQ(busy.record().database().query("SELECT 1 FROM seals WHERE kind<>'cover'")->size(), 12U);
}

// Else an opened cover would tell what the leaves beside it are.
TEST(Sealing, WhereACoverStandsInItsSlotFollowsFromNothing) {
  Provider p(Provider::Founded::first, sealing(4));
  for (int slot = 0; slot < 24; ++slot) {
    ASSERT_TRUE(
        p.casework().add_evidence(p.case_id, "document", "g", "item " + std::to_string(slot)));
    tick(p);
    p.clock.advance(kSlot);
  }
  const auto rows = p.record().database().query(
      "SELECT s.kind FROM outbox o JOIN seals s ON s.sealed_entry=o.entry ORDER BY o.seq", {});
  ASSERT_TRUE(rows);
  std::set<std::size_t> places;
  for (std::size_t first = 0; first + 4 <= rows->size(); first += 4) {
    std::vector<std::size_t> real;
    for (std::size_t i = 0; i < 4; ++i) {
      if ((*rows)[first + i].text(0) != "cover") real.push_back(i);
    }
    if (real.size() == 1) places.insert(real.front());
  }
  EXPECT_EQ(places.size(), 4U);
}

TEST(Sealing, IsOffUnlessItIsAskedFor) {
  Provider p;
  EXPECT_EQ(entries_of(p, kind::report_received).size(), 1U);
  tick(p);
  EXPECT_TRUE(entries_of(p, kind::sealed).empty());
}

TEST(Sealing, ASlotTakesItsNumberOnceAndInTheOrderOfTime) {
  Provider p(Provider::Founded::first, sealing(3));
  tick(p);
  tick(p);
  EXPECT_EQ(entries_of(p, kind::sealed).size(), 3U) << "the same slot is done once";
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(p.casework().add_evidence(p.case_id, "document", "g", std::to_string(i)));
  }
  p.clock.advance(kSlot);
  tick(p);
  EXPECT_EQ(entries_of(p, kind::sealed).size(), 6U) << "never more";
  const auto first = p.record().database().query(
      "SELECT seq FROM seals WHERE kind='evidence-added' AND sealed_entry<>'' ORDER BY seq");
  EXPECT_EQ(first->size(), 3U);
  p.clock.advance(10 * kSlot);
  tick(p);
  EXPECT_EQ(entries_of(p, kind::sealed).size(), 9U) << "what was missed is not made up for";
}

TEST(Sealing, AnOrderInForceIsProvenWithoutWhatIsSealedI2) {
  Provider p(Provider::Founded::first, sealing());
  const Digest order = put_in_force(p);
  EXPECT_TRUE(entries_of(p, kind::order_approved).empty());
  EXPECT_TRUE(entries_of(p, kind::order_proposed).empty());
  const auto in_force = entries_of(p, kind::order_in_force);
  ASSERT_EQ(in_force.size(), 1U);
  const auto shown = model::parse_in_force(in_force[0].public_part).value();
  EXPECT_EQ(shown.signed_order.approvals.size(), 2U);
  ASSERT_TRUE(shown.seals);
  // The report, the case, the proposal, two approvals.
  EXPECT_EQ(shown.seals->count, 5);
  EXPECT_EQ(shown.seals->open_by, p.clock.now() + model::kOpenWithin);
  const OrderRow row = p.orders().find(order).value();
  EXPECT_TRUE(model::in_force_of(in_force[0], row.signed_order));
}

TEST(Sealing, OpensAllOfItInTimeAfterTheFirstEffect) {
  Provider p(Provider::Founded::first, sealing());
  tick_until(p, p.clock.now() + std::chrono::days{1});
  const Digest order = put_in_force(p);
  const Time effect = p.clock.now();
  tick_until(p, effect + std::chrono::days{30});
  EXPECT_TRUE(entries_of(p, kind::opened).empty());
  p.clock.set(effect + std::chrono::days{30});
  tick(p);
  const auto opened = entries_of(p, kind::opened);
  std::map<std::string, int> kinds;
  for (const Entry& entry : opened) {
    ++kinds[inside(entry)];
    const auto opening = model::parse_opening(entry.public_part).value();
    EXPECT_EQ(opening.order, order);
  }
  const std::map<std::string, int> wanted = {
      {"report-received", 1}, {"case-opened", 1}, {"order-proposed", 1}, {"order-approved", 2}};
  EXPECT_EQ(kinds, wanted);
  const auto before = entries_of(p, kind::sealed).size();
  tick(p);
  EXPECT_EQ(entries_of(p, kind::opened).size(), opened.size()) << "once";
  EXPECT_EQ(entries_of(p, kind::sealed).size(), before);
}

TEST(Sealing, EndsWithTheFirstEffectAndBeginsAnewWhenACaseReopens) {
  Provider p(Provider::Founded::first, sealing());
  put_in_force(p);
  ASSERT_TRUE(p.casework().add_evidence(p.case_id, "document", "g", "after"));
  EXPECT_EQ(entries_of(p, kind::evidence_added).size(), 1U) << "the customer has been told";
  ASSERT_TRUE(p.casework().close(p.case_id, "done"));
  EXPECT_EQ(entries_of(p, kind::case_closed).size(), 1U);
  ASSERT_TRUE(p.raise_signal("s-9", "sub-1"));
  EXPECT_TRUE(entries_of(p, kind::signal_raised).size() <= 1U);
  EXPECT_TRUE(entries_of(p, kind::case_reopened).empty()) << "a new review";
  ASSERT_TRUE(p.casework().add_evidence(p.case_id, "document", "g", "again"));
  EXPECT_EQ(entries_of(p, kind::evidence_added).size(), 1U);
}

TEST(Sealing, BeforeAScheduledEffectNothingIsTold) {
  Provider p(Provider::Founded::first, sealing());
  Proposal later = p.proposal();
  later.stages[0].from = p.clock.now() + std::chrono::days{3};
  const Digest order = p.orders().propose(later, model::testing::key_of("petra")).value();
  ASSERT_TRUE(p.approve(order, "ada"));
  ASSERT_TRUE(p.approve(order, "ben")->in_force);
  ASSERT_TRUE(p.casework().add_evidence(p.case_id, "document", "g", "between"));
  EXPECT_TRUE(entries_of(p, kind::evidence_added).empty());
  EXPECT_FALSE(cases::open_case(p.record(), p.case_id));
  p.clock.advance(std::chrono::days{3});
  tick(p);
  EXPECT_EQ(entries_of(p, kind::stage_begun).size(), 1U);
  ASSERT_TRUE(p.casework().add_evidence(p.case_id, "document", "g", "afterwards"));
  EXPECT_EQ(entries_of(p, kind::evidence_added).size(), 1U);
}

TEST(Sealing, ACaseThatEndsWithoutAnOrderOpensAfterItsEnd) {
  Provider p(Provider::Founded::first, sealing());
  ASSERT_TRUE(p.casework().close(p.case_id, "nothing in it"));
  EXPECT_TRUE(entries_of(p, kind::case_closed).empty()) << "its end is part of what is sealed";
  const Time end = p.clock.now();
  tick_until(p, end + std::chrono::days{29});
  EXPECT_TRUE(entries_of(p, kind::opened).empty());
  p.clock.set(end + std::chrono::days{30});
  tick(p);
  EXPECT_EQ(entries_of(p, kind::opened).size(), 3U);
}

TEST(Sealing, ACaseThatReopensStaysSealed) {
  Provider p(Provider::Founded::first, sealing());
  ASSERT_TRUE(p.casework().close(p.case_id, "nothing in it"));
  tick_until(p, p.clock.now() + std::chrono::days{2});
  ASSERT_TRUE(p.raise_signal("s-1", "sub-1"));
  p.clock.advance(std::chrono::days{60});
  tick(p);
  EXPECT_TRUE(entries_of(p, kind::opened).empty());
  EXPECT_FALSE(cases::open_case(p.record(), p.case_id)) << "its customer has not been told (I11)";
}

// Covers and what is still secret open by one rule, so a late opening tells nothing either.
TEST(Sealing, CoversOpenTooAndAreNotToldFromALongReviewBefore) {
  Provider quiet(Provider::Founded::without_a_case, sealing());
  Provider busy(Provider::Founded::first, sealing());
  for (Provider* p : {&quiet, &busy}) {
    for (int i = 0; i < 3; ++i, p->clock.advance(kSlot)) tick(*p);
    p->clock.advance(std::chrono::days{392});
    tick(*p);
    EXPECT_TRUE(entries_of(*p, kind::opened).empty());
  }
  EXPECT_EQ(view_of(quiet), view_of(busy));
  for (Provider* p : {&quiet, &busy}) {
    p->clock.advance(std::chrono::days{1});
    tick(*p);
    EXPECT_EQ(entries_of(*p, kind::opened).size(), 6U) << "before their own time, covers too";
  }
  for (const Entry& entry : entries_of(quiet, kind::opened)) EXPECT_EQ(inside(entry), "cover");
}

TEST(Sealing, WhatOthersActOnIsNeverSealed) {
  Provider p(Provider::Founded::first, sealing());
  const Digest order = put_in_force(p);
  const Digest lift = p.orders().propose_lift(order, "a mistake").value();
  ASSERT_TRUE(p.approve(lift, "ben"));
  EXPECT_EQ(entries_of(p, kind::order_in_force).size(), 2U);
  EXPECT_EQ(entries_of(p, kind::order_proposed).size(), 1U) << "the lift's";
  EXPECT_EQ(entries_of(p, kind::order_approved).size(), 1U);
  EXPECT_EQ(entries_of(p, kind::register_loaded).size(), 1U);
  auto roster = model::testing::sample_roster();
  roster.push_back(model::testing::member("dora", model::Role::approver));
  ASSERT_TRUE(p.orders().propose_change(model::OrderKind::roster, model::roster_to_json(roster), "",
                                        "more people", model::testing::key_of("petra")));
  EXPECT_EQ(entries_of(p, kind::order_proposed).size(), 2U);
}

TEST(Sealing, SwitchedOffWhatWaitsIsStillCommittedTo) {
  Provider p(Provider::Founded::first, sealing());
  p.record().set_sealing({});
  tick(p);
  EXPECT_EQ(entries_of(p, kind::sealed).size(), 2U);
  tick(p);
  EXPECT_EQ(entries_of(p, kind::sealed).size(), 2U) << "and no covers";
}

TEST(Stages, AreOnRecordOnceEach) {
  Provider p;
  Proposal two = p.proposal();
  two.stages.push_back({p.clock.now() + std::chrono::days{2}, {model::EffectKind::deny, 0}});
  two.stages.back().effect = {model::EffectKind::read_only, 0};
  const Digest order = p.orders().propose(two, model::testing::key_of("petra")).value();
  ASSERT_TRUE(p.approve(order, "ada"));
  EXPECT_EQ(record_stages(p.record()).value(), 0U) << "not in force yet";
  ASSERT_TRUE(p.approve(order, "ben"));
  EXPECT_EQ(record_stages(p.record()).value(), 1U);
  EXPECT_EQ(record_stages(p.record()).value(), 0U);
  p.clock.advance(std::chrono::days{2});
  EXPECT_EQ(record_stages(p.record()).value(), 1U);
  const auto begun = entries_of(p, kind::stage_begun);
  ASSERT_EQ(begun.size(), 2U);
  // Its order, its number, and its customer's tag.
  EXPECT_EQ(begun[1].public_part.if_object()->size(), 3U);
  EXPECT_EQ(*begun[1].public_part.find("order"), Json(order.hex()));
  EXPECT_EQ(*begun[1].public_part.find("stage"), Json(1));
  EXPECT_TRUE(begun[1].public_part.find("about"));
}

// In shadow nothing has begun; with the first gate it has.
TEST(Stages, BeginWithTheFirstGate) {
  Provider p;
  Proposal shadow = p.proposal();
  const Time now = p.clock.now();
  shadow.rollout = {.first = {{{"north.example"}, now + std::chrono::days{3}}},
                    .everywhere_from = now + std::chrono::days{5}};
  const Digest order = p.orders().propose(shadow, model::testing::key_of("petra")).value();
  ASSERT_TRUE(p.approve(order, "ada"));
  ASSERT_TRUE(p.approve(order, "ben"));
  EXPECT_EQ(record_stages(p.record()).value(), 0U);
  p.clock.advance(std::chrono::days{3} - std::chrono::seconds{1});
  EXPECT_EQ(record_stages(p.record()).value(), 0U);
  p.clock.advance(std::chrono::seconds{1});
  EXPECT_EQ(record_stages(p.record()).value(), 1U);
  EXPECT_EQ(record_stages(p.record()).value(), 0U);
}

}  // namespace
}  // namespace proviso::decisions
