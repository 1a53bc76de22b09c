// SPDX-License-Identifier: Apache-2.0
// What a gate says that it did in an hour: counted, signed, and held against the ledger.
#include "gates/gate_counts.h"

#include <algorithm>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "gates/counts_audit.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::Outcome;
using model::testing::sample_lift;
using model::testing::sign_order;
using proviso::testing::FaultyFileSystem;
using testing::at;
using testing::sample_signed;
using testing::World;

ledger::NoteSigner gate_key(const std::string& name = "gate-eu-1.example") {
  return {name, model::testing::key_of(name)};
}

Answer answer_by(const Digest& order, Outcome judged, Mode mode = Mode::enforce) {
  Answer out;
  out.basis = Basis::snapshot;
  out.order = order;
  out.judged = judged;
  out.mode = mode;
  out.snapshot_size = 7;
  return out;
}

// Five refusals and one of each other kind by one order.
GateCounts sample_counts(const Digest& order = sha256("an order"),
                         const char* hour = "2026-11-12T10:00:00Z") {
  GateCounts out;
  out.gate = "gate-eu-1.example";
  out.ledger = model::testing::kLedger;
  out.hour = at(hour);
  out.starts = 1;
  out.checks = 100;
  out.mode_seconds = {3500, 60, 40};
  for (int i = 0; i < 5; ++i) out.add(answer_by(order, Outcome::no));
  out.add(answer_by(order, Outcome::limited));
  out.add(answer_by(order, Outcome::no, Mode::bypass));
  out.saw_snapshot(9);
  return out;
}

std::string classes(const std::vector<CountsAlarm>& alarms) {
  std::string out;
  for (const CountsAlarm& alarm : alarms) {
    out += (out.empty() ? "" : " ") + alarm.error_class + "*" + std::to_string(alarm.requests);
    EXPECT_FALSE(alarm.detail.empty());
  }
  return out;
}

TEST(GateCounts, TheExampleOfTheFormat) {
  EXPECT_EQ(write_counts(sample_counts()),
            "proviso-gate-counts/v1\n"
            R"({"checks":100,"dropped":0,"gate":"gate-eu-1.example","hour":"2026-11-12T10:00:00Z",)"
            R"("ledger":"ledger.example/proviso",)"
            R"("mode_seconds":{"bypass":40,"enforce":3500,"observe":60},"orders":[{"limited":1,)"
            R"("not_enforced":1,"order":")" +
                sha256("an order").hex() +
                R"(","refused":5}],"other_orders":{"limited":0,"not_enforced":0,"refused":0},)"
                R"("snapshots":[7,9],"starts":1,"unwritten":0,)"
                R"("without_order":{"limited":0,"not_enforced":0,"refused":0},)"
                R"("without_state":{"limited":0,"not_enforced":0,"refused":0}})"
                "\n");
}

// The page's own text is one, in the form that is signed.
TEST(GateCounts, TheExampleOnThePageIsOne) {
  const auto page =
      real_file_system().read(PROVISO_SOURCE_DIR "/docs/formats/gate-counts.md", 1U << 20U);
  ASSERT_TRUE(page);
  const std::size_t begin = page->find("```\nproviso-gate-counts/v1\n") + 4;
  const std::string text = page->substr(begin, page->find("\n\n", begin) + 1 - begin);
  const auto read = parse_counts(text);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->orders.size(), 1U);
}

TEST(GateCounts, AreSignedByTheGateThatTheyName) {
  const auto signer = gate_key();
  const auto key = signer.verifier();
  const auto notes = sign_counts(sample_counts(), signer);
  ASSERT_EQ(notes.size(), 1U);
  const auto opened = open_counts(notes[0], {&key, 1});
  ASSERT_TRUE(opened) << opened.error().message;
  EXPECT_EQ(*opened, sample_counts());
  // Another gate's signature, a changed figure, and one under another gate's name.
  const auto other = gate_key("gate-eu-2.example").verifier();
  EXPECT_EQ(open_counts(notes[0], {&other, 1}).error().code, Errc::denied);
  std::string changed = notes[0];
  changed.replace(changed.find("\"refused\":5"), 11, "\"refused\":4");
  EXPECT_EQ(open_counts(changed, {&key, 1}).error().code, Errc::denied);
  const auto forger = gate_key("gate-eu-2.example");
  const std::string borrowed = ledger::sign_note(forger, write_counts(sample_counts()));
  const auto refused = open_counts(borrowed, {&other, 1});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("signed by another gate"), std::string::npos);
}

TEST(GateCounts, ManyOrdersAreSeveralDocumentsThatAddUp) {
  GateCounts counts = sample_counts();
  for (int i = 0; i < 700; ++i) {
    counts.add(answer_by(sha256(std::to_string(i)), Outcome::no));
  }
  const auto signer = gate_key();
  const auto key = signer.verifier();
  const auto notes = sign_counts(counts, signer);
  ASSERT_EQ(notes.size(), 3U);
  GateCounts sum;
  std::uint64_t checks = 0;
  for (const std::string& note : notes) {
    const auto part = open_counts(note, {&key, 1});
    ASSERT_TRUE(part) << part.error().message;
    checks += part->checks;
    sum.orders.insert(part->orders.begin(), part->orders.end());
  }
  EXPECT_EQ(sum.orders, counts.orders);
  EXPECT_EQ(checks, counts.checks);
  // The largest figures there are still fit a note.
  for (auto& [digest, order] : counts.orders) {
    order.refused = order.limited = order.not_enforced = (1ULL << 53U) - 1;
  }
  for (const std::string& note : sign_counts(counts, signer)) {
    EXPECT_LE(note.size(), ledger::kNoteBytesMax);
    EXPECT_TRUE(open_counts(note, {&key, 1}));
  }
}

TEST(GateCounts, WhatIsBoundedIsSummedUp) {
  GateCounts counts;
  for (std::size_t i = 0; i <= kCountedOrdersMax; ++i) {
    counts.add(answer_by(sha256(std::to_string(i)), Outcome::no));
  }
  EXPECT_EQ(counts.orders.size(), kCountedOrdersMax);
  EXPECT_EQ(counts.other_orders.refused, 1U);
  for (std::uint64_t version = 1; version <= 300; ++version) counts.saw_snapshot(version);
  EXPECT_EQ(counts.snapshots.size(), kCountedSnapshotsMax);
  EXPECT_EQ(*counts.snapshots.begin(), 201U);
}

TEST(GateCounts, WhatIsNoDocumentIsRefused) {
  const std::string good = write_counts(sample_counts());
  ASSERT_TRUE(parse_counts(good));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string out = good;
    const std::size_t place = out.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return out.replace(place, from.size(), to);
  };
  for (const auto& [text, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "first line"},
           {with("counts/v1", "counts/v2"), "first line"},
           {good.substr(0, good.size() - 1), "canonical"},
           {with("{\"checks\"", "{ \"checks\""), "canonical"},
           {with("\"checks\":100", "\"checks\":-1"), "checks: is below 0"},
           {with("10:00:00Z", "10:30:00Z"), "hour: is no hour"},
           {with("gate-eu-1.example", "two words"), "gate: is no name"},
           {with("[7,9]", "[9,7]"), "snapshots: "},
           {with("[7,9]", "[0]"), "snapshots: "},
           {with("\"order\":\"", "\"order\":\"x"), "orders[0].order"},
           {with("\"enforce\":3500,", ""), "mode_seconds.enforce: missing"},
           {with("\"starts\"", "\"stars\""), "starts: missing"}}) {
    const auto read = parse_counts(text);
    ASSERT_FALSE(read) << text;
    EXPECT_NE(read.error().message.find(what), std::string::npos) << read.error().message;
  }
  GateCounts twice = sample_counts();
  twice.orders.emplace(sha256("b"), OrderCounts{1, 0, 0});
  std::string swapped = write_counts(twice);
  const std::string a = twice.orders.begin()->first.hex();
  const std::string b = twice.orders.rbegin()->first.hex();
  const std::size_t first = swapped.find(a);
  const std::size_t second = swapped.find(b);
  swapped.replace(first, 64, b).replace(second, 64, a);
  EXPECT_FALSE(parse_counts(swapped));
}

// A ledger with one order from 6 November, 00:00, and what it says of it.
struct Audited {
  World world;
  FaultyFileSystem fs;
  Digest order = order_digest(sample_signed().order);

  Audited() { world.put_in_force(sample_signed(), "2026-11-06T00:00:00Z"); }
  [[nodiscard]] KnownOrders known() {
    world.write_to(fs, "/log");
    const AuditReport report = audit_ledger(fs, "/log", world.trust());
    EXPECT_TRUE(report.ok) << report.detail;
    return known_orders(report);
  }
  [[nodiscard]] KnownOrders in_snapshot() const {
    const auto verified = verify_snapshot(world.snapshot(), world.trust());
    EXPECT_TRUE(verified) << verified.error().message;
    return known_orders(*verified);
  }
};

TEST(CountsAudit, AnOrderOfTheLedgerIsNoAlarm) {
  Audited audited;
  const KnownOrders known = audited.known();
  EXPECT_EQ(classes(judge_counts(sample_counts(audited.order), known)), "");
  EXPECT_EQ(classes(judge_counts(sample_counts(audited.order), audited.in_snapshot())), "");
}

// The promise of the threat model: a cut that is not in the ledger shows.
TEST(CountsAudit, ARefusalThatNoOrderStandsBehindIsAnAlarmI2) {
  Audited audited;
  const KnownOrders known = audited.known();
  EXPECT_EQ(classes(judge_counts(sample_counts(sha256("made up")), known)), "unknown-order*7");
  GateCounts counts = sample_counts(audited.order);
  counts.add(answer_by(Digest{}, Outcome::no));
  EXPECT_EQ(classes(judge_counts(counts, known)), "without-order*1");
  EXPECT_EQ(classes(judge_counts(counts)), "without-order*1");
  Answer stateless;
  stateless.judged = Outcome::no;
  counts.add(stateless);
  EXPECT_EQ(classes(judge_counts(counts, known)), "without-order*1 without-state*1");
  counts.other_orders.refused = 3;
  EXPECT_EQ(classes(judge_counts(counts, known)),
            "without-order*1 without-state*1 unnamed-orders*3");
}

TEST(CountsAudit, AnOrderCountsOnlyWhileItIsInForce) {
  Audited audited;
  audited.world.put_in_force(sign_order(sample_lift(audited.order), {"ada"}),
                             "2026-11-12T10:30:00Z");
  const KnownOrders known = audited.known();
  const auto in_hour = [&](const char* hour) {
    return classes(judge_counts(sample_counts(audited.order, hour), known));
  };
  EXPECT_EQ(in_hour("2026-11-05T22:00:00Z"), "not-in-force*7");
  EXPECT_EQ(in_hour("2026-11-05T23:00:00Z"), "") << "within what clocks may differ by";
  EXPECT_EQ(in_hour("2026-11-06T00:00:00Z"), "");
  EXPECT_EQ(in_hour("2026-11-12T10:00:00Z"), "") << "the hour of its lift";
  EXPECT_EQ(in_hour("2026-11-12T11:00:00Z"), "not-in-force*7");
}

// Stages and the end are not public: who has the snapshot knows them.
TEST(CountsAudit, ASnapshotTellsWhenItsOrdersBeginAndEnd) {
  Audited audited;
  const KnownOrders known = narrowed(audited.known(), audited.in_snapshot());
  const auto in_hour = [&](const char* hour) {
    return classes(judge_counts(sample_counts(audited.order, hour), known));
  };
  EXPECT_EQ(in_hour("2026-11-09T00:00:00Z"), "not-in-force*7") << "its first stage is on the 10th";
  EXPECT_EQ(in_hour("2026-11-10T00:00:00Z"), "");
  EXPECT_EQ(in_hour("2027-01-30T00:00:00Z"), "");
  EXPECT_EQ(in_hour("2027-01-31T12:00:00Z"), "not-in-force*7");
}

}  // namespace
}  // namespace proviso::gates
