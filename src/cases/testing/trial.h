// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/testing/faulty_file_system.h"
#include "cases/record.h"

namespace proviso::cases::testing {

/// A founded record of one open case: its store in a temporary folder, its ledger in a file system
/// that can be made to fail. Time stands still unless a test moves it.
class Trial {
 public:
  explicit Trial(const SealingPolicy& sealing = {}) : folder_(make_folder()), sealing_(sealing) {
    EXPECT_TRUE(ledger::Log::create(fs, "ledger", signer(), kOrigin));
    open();
    const auto found = [&]() -> Result<void> {
      record_->entry(model::entry_kind::genesis, Json::Object{}, Json::Object{});
      TRY_VOID(record_->database().run("INSERT INTO meta VALUES ('genesis','{}')"));
      return record_->database().run(
          "INSERT INTO cases (id, customer, term_group, state, opened_at) VALUES "
          "(:p0,'customer-1','','open','2026-11-23T12:00:00Z')",
          {case_id.value});
    };
    EXPECT_TRUE(record_->change(found));
  }
  ~Trial() {
    close();
    std::filesystem::remove_all(folder_);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;

  /// As a start does, and so finishes what is pending.
  void open() {
    const auto done = try_open();
    ASSERT_TRUE(done) << done.error().message;
  }
  Result<void> try_open() {
    close();
    auto log = TRY(ledger::Log::open(fs, "ledger", signer(), kOrigin));
    auto database = TRY(Database::open(store()));
    record_ = TRY(
        Record::open(std::move(database), std::move(log), kOrigin, "a hash key", clock, random));
    record_->set_sealing(sealing_);
    return {};
  }
  void close() { record_.reset(); }

  [[nodiscard]] Record& record() { return *record_; }
  [[nodiscard]] std::string store() const { return folder_ + "/store"; }

  /// An entry about the case, in a change of its own.
  Result<void> add_finding(Json private_part = Json::Object{}) {
    return record_->change([&] {
      return record_->case_entry(case_id, model::entry_kind::finding_made,
                                 Json::Object{{"case", case_id.value}}, std::move(private_part));
    });
  }

  proviso::testing::FaultyFileSystem fs;
  ManualClock clock{parse_time("2026-11-23T12:00:00Z").value()};
  SeededRandom random{5};
  const model::CaseId case_id{"00000000-0000-8000-a000-000000000001"};

 private:
  static constexpr const char* kOrigin = "ledger.example/trial";
  static std::string make_folder() {
    std::string name = (std::filesystem::temp_directory_path() / "proviso-XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    return name;
  }
  static ledger::NoteSigner signer() {
    SeededRandom keys(9);
    return ledger::NoteSigner::make(kOrigin, SigningKey::generate(keys)).value();
  }

  std::string folder_;
  SealingPolicy sealing_;
  std::unique_ptr<Record> record_;
};

/// Calls `fails_at(n, fault, unsynced)`, which returns whether the n-th write was reached, for each
/// write in turn and each way in which it can fail.
template <class FailsAt>
void fail_each_write(const FailsAt& fails_at) {
  using proviso::testing::Fault;
  using proviso::testing::Unsynced;
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (const Unsynced unsynced : {Unsynced::kept, Unsynced::dropped, Unsynced::torn}) {
      std::uint64_t n = 1;
      while (fails_at(n, fault, unsynced) && n < 200) ++n;
      EXPECT_GT(n, 1U);
      EXPECT_LT(n, 200U);
    }
  }
}

}  // namespace proviso::cases::testing
