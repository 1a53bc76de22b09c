// SPDX-License-Identifier: Apache-2.0
// Deltas on disk: a gate starts where it stood, whatever the disk does.
#include "gates/delta_journal.h"

#include <gtest/gtest.h>

#include "gates/testing/fed_gate.h"
#include "model/digest_line.h"

namespace proviso::gates {
namespace {

using model::GateDelta;
using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;
using testing::kDir;

TEST(DeltaJournal, StartsFromSnapshotAndDeltasI8) {
  testing::FedGate host;
  host.start();
  for (int i = 3; i < 8; ++i) {
    host.feed.restrict_use(i);
    host.feed.lift(i - 2);
    ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  }
  const model::GateState state = host.gate->state();
  host.fs.crash(Unsynced::dropped);
  host.open();
  EXPECT_EQ(host.gate->state(), state) << host.gate->status().last_refusal;
  for (int i = 1; i < 10; ++i) EXPECT_EQ(host.refuses(i), i == 6 || i == 7) << i;
  EXPECT_EQ(host.gate->status().last_refusal, "");
  host.feed.restrict_use(8);
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  host.open();
  EXPECT_TRUE(host.refuses(8)) << host.gate->status().last_refusal;
}

TEST(DeltaJournal, AWholeSnapshotSupersedesThem) {
  testing::FedGate host;
  host.start();
  host.feed.restrict_use(3);
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  host.feed.lift(1);
  ASSERT_TRUE(host.gate->offer(host.feed.whole()));
  host.open();
  EXPECT_FALSE(host.refuses(1));
  EXPECT_EQ(host.gate->status().last_refusal, "");
  host.feed.restrict_use(4);
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  host.open();
  EXPECT_TRUE(host.refuses(4)) << host.gate->status().last_refusal;
}

// Each write fails in turn, done or not, with the machine going down after it: the gate that starts
// again stands where it stood before the delta or after it, and after it where it said so. What was
// refused for the disk is taken when the disk is back.
TEST(DeltaJournal, DurableThenEffectiveI7) {
  for (const Unsynced unsynced : {Unsynced::dropped, Unsynced::torn, Unsynced::kept}) {
    for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
      for (std::uint64_t n = 1; n < 30; ++n) {
        testing::FedGate host;
        host.start();
        host.fs.fail_at(n, fault);
        std::vector<model::GateState> told = {host.gate->state()};
        std::vector<model::GateState> tried = told;
        for (int i = 3; i < 6; ++i) {
          host.feed.restrict_use(i);
          const bool whole = i == 4;
          const bool taken = whole ? host.gate->offer(host.feed.whole()).has_value()
                                   : host.said(host.feed.delta()) == "accepted";
          tried.push_back(testing::state_of(host.feed.last));
          if (!taken) break;
          told.push_back(tried.back());
          ASSERT_EQ(host.gate->state(), told.back());
        }
        EXPECT_EQ(host.gate->state(), told.back()) << "not effective";
        const bool failed = host.fs.failed();
        host.fs.crash(unsynced);
        host.open();
        EXPECT_TRUE(host.gate->state() == told.back() || host.gate->state() == tried.back())
            << n << host.gate->status().last_refusal;
        EXPECT_EQ(host.gate->status().last_refusal, "");
        if (!failed) {
          ASSERT_EQ(told.size(), 4U);
          ASSERT_GT(n, 6U);
          break;
        }
      }
    }
  }
}

TEST(DeltaJournal, ADiskThatComesBackIsWrittenAgain) {
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (std::uint64_t n = 1; n < 5; ++n) {
      testing::FedGate host;
      host.start();
      host.feed.restrict_use(3);
      ASSERT_EQ(host.said(host.feed.delta()), "accepted");
      host.feed.restrict_use(4);
      const GateDelta delta = host.feed.delta();
      host.fs.fail_at(n, fault);
      if (host.said(delta) == "accepted") break;
      EXPECT_FALSE(host.refuses(4));
      host.fs.crash(Unsynced::kept);  // nothing fails any more; the gate runs on
      EXPECT_EQ(host.said(delta), "accepted");
      host.open();
      EXPECT_TRUE(host.refuses(3) && host.refuses(4)) << host.gate->status().last_refusal;
    }
  }
}

TEST(DeltaJournal, DamageIsToldAndWhatCameBeforeItCounts) {
  testing::FedGate host;
  host.start();
  for (int i = 3; i < 6; ++i) {
    host.feed.restrict_use(i);
    ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  }
  host.gate.reset();
  std::string& kept = host.fs.files().at(kDir + "/deltas");
  std::size_t line = 0;
  for (int i = 0; i < 3; ++i) line = kept.find('\n', line) + 1;  // head, and one delta of two lines
  kept[line + 10] ^= 1;
  const std::string evidence = kept;
  host.open();
  EXPECT_TRUE(host.refuses(3));
  EXPECT_FALSE(host.refuses(4));
  EXPECT_NE(host.gate->status().last_refusal.find("/gate/deltas: damaged"), std::string::npos);
  EXPECT_EQ(host.fs.files().at(kDir + "/deltas"), evidence) << "evidence stays";
  // Nothing is written behind it; a whole snapshot mends all.
  const auto whole = host.gate->offer(host.feed.whole());
  ASSERT_TRUE(whole) << whole.error().message;
  host.feed.restrict_use(6);
  EXPECT_EQ(host.said(host.feed.delta()), "accepted");
  host.open();
  EXPECT_TRUE(host.refuses(5) && host.refuses(6)) << host.gate->status().last_refusal;
}

TEST(DeltaJournal, BehindDamageNothingIsWritten) {
  FaultyFileSystem fs;
  DeltaJournal journal("/deltas", fs);
  journal.begin("snapshot");
  for (const char* body : {"one", "two", "three"}) {
    ASSERT_TRUE(journal.append(model::with_digest_line(body)));
  }
  std::string& kept = fs.files().at("/deltas");
  kept[kept.find("two")] = 'T';
  const auto read = journal.read("snapshot");
  EXPECT_EQ(read.deltas.size(), 1U);
  EXPECT_NE(read.problem, "");
  const auto refused = journal.append(model::with_digest_line("four"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_EQ(journal.read("another snapshot").deltas.size(), 0U);
  ASSERT_TRUE(journal.append(model::with_digest_line("four")));
  EXPECT_EQ(journal.read("another snapshot").deltas.size(), 1U);
}

// Each length that an append can be cut to.
TEST(DeltaJournal, ATornDeltaIsNothing) {
  FaultyFileSystem fs;
  DeltaJournal journal("/deltas", fs);
  journal.begin("snapshot");
  ASSERT_TRUE(journal.append(model::with_digest_line("one")));
  const std::size_t whole = fs.files().at("/deltas").size();
  ASSERT_TRUE(journal.append(model::with_digest_line("two")));
  const std::string two = fs.files().at("/deltas");
  for (std::size_t size = whole; size < two.size(); ++size) {
    fs.files()["/deltas"] = two.substr(0, size);
    const auto read = journal.read("snapshot");
    EXPECT_EQ(read.deltas.size(), 1U) << size;
    EXPECT_EQ(read.problem, "") << size;
    ASSERT_TRUE(journal.append(model::with_digest_line("three"))) << size;
    EXPECT_EQ(journal.read("snapshot").deltas.size(), 2U) << size;
  }
}

TEST(DeltaJournal, AJournalHasALength) {
  FaultyFileSystem fs;
  DeltaJournal journal("/deltas", fs);
  journal.begin("snapshot");
  const std::string delta = model::with_digest_line("{}");
  for (std::uint64_t i = 0; i < kJournalDeltasMax; ++i) ASSERT_TRUE(journal.append(delta));
  EXPECT_EQ(journal.append(delta).error().code, Errc::conflict);
  journal.begin("another");
  const std::string large = model::with_digest_line(std::string(kJournalBytesMax, 'x'));
  EXPECT_EQ(journal.append(large).error().code, Errc::conflict);
  EXPECT_TRUE(journal.append(delta));
}

}  // namespace
}  // namespace proviso::gates
