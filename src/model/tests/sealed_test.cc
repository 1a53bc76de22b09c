// SPDX-License-Identifier: Apache-2.0
#include "model/sealed.h"

#include <set>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "model/in_force.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::at;

constexpr std::string_view kLedger = "ledger.example/proviso";

std::string leaf_of(std::string_view kind, Json public_part, Random& random) {
  return entry_bytes(new_entry(kind, at("2026-11-05T08:00:00Z"), random, std::move(public_part),
                               Json::Object{}),
                     kLedger)
      .value();
}

EntryDraft seal_of(const Json& content, Random& random) {
  return new_entry(entry_kind::sealed, at("2026-11-05T08:10:00Z"), random,
                   sealed_public(at("2027-11-05T08:10:00Z")), content);
}

Opening opening_of(const EntryDraft& seal) {
  return {.opens = seal.id, .salt = seal.salt, .content = seal.private_part, .order = {}};
}

TEST(Sealed, AllHaveOneLength) {
  SeededRandom random(1);
  const Json small = parse_json(leaf_of(entry_kind::finding_made, Json::Object{}, random)).value();
  const Json large = parse_json(leaf_of(entry_kind::evidence_added,
                                        Json::Object{{"case", std::string(40'000, 'x')}}, random))
                         .value();
  std::set<std::size_t> lengths;
  for (const Json& content : {small, large, cover_content()}) {
    lengths.insert(entry_bytes(seal_of(content, random), kLedger)->size());
  }
  EXPECT_EQ(lengths.size(), 1U);
}

TEST(Sealed, OpensToWhatItHolds) {
  SeededRandom random(2);
  const std::string leaf = leaf_of(entry_kind::case_opened, Json::Object{{"case", "c"}}, random);
  const EntryDraft seal = seal_of(parse_json(leaf).value(), random);
  const auto opening = parse_opening(opening_public(opening_of(seal)));
  ASSERT_TRUE(opening) << opening.error().message;
  const auto content = sealed_content(*opening, commitment(seal), kLedger);
  ASSERT_TRUE(content) << content.error().message;
  ASSERT_TRUE(content->has_value());
  EXPECT_EQ((*content)->kind, entry_kind::case_opened);
  EXPECT_EQ((*content)->time, at("2026-11-05T08:00:00Z"));
  const EntryDraft cover = seal_of(cover_content(), random);
  const auto nothing = sealed_content(opening_of(cover), commitment(cover), kLedger);
  ASSERT_TRUE(nothing);
  EXPECT_FALSE(nothing->has_value());
}

TEST(Sealed, AnotherContentOrSaltIsRefused) {
  SeededRandom random(3);
  const EntryDraft seal = seal_of(cover_content(), random);
  Opening other = opening_of(seal);
  other.content =
      parse_json(leaf_of(entry_kind::case_opened, Json::Object{{"case", "c"}}, random)).value();
  EXPECT_FALSE(sealed_content(other, commitment(seal), kLedger));
  Opening salted = opening_of(seal);
  salted.salt[0] = static_cast<char>(salted.salt[0] ^ 1);
  EXPECT_FALSE(sealed_content(salted, commitment(seal), kLedger));
  Opening about = opening_of(seal);
  about.order = sha256("an order");
  EXPECT_FALSE(sealed_content(about, commitment(seal), kLedger)) << "a cover is about no order";
}

TEST(Sealed, WhatOthersActOnIsNeverSealed) {
  SeededRandom random(4);
  for (const std::string_view kind :
       {entry_kind::genesis, entry_kind::register_loaded, entry_kind::order_in_force,
        entry_kind::stage_begun, entry_kind::sealed, entry_kind::opened}) {
    EXPECT_FALSE(may_be_sealed(kind)) << kind;
    const EntryDraft seal =
        seal_of(parse_json(leaf_of(kind, Json::Object{}, random)).value(), random);
    EXPECT_FALSE(sealed_content(opening_of(seal), commitment(seal), kLedger)) << kind;
  }
  EXPECT_TRUE(may_be_sealed(entry_kind::order_approved));
  const EntryDraft foreign = seal_of(
      parse_json(leaf_of(entry_kind::finding_made, Json::Object{}, random)).value(), random);
  EXPECT_FALSE(sealed_content(opening_of(foreign), commitment(foreign), "another.example/log"));
  const EntryDraft garbage = seal_of(Json::Object{{"cover", false}}, random);
  EXPECT_FALSE(sealed_content(opening_of(garbage), commitment(garbage), kLedger));
}

TEST(Sealed, IsDueWithinTwoYears) {
  Entry entry;
  entry.time = at("2026-11-05T08:00:00Z");
  const auto due = [&](const Json& value) {
    entry.public_part = Json::Object{{"open_by", value}};
    return sealed_open_by(entry).has_value();
  };
  EXPECT_TRUE(due("2026-11-05T08:00:01Z"));
  EXPECT_TRUE(due("2028-11-06T08:00:00Z"));
  EXPECT_FALSE(due("2028-11-06T08:00:01Z"));
  EXPECT_FALSE(due("2026-11-05T08:00:00Z"));
  EXPECT_FALSE(due("2026-12-05T08:00:00.5Z"));
  EXPECT_FALSE(due("2261-12-05T08:00:00Z"));
  EXPECT_FALSE(due(7));
  entry.time = at("1678-01-01T00:00:00Z");
  EXPECT_FALSE(due("2261-12-05T08:00:00Z"));
  entry.public_part = Json::Object{{"open_by", "1678-12-05T08:00:00Z"}, {"kind", "report"}};
  EXPECT_FALSE(sealed_open_by(entry)) << "a sealed entry shows nothing else";
}

TEST(Sealed, AnOpeningHasOneText) {
  SeededRandom random(5);
  const Json good = opening_public(opening_of(seal_of(cover_content(), random)));
  const auto with = [&](std::string_view name, const Json& value) {
    Json changed = good;
    changed.if_object()->insert_or_assign(std::string(name), value);
    return parse_opening(changed).has_value();
  };
  EXPECT_TRUE(parse_opening(good));
  EXPECT_TRUE(with("order", sha256("o").hex()));
  EXPECT_FALSE(with("order", nullptr));
  EXPECT_FALSE(with("order", "x"));
  EXPECT_FALSE(with("salt", std::string(64, 'A')));
  EXPECT_FALSE(with("salt", std::string(62, 'a')));
  EXPECT_FALSE(with("content", "cover"));
  EXPECT_FALSE(with("surplus", 1));
}

TEST(OrderSeals, AreToBeOpenWithin90DaysOfTheFirstEffect) {
  const SignedOrder order = testing::sign_order(testing::sample_restriction(), {"ada", "ben"});
  const Time first = order.order.restriction->stages.front().from;
  Entry entry;
  entry.kind = entry_kind::order_in_force;
  const auto promised = [&](Time in_force, Time open_by) {
    entry.time = in_force;
    entry.public_part = in_force_public(order, OrderSeals{.count = 3, .open_by = open_by});
    return in_force_of(entry, order).has_value();
  };
  EXPECT_TRUE(promised(first - std::chrono::hours{1}, first + kOpenWithin));
  EXPECT_FALSE(
      promised(first - std::chrono::hours{1}, first + kOpenWithin + std::chrono::seconds{1}));
  // Before it is in force it has no effect.
  EXPECT_TRUE(promised(first + std::chrono::hours{1}, first + std::chrono::hours{1} + kOpenWithin));
  const auto parsed = parse_in_force(entry.public_part);
  ASSERT_TRUE(parsed) << parsed.error().message;
  ASSERT_TRUE(parsed->seals);
  EXPECT_EQ(parsed->seals->count, 3);
  Json none = entry.public_part;
  none.if_object()->insert_or_assign(
      "seals", Json::Object{{"count", 0}, {"open_by", "2026-11-05T08:00:00Z"}});
  EXPECT_FALSE(parse_in_force(none)) << "no seals are no member";
  Json lift = in_force_public(testing::sign_order(testing::sample_lift(sha256("x")), {"ada"}));
  lift.if_object()->emplace("seals", *entry.public_part.find("seals"));
  EXPECT_FALSE(parse_in_force(lift)) << "only a restriction has some";
}

}  // namespace
}  // namespace proviso::model
