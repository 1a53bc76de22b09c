// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "model/gate_snapshot.h"
#include "model/testing/people.h"

namespace proviso::model {
namespace {

GateSnapshot sample() {
  GateSnapshot s;
  s.ledger = testing::kLedger;
  s.made_at = testing::at("2026-11-08T00:00:00Z");
  s.checkpoint = "a note";
  s.genesis = {"{}", 0, {sha256("a")}};
  s.catalogues = {testing::sample_catalogue_json()};
  s.restrictions = {
      {testing::sign_order(testing::sample_restriction(), {"ada", "ben"}), {"{}", 7, {}}}};
  return s;
}

// Puts a fitting digest under a changed body, as a forger would.
std::string sealed(const std::string& body) { return body + "\n" + sha256(body).hex() + "\n"; }
std::string body_of(const std::string& text) { return text.substr(0, text.size() - 66); }

TEST(Snapshot, RoundTrip) {
  const std::string text = write_snapshot(sample());
  const auto back = parse_snapshot(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(write_snapshot(*back), text);
  EXPECT_EQ(back->restrictions.front().order.order.restriction->scope.size(), 1U);
  EXPECT_EQ(back->restrictions.front().entry.index, 7U);
}

TEST(Snapshot, EveryFlippedBitAndEveryCutIsNoticed) {
  const std::string text = write_snapshot(sample());
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string flipped = text;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 8)));
    EXPECT_FALSE(parse_snapshot(flipped)) << i;
    EXPECT_FALSE(parse_snapshot(text.substr(0, i))) << i;
  }
  EXPECT_FALSE(parse_snapshot(text + "\n"));
}

TEST(Snapshot, ErrorsNameTheMember) {
  const auto refusal = [](std::string_view member, const Json& value) {
    Json body = *parse_json(body_of(write_snapshot(sample())));
    (*body.if_object())[std::string(member)] = value;
    const auto parsed = parse_snapshot(sealed(canonical_json(body)));
    return parsed ? std::string("accepted") : parsed.error().message;
  };
  EXPECT_EQ(refusal("version", 1), "accepted");
  EXPECT_EQ(refusal("version", 2), "snapshot.version: must be 1");
  EXPECT_EQ(refusal("made_at", "today"), "snapshot.made_at: not an RFC 3339 time");
  EXPECT_EQ(refusal("more", 1), "snapshot.more: unknown member");
  EXPECT_EQ(refusal("genesis", Json::Object{}), "genesis.bytes: missing");
  EXPECT_EQ(refusal("governance", Json::Array{Json::Object{}}), "governance[0].order: missing");
}

TEST(Snapshot, RefusesHostileSizes) {
  GateSnapshot long_path = sample();
  long_path.genesis.path.assign(65, sha256("x"));
  EXPECT_FALSE(parse_snapshot(write_snapshot(long_path)));
  GateSnapshot many = sample();
  many.restrictions.front().order.approvals.assign(1'001,
                                                   many.restrictions.front().order.approvals[0]);
  EXPECT_FALSE(parse_snapshot(write_snapshot(many)));
  EXPECT_FALSE(parse_snapshot(sealed(std::string(10'000, '['))));
}

TEST(Trust, RoundTripAndRefusals) {
  const TrustRoot trust{testing::kLedger, "key", sha256("genesis")};
  const auto back = parse_trust(write_trust(trust));
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->ledger, trust.ledger);
  EXPECT_EQ(back->ledger_key, trust.ledger_key);
  EXPECT_EQ(back->genesis, trust.genesis);
  EXPECT_FALSE(parse_trust(""));
  EXPECT_FALSE(parse_trust("{}"));
  EXPECT_FALSE(parse_trust(write_trust(trust) + "x"));
  EXPECT_FALSE(parse_trust(write_trust({"", trust.ledger_key, trust.genesis})));
}

// A policy's text as a list of its lines, one to one.
TEST(Trust, CarriesAWitnessPolicy) {
  TrustRoot trust{testing::kLedger, "key", sha256("genesis")};
  EXPECT_EQ(parse_trust(write_trust(trust))->witnesses, "");
  for (const char* policy : {"quorum none\n", "\n", "a \t b\r\n\n# c\nquorum a\n"}) {
    trust.witnesses = policy;
    const auto back = parse_trust(write_trust(trust));
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(back->witnesses, policy);
  }
  Json document = *parse_json(write_trust(trust));
  const auto refusal = [&](Json witnesses) {
    (*document.if_object())["witnesses"] = std::move(witnesses);
    const auto parsed = parse_trust(canonical_json(document));
    return parsed ? "accepted" : parsed.error().message;
  };
  EXPECT_EQ(refusal(Json::Array{"quorum none"}), "accepted");
  EXPECT_NE(refusal(Json::Array{"quorum a\nquorum b"}).find("a line feed"), std::string::npos);
  EXPECT_NE(refusal(Json::Array{1}).find("list of strings"), std::string::npos);
  EXPECT_NE(refusal("quorum none").find("not a list"), std::string::npos);
  EXPECT_EQ(refusal(Json::Array{std::string(65'535, 'x')}), "accepted");
  EXPECT_NE(refusal(Json::Array{std::string(65'536, 'x')}).find("65,536"), std::string::npos);
}

TEST(Trust, TakesFromAPolicyFileWhatCounts) {
  EXPECT_EQ(witness_lines(""), "");
  EXPECT_EQ(witness_lines("# a\n\n \t\nwitness a k\n  #b\nquorum a"), "witness a k\nquorum a\n");
}

TEST(Genesis, RoundTrip) {
  const Json json = genesis_to_json(testing::sample_genesis());
  const auto back = genesis_from_json(json);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(genesis_to_json(*back), json);
}

TEST(Genesis, RefusesAnAuthorityThatCouldDecideNothing) {
  Genesis genesis = testing::sample_genesis();
  genesis.authority.roster.resize(2);
  EXPECT_FALSE(genesis_from_json(genesis_to_json(genesis)));
  Json extra = genesis_to_json(testing::sample_genesis());
  (*extra.if_object())["witnesses"] = Json::Array{1};
  EXPECT_FALSE(genesis_from_json(extra));
  (*extra.if_object())["witnesses"] = Json::Array{"quorum none"};
  EXPECT_EQ(genesis_from_json(extra)->witnesses, "quorum none\n");
}

}  // namespace
}  // namespace proviso::model
