// SPDX-License-Identifier: Apache-2.0
// What `verify` says of sealed entries and their openings.
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gates/ledger_audit.h"
#include "gates/testing/world.h"
#include "model/sealed.h"

namespace proviso::gates {
namespace {

using model::EntryDraft;
using model::Opening;
using testing::at;
using testing::World;
namespace kind = model::entry_kind;

class Seals : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = ::testing::TempDir() + "proviso_seals_" + std::to_string(getpid()) + "_" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  AuditReport audit(const char* when = "2026-12-01T00:00:00Z") {
    std::filesystem::remove_all(dir_);
    world_.write_to(real_file_system(), dir_);
    return audit_ledger(real_file_system(), dir_, world_.trust(),
                        {.snapshot = {}, .since = {}, .at = at(when)});
  }
  std::uint64_t log(const EntryDraft& draft) {
    return world_.log_bytes(model::entry_bytes(draft, model::testing::kLedger).value());
  }
  EntryDraft inner(std::string_view of_kind = kind::finding_made) {
    return model::new_entry(of_kind, at("2026-11-02T00:00:00Z"), random_,
                            Json::Object{{"case", "c"}}, Json::Object{});
  }
  Json leaf(const EntryDraft& draft) {
    return parse_json(model::entry_bytes(draft, model::testing::kLedger).value()).value();
  }
  /// Logs a sealed entry of 3 November, due in ten days.
  EntryDraft seal(const Json& content) {
    EntryDraft draft = model::new_entry(kind::sealed, at("2026-11-03T00:00:00Z"), random_,
                                        model::sealed_public(at("2026-11-13T00:00:00Z")), content);
    log(draft);
    return draft;
  }
  std::uint64_t open(const Opening& opening, const char* time = "2026-11-09T00:00:00Z") {
    return world_.log(kind::opened, at(time), model::opening_public(opening));
  }
  static Opening opening_of(const EntryDraft& seal) {
    return {.opens = seal.id, .salt = seal.salt, .content = seal.private_part, .order = {}};
  }
  void expect_refused(std::uint64_t index, std::string_view part) {
    const AuditReport report = audit();
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.error_class, "seal") << report.detail;
    EXPECT_EQ(report.where, "entry " + std::to_string(index)) << report.detail;
    EXPECT_NE(report.detail.find(part), std::string::npos) << report.detail;
  }

  World world_;
  SeededRandom random_{11};
  std::string dir_;
};

TEST_F(Seals, AreCountedAndListedOnceTheyAreOverdue) {
  const EntryDraft real = seal(leaf(inner()));
  const EntryDraft cover = seal(model::cover_content());
  seal(model::cover_content());
  open(opening_of(real));
  open(opening_of(cover), "2026-11-20T00:00:00Z");
  const AuditReport early = audit("2026-11-13T00:00:00Z");
  EXPECT_TRUE(early.ok) << early.detail;
  EXPECT_TRUE(early.overdue.empty());
  const AuditReport late = audit("2026-11-13T00:00:01Z");
  EXPECT_TRUE(late.ok) << "what is owed is no error of the log";
  EXPECT_EQ(late.seals.sealed, 3U);
  EXPECT_EQ(late.seals.opened, 2U);
  EXPECT_EQ(late.seals.covers, 1U);
  EXPECT_EQ(late.seals.opened_late, 1U);
  ASSERT_EQ(late.overdue.size(), 1U);
  EXPECT_EQ(late.overdue[0].entry, 3U);
  EXPECT_EQ(late.overdue[0].due, at("2026-11-13T00:00:00Z"));
}

TEST_F(Seals, AnOrdersOpeningsAreOwedByItsOwnTime) {
  const EntryDraft first = seal(leaf(inner()));
  const EntryDraft second = seal(leaf(inner()));
  const model::SignedOrder order = testing::sample_signed();
  const auto index =
      world_.log(kind::order_in_force, at("2026-11-06T00:00:00Z"),
                 model::in_force_public(
                     order, model::OrderSeals{.count = 2, .open_by = at("2026-11-10T00:00:00Z")}));
  Opening opening = opening_of(first);
  opening.order = sha256(order.canonical);
  open(opening);
  const AuditReport one = audit("2026-11-10T00:00:01Z");
  EXPECT_TRUE(one.ok) << one.detail;
  ASSERT_EQ(one.overdue.size(), 1U);
  EXPECT_EQ(one.overdue[0].entry, index);
  EXPECT_EQ(one.overdue[0].missing, 1);
  Opening other = opening_of(second);
  other.order = opening.order;
  open(other);
  EXPECT_TRUE(audit("2026-11-10T00:00:01Z").overdue.empty());
}

TEST_F(Seals, OpeningNothingIsRefused) {
  const EntryDraft never =
      model::new_entry(kind::sealed, at("2026-11-03T00:00:00Z"), random_,
                       model::sealed_public(at("2026-11-13T00:00:00Z")), model::cover_content());
  expect_refused(open(opening_of(never)), "nothing that was sealed");
}

TEST_F(Seals, OpeningTwiceIsRefused) {
  const EntryDraft cover = seal(model::cover_content());
  open(opening_of(cover));
  expect_refused(open(opening_of(cover)), "open already");
}

TEST_F(Seals, ShowingSomethingElseIsRefused) {
  Opening opening = opening_of(seal(leaf(inner())));
  opening.content = model::cover_content();
  expect_refused(open(opening), "something else");
}

TEST_F(Seals, AnOrderInForceCannotHaveBeenSealedI2) {
  EntryDraft secret = inner(kind::order_in_force);
  secret.public_part = model::in_force_public(testing::sample_signed());
  expect_refused(open(opening_of(seal(leaf(secret)))), "never sealed");
  EXPECT_EQ(audit().orders_in_force, 0U);
}

TEST_F(Seals, WhatWasSealedHasAnIdOfItsOwn) {
  const Json same = leaf(inner());
  const EntryDraft one = seal(same);
  const EntryDraft two = seal(same);
  open(opening_of(one));
  expect_refused(open(opening_of(two)), "id of an earlier entry");
}

TEST_F(Seals, AnIdOfNoTextStandsOnceToo) {
  EntryDraft nameless = inner();
  nameless.id = model::EntryId("");
  const Json same = leaf(nameless);
  const EntryDraft one = seal(same);
  const EntryDraft two = seal(same);
  open(opening_of(one));
  expect_refused(open(opening_of(two)), "id of an earlier entry");
}

TEST_F(Seals, AnOpeningNamesOnlyAnOrderInForce) {
  Opening opening = opening_of(seal(leaf(inner())));
  opening.order = sha256("no such order");
  expect_refused(open(opening), "not in force");
}

TEST_F(Seals, WithoutATimeOfItsOwnNothingIsSealed) {
  expect_refused(world_.log(kind::sealed, at("2026-11-03T00:00:00Z")), "open_by");
}

TEST_F(Seals, ForLongerThanTwoYearsNothingIsSealed) {
  expect_refused(world_.log(kind::sealed, at("2026-11-03T00:00:00Z"),
                            model::sealed_public(at("2028-11-05T00:00:00Z"))),
                 "732 days");
}

}  // namespace
}  // namespace proviso::gates
