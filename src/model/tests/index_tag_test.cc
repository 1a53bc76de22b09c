// SPDX-License-Identifier: Apache-2.0
#include "model/index_tag.h"

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "model/in_force.h"
#include "model/sealed.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

const std::string kKey(32, '\x01');

// The same figures stand in docs/formats/customer-list.md and in the tests of console/verify.
TEST(IndexTag, IsTheFormatsAndDependsOnKeyAndNumber) {
  const IndexTags tags(kKey);
  EXPECT_EQ(tags.of(0).hex(), "c5d4a79564385c31d82484545fa22858c5e6b08337f59374292a9f0c419cc2ac");
  EXPECT_EQ(tags.of(258).hex(), "248ab3600829301c7fcc18244b69c70c3c2ff358e5775b787e8f3c33079bb0b7");
  EXPECT_NE(tags.of(0), tags.of(1));
  EXPECT_NE(tags.of(0), IndexTags(std::string(32, '\x02')).of(0));
}

TEST(IndexTag, KeysOfCustomersAreTheirOwn) {
  EXPECT_EQ(index_key("secret", "a").size(), kIndexKeyBytes);
  EXPECT_NE(index_key("secret", "a"), index_key("secret", "b"));
  EXPECT_NE(index_key("secret", "a"), index_key("another", "a"));
}

TEST(IndexTag, LeavesAreTagAndPlace) {
  const std::string leaf = index_leaf(sha256("t"), 0x0102);
  EXPECT_EQ(leaf, std::string(sha256("t").view()) + std::string(6, '\0') + "\x01\x02");
}

TEST(IndexTag, IsSixtyFourDigitsOrNotThere) {
  EXPECT_FALSE(tag_of(Json::Object{}).value());
  EXPECT_EQ(tag_of(Json::Object{{"about", sha256("t").hex()}}).value(), sha256("t"));
  std::string upper = sha256("t").hex();
  upper[0] = 'A';
  for (const Json& wrong : {Json("12"), Json(1), Json(), Json(upper)}) {
    EXPECT_FALSE(tag_of(Json::Object{{"about", wrong}})) << canonical_json(wrong);
  }
}

TEST(IndexTag, EveryKindIsAboutACustomerOrNot) {
  EXPECT_EQ(tagged(entry_kind::report_received), Tagged::always);
  EXPECT_EQ(tagged(entry_kind::opened), Tagged::always);
  EXPECT_EQ(tagged(entry_kind::sealed), Tagged::never) << "a seal that has a tag tells whose it is";
  EXPECT_EQ(tagged(entry_kind::genesis), Tagged::never);
  EXPECT_EQ(tagged(entry_kind::index_published), Tagged::never);
  EXPECT_EQ(tagged(entry_kind::order_in_force), Tagged::by_order);
  EXPECT_EQ(tagged("of-a-later-version"), Tagged::unknown);
}

TEST(IndexTag, OrdersInForceHaveOneOnlyWhereTheyAreAboutACustomer) {
  const std::string tag = sha256("t").hex();
  const SignedOrder restriction =
      testing::sign_order(testing::sample_restriction(), {"ada", "ben"});
  Json with = in_force_public(restriction);
  with.if_object()->emplace("about", tag);
  EXPECT_EQ(parse_in_force(with).value().about->hex(), tag);
  (*with.if_object())["about"] = "nobody";
  EXPECT_FALSE(parse_in_force(with));
  const SignedOrder change = testing::sign_order(
      testing::sample_change(OrderKind::roster, roster_to_json(testing::sample_roster())),
      {"ada", "ben"});
  Json about_nobody = in_force_public(change);
  EXPECT_TRUE(parse_in_force(about_nobody));
  about_nobody.if_object()->emplace("about", tag);
  EXPECT_FALSE(parse_in_force(about_nobody));
}

TEST(IndexTag, NothingThatIsSealedHasOne) {
  SeededRandom random(3);
  EntryDraft inner = new_entry(entry_kind::finding_made, testing::at("2026-11-02T00:00:00Z"),
                               random, Json::Object{{"about", sha256("t").hex()}}, Json::Object{});
  Opening opening{.opens = EntryId("x"), .salt = std::string(32, 's'), .content = {}, .order = {}};
  const auto open = [&] {
    opening.content = parse_json(entry_bytes(inner, testing::kLedger).value()).value();
    const Digest commitment = sha256(opening.salt, canonical_json(opening.content));
    return sealed_content(opening, commitment, testing::kLedger);
  };
  const auto refused = open();
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("has a tag"), std::string::npos);
  inner.public_part = Json::Object{};
  EXPECT_TRUE(open());
}

TEST(IndexPublished, SurvivesBeingWrittenAndRead) {
  const IndexPublished index{.from = 4, .to = 9, .tags = 5, .root = sha256("root")};
  const Json json = index_published_to_json(index);
  EXPECT_EQ(canonical_json(json),
            R"({"from":4,"root":")" + sha256("root").hex() + R"(","tags":5,"to":9})");
  const auto read = parse_index_published(json).value();
  EXPECT_EQ(read.from, 4U);
  EXPECT_EQ(read.to, 9U);
  EXPECT_EQ(read.tags, 5U);
  EXPECT_EQ(read.root, sha256("root"));
}

TEST(IndexPublished, CanNotHoldMoreThanThereIs) {
  const auto read = [](std::int64_t from, std::int64_t to, std::int64_t tags) {
    return parse_index_published(
               Json::Object{
                   {"from", from}, {"to", to}, {"tags", tags}, {"root", sha256("r").hex()}})
        .has_value();
  };
  EXPECT_TRUE(read(3, 3, 0));
  EXPECT_FALSE(read(3, 2, 0));
  EXPECT_FALSE(read(-1, 2, 0));
  EXPECT_FALSE(read(0, 2, 3));
  EXPECT_FALSE(read(0, 2, -1));
}

TEST(IndexPublished, BeginsAsInAFenwickTree) {
  EXPECT_EQ(begins_after(1), 0U);
  EXPECT_EQ(begins_after(2), 0U);
  EXPECT_EQ(begins_after(3), 2U);
  EXPECT_EQ(begins_after(6), 4U);
  EXPECT_EQ(begins_after(7), 6U);
  EXPECT_EQ(begins_after(8), 0U);
}

}  // namespace
}  // namespace proviso::model
