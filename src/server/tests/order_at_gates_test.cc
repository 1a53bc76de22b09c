// SPDX-License-Identifier: Apache-2.0
// What an order did at each gate, by what gates signed; and what a barrier says of a shadow.
#include "server/order_at_gates.h"

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "model/testing/people.h"
#include "server/gate_barrier.h"

namespace proviso::server {
namespace {

using model::testing::at;
using model::testing::key_of;
using proviso::testing::FaultyFileSystem;

const Digest kOrder = sha256("an order");

ledger::NoteSigner gate(const std::string& name) { return {name, key_of(name)}; }

std::string counts_of(const std::string& name, const char* hour, gates::OrderCounts counts) {
  gates::GateCounts out;
  out.gate = name;
  out.ledger = model::testing::kLedger;
  out.hour = at(hour);
  out.orders[kOrder] = counts;
  out.orders[sha256("another order")] = {1000, 1000, 1000, 1000};
  return gates::sign_counts(out, gate(name)).front();
}

TEST(OrderAtGates, AddsUpWhatEachGateSigned) {
  FaultyFileSystem fs;
  const auto keep = [&](const std::string& path, const std::string& text) {
    ASSERT_TRUE(fs.make_directories("/gates/counts/" + path.substr(0, path.find('/'))));
    ASSERT_TRUE(fs.write_durable("/gates/counts/" + path, text));
  };
  GateKeys keys;
  for (const std::string name : {"north.example", "south.example"}) {
    keys.emplace(name, gate(name).verifier());
  }
  EXPECT_TRUE(order_at_gates(fs, "/gates", keys, kOrder)->empty());
  keep("north/1.note", counts_of("north.example", "2026-11-12T10:00:00Z", {0, 0, 0, 7}));
  keep("north/2.note", counts_of("north.example", "2026-11-12T11:00:00Z", {2, 1, 4, 3}));
  keep("south/1.note", counts_of("south.example", "2026-11-12T10:00:00Z", {0, 0, 0, 5}));
  keep("south/2.note", "nonsense");
  keep("stranger/1.note", counts_of("stranger.example", "2026-11-12T10:00:00Z", {9, 9, 9, 9}));
  const auto gates = order_at_gates(fs, "/gates", keys, kOrder);
  ASSERT_TRUE(gates) << gates.error().message;
  ASSERT_EQ(gates->size(), 2U) << "whose key is not entered counts nothing";
  EXPECT_EQ(gates->at("north.example"), (gates::OrderCounts{2, 1, 4, 10}));
  EXPECT_EQ(order_at_gates_in_words(*gates),
            "At north.example: refused 2, limited 1, not enforced 4, would have refused in shadow "
            "10\nAt south.example: refused 0, limited 0, not enforced 0, would have refused in "
            "shadow 5\n");
  EXPECT_EQ(canonical_json(order_at_gates_to_json(*gates)),
            R"([{"gate":"north.example","limited":1,"not_enforced":4,"refused":2,"shadow":10},)"
            R"({"gate":"south.example","limited":0,"not_enforced":0,"refused":0,"shadow":5}])");
  EXPECT_EQ(order_at_gates_in_words({}), "");
}

// A gate that stands on an order in shadow does not enforce it, and nobody says that it does.
TEST(Barrier, SaysWhereAnOrderIsInShadow) {
  Barrier barrier;
  barrier.version = 7;
  barrier.reached = true;
  for (const std::string name : {"north.example", "south.example"}) {
    barrier.gates.push_back({.gate = name,
                             .confirmed = true,
                             .version = 7,
                             .said_at = at("2026-11-13T00:00:00Z"),
                             .why = "",
                             .note = ""});
  }
  EXPECT_NE(barrier_in_words(barrier).find("2 of 2 gates enforce version 7"), std::string::npos);
  const model::Rollout rollout{.first = {{{"north.example"}, at("2026-11-12T00:00:00Z")}},
                               .everywhere_from = at("2026-11-15T00:00:00Z")};
  note_shadow(barrier, rollout, at("2026-11-13T00:00:00Z"));
  EXPECT_EQ(barrier_in_words(barrier),
            "north.example: confirmed 7 at 2026-11-13T00:00:00Z\n"
            "south.example: confirmed 7 at 2026-11-13T00:00:00Z; in shadow there: enforced from "
            "2026-11-15T00:00:00Z\n"
            "2 of 2 gates stand on version 7; the order is in shadow at 1 of them\n");
  const std::string json = canonical_json(barrier_to_json(barrier));
  EXPECT_NE(json.find(R"("shadow_until":"2026-11-15T00:00:00Z")"), std::string::npos) << json;
  EXPECT_EQ(json.find("shadow_until"), json.rfind("shadow_until"));
}

}  // namespace
}  // namespace proviso::server
