// SPDX-License-Identifier: Apache-2.0
// Every write point of the ledger fails in turn while entries with tags are made: after the restart
// the customer's numbers are in the log without a gap, each once, and the index fits the log.
#include <filesystem>
#include <map>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing/faulty_file_system.h"
#include "cases/customer_index.h"
#include "cases/index_keys.h"
#include "ledger/leaf_tree.h"

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
      record_->entry(model::entry_kind::genesis, Json::Object{}, Json::Object{});
      return record_->database().run(
          "INSERT INTO cases (id, customer, term_group, state, opened_at) VALUES "
          "(:p0,'c','g','open','2026-11-23T12:00:00Z')",
          {kCase});
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
                           clock_, random_)
                  .value();
  }
  void close() { record_.reset(); }
  Result<void> add() {
    return record_->change([&] {
      return record_->case_entry(model::CaseId(kCase), model::entry_kind::finding_made,
                                 Json::Object{}, Json::Object{});
    });
  }
  Result<void> publish() {
    TRY(publish_index(*record_));
    return {};
  }

  /// The numbers in the log are 0, 1, 2 ... in its order; returns how many.
  std::uint64_t check_numbers() {
    const auto keys = index_keys_of(record_->database(), record_->index_secret(), "c").value();
    const model::IndexTags tags(keys[0].key);
    std::uint64_t number = 0;
    for (std::uint64_t i = 1; i < record_->log()->size(); ++i) {
      const auto entry = model::parse_entry(record_->log()->entry(i).value()).value();
      const auto tag = model::tag_of(entry.public_part).value();
      if (!tag) continue;
      EXPECT_EQ(*tag, tags.of(number)) << "number " << number << " of the customer";
      ++number;
    }
    EXPECT_EQ(keys[0].numbers, number) << "a number was lost";
    return number;
  }
  /// The last index is that of the log.
  void check_index() {
    const auto all = published_indexes(record_->database()).value();
    for (const IndexDone& done : all) {
      const auto& p = done.published;
      const auto tags = tags_between(record_->database(), p.from, p.to).value();
      EXPECT_EQ(ledger::LeafTree(index_leaf_hashes(tags)).root(), p.root);
      EXPECT_LE(p.to, done.index);
    }
  }

  FaultyFileSystem fs;

 private:
  static ledger::NoteSigner signer() {
    SeededRandom keys(9);
    return ledger::NoteSigner::make(kOrigin, SigningKey::generate(keys)).value();
  }
  std::string store_;
  ManualClock clock_{parse_time("2026-11-23T12:00:00Z").value()};
  SeededRandom random_{5};
  std::unique_ptr<Record> record_;
};

// Returns whether the fault was reached.
bool fails_at(std::uint64_t n, Fault fault, Unsynced unsynced) {
  Trial trial(::testing::TempDir() + "proviso_index_faults_" + std::to_string(::getpid()));
  EXPECT_TRUE(trial.add());
  trial.fs.fail_at(n, fault);
  std::uint64_t told = 1;
  if (trial.add()) ++told;
  if (trial.publish() && trial.add()) ++told;
  trial.close();
  const bool failed = trial.fs.failed();
  trial.fs.crash(unsynced);
  trial.open();
  EXPECT_GE(trial.check_numbers(), told) << "acknowledged, and lost";
  const std::uint64_t before = trial.check_numbers();
  EXPECT_TRUE(trial.add());
  EXPECT_EQ(trial.check_numbers(), before + 1);
  EXPECT_TRUE(trial.publish());
  trial.check_index();
  return failed;
}

TEST(IndexFaults, WhateverWriteFailsNoNumberIsSkippedOrGivenTwice) {
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
