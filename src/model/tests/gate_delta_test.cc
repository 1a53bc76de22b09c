// SPDX-License-Identifier: Apache-2.0
#include "model/gate_delta.h"

#include <gtest/gtest.h>

#include "model/digest_line.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

Digest lesser_of(const Digest& a, const Digest& b) { return a < b ? a : b; }
Digest greater_of(const Digest& a, const Digest& b) { return a < b ? b : a; }

GateDelta sample() {
  const Digest a = sha256("a");
  const Digest b = sha256("b");
  GateDelta d;
  d.ledger = testing::kLedger;
  d.made_at = testing::at("2026-11-08T00:01:00Z");
  d.checkpoint = "a note";
  d.from = {7, sha256("root"), testing::at("2026-11-08T00:00:00Z"), sha256("sum")};
  d.orders = sha256("sum after");
  d.consistency = {a, b};
  d.catalogues = {testing::sample_catalogue_json()};
  d.added = {{testing::sign_order(testing::sample_restriction(), {"ada", "ben"}), {"{}", 7, {}}}};
  d.gone = {lesser_of(a, b), greater_of(a, b)};
  return d;
}

TEST(GateDelta, RoundTrip) {
  const std::string text = write_delta(sample());
  const auto back = parse_delta(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(write_delta(*back), text);
  EXPECT_EQ(back->from, sample().from);
  EXPECT_EQ(back->gone, sample().gone);
  EXPECT_EQ(back->consistency, sample().consistency);
  EXPECT_EQ(back->added.front().entry.index, 7U);
}

TEST(GateDelta, EveryFlippedBitAndEveryCutIsNoticed) {
  const std::string text = write_delta(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_FALSE(parse_delta(flipped)) << i;
    EXPECT_FALSE(parse_delta(text.substr(0, i))) << i;
  }
}

TEST(GateDelta, ErrorsNameTheMember) {
  const auto refusal = [](std::string_view member, const Json& value) {
    const std::string text = write_delta(sample());
    Json body = *parse_json(text.substr(0, text.size() - 66));
    (*body.if_object())[std::string(member)] = value;
    const auto parsed = parse_delta(with_digest_line(canonical_json(body)));
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(refusal("version", 1), "accepted");
  EXPECT_EQ(refusal("version", 2), "delta.version: must be 1");
  EXPECT_EQ(refusal("made_at", "today"), "delta.made_at: not an RFC 3339 time");
  EXPECT_EQ(refusal("orders", "ff"), "delta.orders: not 64 hexadecimal digits");
  EXPECT_EQ(refusal("consistency", Json::Array{"x"}),
            "delta.consistency: not a list of at most 64 hashes");
  EXPECT_EQ(refusal("from", Json::Object{{"size", 0}}), "from.size: must be at least 1");
  EXPECT_EQ(refusal("added", Json::Array{Json::Object{}}), "added[0].order: missing");
  EXPECT_EQ(refusal("more", 1), "delta.more: unknown member");
  const std::string digest = sha256("a").hex();
  EXPECT_EQ(refusal("gone", Json::Array{digest, digest}),
            "delta.gone: not a list of digests, each once, ascending");
}

TEST(OrderSum, DoesNotDependOnTheOrderAndCountsBothWays) {
  OrderSum one;
  one.add(sha256("a"));
  one.add(sha256("b"));
  OrderSum other;
  other.add(sha256("b"));
  other.add(sha256("c"));
  other.add(sha256("a"));
  EXPECT_NE(one.value(), other.value());
  other.remove(sha256("c"));
  EXPECT_EQ(one, other);
  EXPECT_EQ(OrderSum::from(one.value()), one);
  other.remove(sha256("a"));
  other.remove(sha256("b"));
  EXPECT_EQ(other.value(), Digest{});
}

// Of the format's page: four little-endian words, summed each for itself without a carry between.
TEST(OrderSum, IsAsTheFormatSays) {
  Digest ones;
  ones.bytes.fill(0xff);
  Digest two;
  two.bytes[0] = 2;
  OrderSum sum;
  sum.add(ones);
  sum.add(two);
  Digest expected = ones;
  std::fill_n(expected.bytes.begin(), 8, std::uint8_t{0});
  expected.bytes[0] = 1;
  EXPECT_EQ(sum.value(), expected);
}

}  // namespace
}  // namespace proviso::model
