// SPDX-License-Identifier: Apache-2.0
#include "gates/gate_statement.h"

#include <gtest/gtest.h>

#include "model/testing/people.h"

namespace proviso::gates {
namespace {

using model::testing::key_of;

ledger::NoteSigner signer(const std::string& name = "gate-1.example") {
  return ledger::NoteSigner::make(name, key_of(name)).value();
}

GateStatement sample() {
  return {.gate = "gate-1.example",
          .ledger = model::testing::kLedger,
          .challenge = "0123456789abcdef0123456789abcdef",
          .said_at = model::testing::at("2026-11-30T12:00:00Z"),
          .mode = "enforce",
          .state = model::GateState{12, sha256("root"), model::testing::at("2026-11-30T11:59:00Z"),
                                    sha256("orders")},
          .refused = "",
          .needs_whole = false};
}

TEST(GateStatement, RoundTrip) {
  for (const bool has_state : {true, false}) {
    GateStatement statement = sample();
    if (!has_state) {
      statement.state.reset();
      statement.refused = "rolled back";
      statement.needs_whole = true;
      statement.mode = "bypass";
    }
    const std::string note = sign_statement(statement, signer());
    const auto back = open_statement(note, signer().verifier());
    ASSERT_TRUE(back) << back.error().message;
    EXPECT_EQ(*back, statement);
    EXPECT_EQ(claimed_gate(note).value(), "gate-1.example");
  }
}

TEST(GateStatement, IsTheGatesOwn) {
  const std::string note = sign_statement(sample(), signer());
  EXPECT_EQ(open_statement(note, signer("gate-2.example").verifier()).error().code, Errc::denied);
  const std::string of_another = sign_statement(sample(), signer("gate-2.example"));
  EXPECT_EQ(open_statement(of_another, signer("gate-2.example").verifier()).error().code,
            Errc::denied);
  EXPECT_EQ(open_statement(of_another, signer().verifier()).error().code, Errc::denied);
}

TEST(GateStatement, NoFlippedBitGoesThrough) {
  const std::string note = sign_statement(sample(), signer());
  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string flipped = note;
    flipped[i] = static_cast<char>(flipped[i] ^ (1 << (i % 7)));
    EXPECT_FALSE(open_statement(flipped, signer().verifier())) << i;
    EXPECT_FALSE(open_statement(note.substr(0, i), signer().verifier())) << i;
  }
}

TEST(GateStatement, CutsALongReasonBetweenCharacters) {
  GateStatement statement = sample();
  for (int i = 0; i < 1'000; ++i) statement.refused += "\xC3\xA4";
  statement.refused.insert(0, "a");
  const auto back = open_statement(sign_statement(statement, signer()), signer().verifier());
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->refused.size(), 999U);
}

TEST(GateStatement, RefusesWhatIsNone) {
  const auto refused = [](const std::string& text) {
    return !open_statement(ledger::sign_note(signer(), text), signer().verifier());
  };
  EXPECT_TRUE(refused("another thing\n{}\n"));
  EXPECT_TRUE(refused("proviso-gate-statement/v1\n{}\n"));
  EXPECT_TRUE(refused("proviso-gate-statement/v1\n"));
  EXPECT_FALSE(open_statement(std::string(9'000, 'x'), signer().verifier()));
  for (const char* challenge : {"", "0123456789abcdef", "0123456789ABCDEF0123456789abcdef"}) {
    GateStatement statement = sample();
    statement.challenge = challenge;
    EXPECT_FALSE(open_statement(sign_statement(statement, signer()), signer().verifier()));
  }
}

}  // namespace
}  // namespace proviso::gates
