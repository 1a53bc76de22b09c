// SPDX-License-Identifier: Apache-2.0
// Every write point of the ledger fails in turn while a slot is appended: what is in the ledger can
// always be opened from the store, and nothing that was sealed is lost or stands twice.
#include <filesystem>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/encoding.h"
#include "base/testing/faulty_file_system.h"
#include "cases/sealing.h"

namespace proviso::cases {
namespace {

using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

constexpr const char* kOrigin = "ledger.example/faults";
constexpr const char* kCase = "00000000-0000-8000-a000-000000000001";

class Trial {
 public:
  explicit Trial(const std::string& store) : store_(store) {
    std::filesystem::remove_all(store);
    EXPECT_TRUE(ledger::Log::create(fs, "ledger", signer(), kOrigin));
    open();
    const auto body = [&]() -> Result<void> {
      Database& db = record_->database();
      record_->entry(model::entry_kind::genesis, Json::Object{}, Json::Object{});
      TRY_VOID(db.run("INSERT INTO meta VALUES ('genesis','{}')"));
      TRY_VOID(
          db.run("INSERT INTO cases (id, customer, term_group, state, opened_at) VALUES "
                 "(:p0,'c','g','open','2026-11-23T12:00:00Z')",
                 {kCase}));
      for (int i = 0; i < 3; ++i) {
        TRY_VOID(record_->case_entry(model::CaseId(kCase), model::entry_kind::finding_made,
                                     Json::Object{}, Json::Object{{"number", i}}));
      }
      return {};
    };
    EXPECT_TRUE(record_->change(body));
  }
  ~Trial() {
    record_.reset();
    std::filesystem::remove_all(store_);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  void open() {
    record_.reset();
    auto log = ledger::Log::open(fs, "ledger", signer(), kOrigin);
    ASSERT_TRUE(log) << log.error().message;
    record_ = Record::open(Database::open(store_).value(), std::move(*log), kOrigin, "a hash key",
                           clock, random)
                  .value();
    record_->set_sealing({.on = true,
                          .every = std::chrono::minutes{10},
                          .per_slot = 2,
                          .open_by = std::chrono::days{400},
                          .open_after = std::chrono::days{30}});
  }
  void close() { record_.reset(); }
  Record& record() { return *record_; }

  // Each sealed leaf has its content and salt in the store.
  void check_openable() {
    for (std::uint64_t i = 0; i < record_->log()->size(); ++i) {
      const std::string leaf = record_->log()->entry(i).value();
      const model::Entry entry = model::parse_entry(leaf).value();
      if (entry.kind != model::entry_kind::sealed) continue;
      const auto rows = record_->database()
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
  std::map<std::string, int> committed() {
    std::map<std::string, int> out;
    const auto rows = record_->database()
                          .query(
                              "SELECT s.entry FROM seals s JOIN outbox o ON o.entry = "
                              "s.sealed_entry WHERE s.kind<>'cover' AND o.ledger_index IS NOT "
                              "NULL")
                          .value();
    for (const SqlRow& row : rows) ++out[row.text(0)];
    return out;
  }

  FaultyFileSystem fs;
  ManualClock clock{parse_time("2026-11-23T12:00:00Z").value()};
  SeededRandom random{5};

 private:
  static ledger::NoteSigner signer() {
    SeededRandom keys(9);
    return ledger::NoteSigner::make(kOrigin, SigningKey::generate(keys)).value();
  }
  std::string store_;
  std::unique_ptr<Record> record_;
};

// Returns whether the fault was reached.
bool fails_at(std::uint64_t n, Fault fault, Unsynced unsynced) {
  Trial trial(::testing::TempDir() + "proviso_seal_faults_" + std::to_string(::getpid()));
  trial.fs.fail_at(n, fault);
  const auto slot = append_slot(trial.record());
  trial.close();
  const bool failed = trial.fs.failed();
  trial.fs.crash(unsynced);
  trial.open();
  trial.check_openable();
  const auto before = trial.committed();
  if (slot) {
    EXPECT_EQ(before.size(), 2U) << "acknowledged, and lost";
  }
  for (int i = 0; i < 3; ++i) {
    trial.clock.advance(std::chrono::minutes{10});
    EXPECT_TRUE(append_slot(trial.record()));
  }
  const auto all = trial.committed();
  EXPECT_EQ(all.size(), 3U);
  for (const auto& [entry, times] : all) EXPECT_EQ(times, 1) << entry;
  trial.check_openable();
  return failed;
}

TEST(SealingFaults, WhateverWriteFailsEverySealCanBeOpened) {
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (const Unsynced unsynced : {Unsynced::kept, Unsynced::dropped, Unsynced::torn}) {
      std::uint64_t n = 1;
      while (fails_at(n, fault, unsynced) && n < 200) ++n;
      EXPECT_GT(n, 1U);
      EXPECT_LT(n, 200U);
    }
  }
}

}  // namespace
}  // namespace proviso::cases
