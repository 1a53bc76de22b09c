// SPDX-License-Identifier: Apache-2.0
#include "cases/record.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "cases/testing/trial.h"

namespace proviso::cases {
namespace {

using testing::Trial;

TEST(Record, IsNotOpenedWithAStoreThatIsOlderThanItsLedger) {
  Trial trial;
  ASSERT_TRUE(trial.add_finding());
  trial.close();  // and so the store is one file
  std::filesystem::copy(trial.store(), trial.store() + "-kept");
  trial.open();
  ASSERT_TRUE(trial.add_finding());
  trial.close();
  std::filesystem::copy(trial.store(), trial.store() + "-newest");
  std::filesystem::rename(trial.store() + "-kept", trial.store());
  const auto refused = trial.try_open();
  ASSERT_FALSE(refused) << "tags of entries would be given a second time";
  EXPECT_EQ(refused.error().code, Errc::corrupt);
  EXPECT_NE(refused.error().message.find("entries from 2 on"), std::string::npos)
      << refused.error().message;
  std::filesystem::rename(trial.store() + "-newest", trial.store());
  EXPECT_TRUE(trial.try_open());
}

TEST(Record, IsNotOpenedWithALedgerThatIsOlderThanItsStore) {
  Trial trial;
  trial.close();
  const auto kept = trial.fs.files();
  trial.open();
  ASSERT_TRUE(trial.add_finding());
  trial.fs.refuse_writes(Errc::exhausted, "the disk is full");
  EXPECT_FALSE(trial.add_finding()) << "one that is pending, and would be appended";
  trial.fs.accept_writes();
  trial.close();
  trial.fs.files() = kept;
  const auto refused = trial.try_open();
  ASSERT_FALSE(refused) << "an acknowledged entry is lost, and another would take its place";
  EXPECT_EQ(refused.error().code, Errc::corrupt);
  EXPECT_NE(refused.error().message.find("ledger: it is older than its store"), std::string::npos)
      << refused.error().message;
  EXPECT_EQ(trial.fs.files(), kept) << "nothing was written";
}

// The ledger could not take a change, and is asked again by the next one.
TEST(Record, NothingIsChangedWhileAnEarlierChangeIsNotInTheLedgerR1) {
  Trial trial;
  trial.fs.refuse_writes(Errc::exhausted, "the disk is full");
  EXPECT_FALSE(trial.add_finding());
  bool ran = false;
  const auto refused = trial.record().change([&]() -> Result<void> {
    ran = true;
    return {};
  });
  EXPECT_FALSE(refused);
  EXPECT_FALSE(ran) << "it would have rested on what is not in the ledger";
  trial.fs.accept_writes();
  trial.open();
  EXPECT_EQ(trial.record().log()->size(), 2U);
}

}  // namespace
}  // namespace proviso::cases
