// SPDX-License-Identifier: Apache-2.0
#include "server/gate_gaps.h"

#include <gtest/gtest.h>

#include "decisions/testing/provider.h"

namespace proviso::server {
namespace {

using decisions::testing::Provider;
using model::testing::key_of;
using namespace std::chrono_literals;

constexpr std::chrono::seconds kRenew{300};

// A provider with one gate, whose last word a test says.
class GateGaps : public ::testing::Test {
 protected:
  GateGaps() {
    const auto signer =
        ledger::NoteSigner::make("gate-1.example", key_of("gate-1.example")).value();
    keys_.emplace(signer.name, signer.verifier());
  }
  // The gate stands on all that there is now.
  void confirm(const std::string& mode = "enforce") {
    gates::GateStatement said;
    said.gate = "gate-1.example";
    said.mode = mode;
    said.state = model::GateState{};
    said.state->size = provider_.record().log()->head()->size;
    said.state->made_at = floor_second(provider_.clock.now());
    records_.insert_or_assign(said.gate, GateRecord{said, provider_.clock.now(), ""});
  }
  void put_in_force(Duration begins_in = {}) {
    decisions::Proposal proposal = provider_.proposal();
    proposal.stages.front().from = floor_second(provider_.clock.now()) + begins_in;
    const Digest order = provider_.orders().propose(proposal, key_of("petra")).value();
    EXPECT_FALSE(provider_.approve(order, "ada")->in_force);
    EXPECT_TRUE(provider_.approve(order, "ben")->in_force);
  }
  // "begun" and "ended", as many as the call put on record.
  std::pair<std::size_t, std::size_t> look() {
    const auto done = record_gaps(provider_.record(), keys_, records_, kRenew);
    EXPECT_TRUE(done) << done.error().message;
    return {done->begun, done->ended};
  }
  // Public and private part of the newest gap's entry.
  std::pair<Json, Json> newest() {
    const auto rows = provider_.record()
                          .database()
                          .query(
                              "SELECT bytes, private_part FROM outbox WHERE "
                              "kind='confirmation-gap' ORDER BY seq DESC LIMIT 1")
                          .value();
    return {model::parse_entry(rows.at(0).text(0))->public_part,
            parse_json(rows.at(0).text(1)).value()};
  }
  static std::string text(const Json& object, std::string_view member) {
    const Json* value = object.find(member);
    return value == nullptr || value->is_null() ? "null" : *value->if_string();
  }

  const std::pair<std::size_t, std::size_t> kNothing{0, 0};
  const std::pair<std::size_t, std::size_t> kBegun{1, 0};
  const std::pair<std::size_t, std::size_t> kEnded{0, 1};
  Provider provider_;
  GateKeys keys_;
  GateRecords records_;
};

TEST_F(GateGaps, AnOrderThatAGateDoesNotConfirmIsAGapUntilItDoesI13) {
  EXPECT_EQ(look(), kNothing) << "there is nothing to confirm";
  confirm();
  const Time begin = floor_second(provider_.clock.now());
  put_in_force();
  EXPECT_EQ(look(), kNothing) << "it has a minute";
  provider_.clock.advance(2min);
  EXPECT_EQ(look(), kBegun);
  EXPECT_EQ(look(), kNothing) << "once";
  const auto [shown, hidden] = newest();
  EXPECT_EQ(text(shown, "gap"), "begun");
  EXPECT_EQ(text(shown, "gate").size(), 64U);
  EXPECT_EQ(text(hidden, "gate"), "gate-1.example");
  EXPECT_EQ(text(hidden, "from"), format_time(begin));
  EXPECT_EQ(text(hidden, "until"), "null");
  EXPECT_EQ(text(hidden, "why"), "it stands on an earlier version");
  put_in_force();
  provider_.clock.advance(2min);
  EXPECT_EQ(look(), kNothing) << "a gate has one at a time";
  confirm();
  EXPECT_EQ(look(), kEnded);
  EXPECT_EQ(text(newest().first, "gap"), "ended");
  EXPECT_EQ(text(newest().second, "from"), format_time(begin));
  EXPECT_EQ(text(newest().second, "until"), format_time(floor_second(provider_.clock.now())));
  EXPECT_EQ(look(), kNothing);
}

TEST_F(GateGaps, ABypassIsOne) {
  confirm("bypass");
  EXPECT_EQ(look(), kBegun);
  EXPECT_EQ(text(newest().second, "why"), "mode bypass");
  confirm();
  EXPECT_EQ(look(), kEnded);
}

TEST_F(GateGaps, WhoWasNeverHeardIsOneOnceThereIsSomethingToEnforce) {
  EXPECT_EQ(look(), kNothing);
  put_in_force();
  provider_.clock.advance(2min);
  EXPECT_EQ(look(), kBegun);
  EXPECT_EQ(text(newest().second, "why"), "nothing was heard of it");
  keys_.clear();
  EXPECT_EQ(look(), kEnded) << "it is no gate of the provider's any more";
}

TEST_F(GateGaps, WhoConfirmedEverythingAndFellSilentIsOne) {
  put_in_force();
  confirm();
  provider_.clock.advance(19min);
  EXPECT_EQ(look(), kNothing);
  provider_.clock.advance(2min);
  EXPECT_EQ(look(), kBegun);
}

TEST_F(GateGaps, AnOrderOfWhichGatesAreNotToldYetIsNotMissed) {
  confirm();
  put_in_force(1h);
  provider_.clock.advance(10min);
  EXPECT_EQ(look(), kNothing);
  provider_.clock.advance(52min);
  EXPECT_EQ(look(), kBegun);
}

TEST_F(GateGaps, WhatWasPutOnRecordIsThereAfterARestart) {
  confirm("observe");
  EXPECT_EQ(look(), kBegun);
  provider_.reopen();
  EXPECT_EQ(look(), kNothing);
}

}  // namespace
}  // namespace proviso::server
