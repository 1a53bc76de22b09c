// SPDX-License-Identifier: Apache-2.0
// Every write point of the ledger fails in turn while a slot is appended: what is in the ledger can
// always be opened from the store, and nothing that was sealed is lost or stands twice.
#include <map>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "cases/sealing.h"
#include "cases/testing/trial.h"

namespace proviso::cases {
namespace {

using proviso::testing::Fault;
using proviso::testing::Unsynced;
using testing::Trial;

// Each sealed leaf has its content and salt in the store.
void check_openable(Record& record) {
  for (std::uint64_t i = 0; i < record.log()->size(); ++i) {
    const std::string leaf = record.log()->entry(i).value();
    const model::Entry entry = model::parse_entry(leaf).value();
    if (entry.kind != model::entry_kind::sealed) continue;
    const auto rows = record.database()
                          .query(
                              "SELECT o.bytes, o.salt, s.content FROM outbox o JOIN seals s ON "
                              "s.sealed_entry = o.entry WHERE o.entry=:p0",
                              {entry.id.value})
                          .value();
    ASSERT_EQ(rows.size(), 1U) << "a commitment that nobody can open";
    EXPECT_EQ(rows[0].text(0), leaf);
    EXPECT_EQ(sha256(hex_decode(rows[0].text(1)).value(), rows[0].text(2)),
              entry.private_commitment);
  }
}
// How often each finding is sealed in the ledger.
std::map<std::string, int> committed(Record& record) {
  std::map<std::string, int> out;
  const auto rows = record.database()
                        .query(
                            "SELECT s.entry FROM seals s JOIN outbox o ON o.entry = "
                            "s.sealed_entry WHERE s.kind<>'cover' AND o.ledger_index IS NOT "
                            "NULL")
                        .value();
  for (const SqlRow& row : rows) ++out[row.text(0)];
  return out;
}

// Returns whether the fault was reached.
bool fails_at(std::uint64_t n, Fault fault, Unsynced unsynced) {
  Trial trial({.on = true,
               .every = std::chrono::minutes{10},
               .per_slot = 2,
               .open_by = std::chrono::days{400},
               .open_after = std::chrono::days{30}});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(trial.add_finding(Json::Object{{"number", i}}));
  trial.fs.fail_at(n, fault);
  const auto slot = append_slot(trial.record());
  trial.close();
  const bool failed = trial.fs.failed();
  trial.fs.crash(unsynced);
  trial.open();
  check_openable(trial.record());
  const auto before = committed(trial.record());
  if (slot) {
    EXPECT_EQ(before.size(), 2U) << "acknowledged, and lost";
  }
  for (int i = 0; i < 3; ++i) {
    trial.clock.advance(std::chrono::minutes{10});
    EXPECT_TRUE(append_slot(trial.record()));
  }
  const auto all = committed(trial.record());
  EXPECT_EQ(all.size(), 3U);
  for (const auto& [entry, times] : all) EXPECT_EQ(times, 1) << entry;
  check_openable(trial.record());
  return failed;
}

TEST(SealingFaults, WhateverWriteFailsEverySealCanBeOpened) { testing::fail_each_write(fails_at); }

}  // namespace
}  // namespace proviso::cases
