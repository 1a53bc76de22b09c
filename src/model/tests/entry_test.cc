// SPDX-License-Identifier: Apache-2.0
#include "model/entry.h"

#include <gtest/gtest.h>

#include "model/in_force.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

using testing::at;
using testing::sample_lift;
using testing::sample_restriction;
using testing::sign_order;

EntryDraft sample_draft() {
  SeededRandom random(1);
  return new_entry(entry_kind::case_opened, at("2026-11-05T08:00:00Z"), random,
                   Json::Object{{"n", 1}}, Json::Object{{"customer", "secret name"}});
}

TEST(Entry, RoundTrip) {
  const EntryDraft draft = sample_draft();
  const auto bytes = entry_bytes(draft, testing::kLedger);
  ASSERT_TRUE(bytes);
  const auto entry = parse_entry(*bytes);
  ASSERT_TRUE(entry) << entry.error().message;
  EXPECT_EQ(entry->id, draft.id);
  EXPECT_EQ(entry->kind, "case-opened");
  EXPECT_EQ(entry->ledger, testing::kLedger);
  EXPECT_EQ(entry->time, draft.time);
  EXPECT_EQ(entry->public_part, draft.public_part);
  // docs/formats/entry.md, word by word: each field's digest under its own salt, then all of them.
  const std::string salt(KeyedHash(draft.field_secret)("customer").view());
  const std::string fields = R"({"customer":")" + sha256(salt + R"("secret name")").hex() + R"("})";
  EXPECT_EQ(entry->private_commitment, sha256(draft.salt + fields));
}

TEST(Entry, WithoutAPrivatePartCommitsToNothing) {
  SeededRandom random(3);
  const EntryDraft draft = new_entry(entry_kind::order_approved, at("2026-11-05T08:00:00Z"), random,
                                     Json::Object{}, Json::Object{});
  EXPECT_TRUE(draft.field_secret.empty());
  EXPECT_EQ(commitment(draft), sha256(draft.salt + "{}"));
}

TEST(Entry, ShowsNothingOfItsPrivatePart) {
  EXPECT_EQ(entry_bytes(sample_draft(), testing::kLedger)->find("secret"), std::string::npos);
}

TEST(Entry, TheSaltHidesEqualPrivateParts) {
  EntryDraft one = sample_draft();
  EntryDraft two = one;
  EXPECT_EQ(one.salt.size(), 32U);
  two.salt[0] = static_cast<char>(two.salt[0] ^ 1);
  EXPECT_NE(commitment(one), commitment(two));
}

TEST(Entry, HoldsAtMost65535Bytes) {
  EntryDraft draft = sample_draft();
  draft.public_part = Json::Object{{"t", ""}};
  const std::size_t room = 65'535 - entry_bytes(draft, testing::kLedger)->size();
  draft.public_part = Json::Object{{"t", std::string(room, 'x')}};
  const auto fits = entry_bytes(draft, testing::kLedger);
  ASSERT_TRUE(fits);
  EXPECT_EQ(fits->size(), 65'535U);
  EXPECT_TRUE(parse_entry(*fits));
  draft.public_part = Json::Object{{"t", std::string(room + 1, 'x')}};
  EXPECT_FALSE(entry_bytes(draft, testing::kLedger));
}

TEST(Entry, RefusesWhatIsNoEntry) {
  const std::string bytes = *entry_bytes(sample_draft(), testing::kLedger);
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_FALSE(parse_entry(bytes.substr(0, length))) << length;
  }
  EXPECT_FALSE(parse_entry("[]"));
  EXPECT_FALSE(parse_entry(std::string(70'000, ' ') + bytes));
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(Entry, HasOneTextAndItsTimeToo) {
  const std::string bytes = *entry_bytes(sample_draft(), testing::kLedger);
  ASSERT_TRUE(parse_entry(bytes));
  EXPECT_FALSE(parse_entry(bytes + "\n"));
  EXPECT_FALSE(parse_entry(replaced(bytes, ":", ": ")));
  EXPECT_FALSE(parse_entry(replaced(bytes, "\"entry\"", "\"\\u0065ntry\"")));
  EXPECT_FALSE(parse_entry(replaced(bytes, "\"n\":1", "\"n\":-0")));
  for (const char* other : {"2026-11-05T08:00:00.5Z", "2026-11-05T09:00:00+01:00",
                            "2026-11-05t08:00:00Z", "2026-11-05T08:00:00"}) {
    EXPECT_FALSE(parse_entry(replaced(bytes, "2026-11-05T08:00:00Z", other))) << other;
  }
}

TEST(InForce, ShowsALiftInFullAndOfARestrictionOnlyItsDigest) {
  const SignedOrder restriction = sign_order(sample_restriction(), {"ada", "ben"});
  const Json hidden = in_force_public(restriction);
  EXPECT_EQ(canonical_json(hidden).find("sub-1"), std::string::npos);
  const auto parsed = parse_in_force(hidden);
  ASSERT_TRUE(parsed) << parsed.error().message;
  EXPECT_FALSE(parsed->has_document);
  EXPECT_EQ(parsed->signed_order.approvals.size(), 2U);

  const SignedOrder lift = sign_order(sample_lift(order_digest(sample_restriction())), {"ben"});
  const auto shown = parse_in_force(in_force_public(lift));
  ASSERT_TRUE(shown) << shown.error().message;
  EXPECT_TRUE(shown->has_document);
  EXPECT_EQ(shown->signed_order.canonical, lift.canonical);
}

TEST(InForce, SaysTrulyWhetherItIsAnEmergency) {
  Order order = testing::sample_restriction();
  const SignedOrder plain = sign_order(order, {"ada", "ben"});
  order.restriction->emergency = true;
  const SignedOrder emergency = sign_order(order, {"ada", "ben"});
  EXPECT_FALSE(parse_in_force(in_force_public(plain))->emergency);
  EXPECT_TRUE(parse_in_force(in_force_public(emergency))->emergency);

  Entry entry;
  entry.kind = entry_kind::order_in_force;
  entry.public_part = in_force_public(emergency);
  EXPECT_TRUE(in_force_of(entry, emergency));
  Json::Object silent = *entry.public_part.if_object();
  silent.erase("emergency");
  entry.public_part = silent;
  EXPECT_FALSE(in_force_of(entry, emergency));
  entry.public_part = in_force_public(plain);
  Json::Object loud = *entry.public_part.if_object();
  loud.emplace("emergency", true);
  entry.public_part = loud;
  EXPECT_FALSE(in_force_of(entry, plain));
  loud.insert_or_assign("emergency", false);  // an entry has one text
  EXPECT_FALSE(parse_in_force(loud));
  Json::Object lift =
      *in_force_public(sign_order(testing::sample_lift(sha256("x")), {"ada"})).if_object();
  lift.emplace("emergency", true);
  EXPECT_FALSE(parse_in_force(lift));
}

TEST(InForce, RefusesAnotherDocument) {
  const SignedOrder lift = sign_order(sample_lift(sha256("a")), {"ben"});
  Json forged = in_force_public(lift);
  (*forged.if_object())["document"] = order_to_json(sample_lift(sha256("b")));
  EXPECT_FALSE(parse_in_force(forged));
  Json missing = in_force_public(lift);
  (*missing.if_object())["document"] = nullptr;
  EXPECT_FALSE(parse_in_force(missing));
}

TEST(InForce, AnEntryStandsForOneOrderI3) {
  const SignedOrder order = sign_order(sample_restriction(), {"ada", "ben"});
  Order changed = sample_restriction();
  changed.restriction->scope.front().service = ServiceId("speech");
  Entry entry;
  entry.kind = entry_kind::order_in_force;
  entry.public_part = in_force_public(order);
  EXPECT_TRUE(in_force_of(entry, order));
  EXPECT_FALSE(in_force_of(entry, sign_order(changed, {"ada", "ben"})));
  entry.kind = entry_kind::order_proposed;
  EXPECT_FALSE(in_force_of(entry, order));
}

}  // namespace
}  // namespace proviso::model
