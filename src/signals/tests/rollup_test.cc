// SPDX-License-Identifier: Apache-2.0
#include "signals/rollup.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace proviso::signals {
namespace {

model::UsageEvent event(std::int64_t from, std::int64_t to, std::uint64_t count) {
  model::UsageEvent e;
  e.subscription = "s";
  e.service = "speech";
  e.window_start = from_unix_seconds(from);
  e.window_end = from_unix_seconds(to);
  e.count = count;
  e.amounts[0] = {"bytes", 100.0};
  e.amounts_count = 1;
  return e;
}

TEST(Rollup, SharesAWindowOutByTimeAndKeepsTotals) {
  Rollup rollup;
  rollup.add(event(1800, 1800 + 7200, 10), model::ActionClass::compute);
  const auto cells = rollup.drain();
  ASSERT_EQ(cells.size(), 3U);
  EXPECT_EQ(cells[0].count, 3U);  // 2.5, 5, 2.5: of equal remainders the earlier
  EXPECT_EQ(cells[1].count, 5U);
  EXPECT_EQ(cells[2].count, 2U);
  EXPECT_EQ(cells[1].hour, from_unix_seconds(3600));
  EXPECT_DOUBLE_EQ(cells[1].quantities[0].value, 50);
  EXPECT_EQ(rollup.cells(), 0U);
}

TEST(Rollup, AWholeHourIsOneCellAndAnInstantIsItsHour) {
  Rollup rollup;
  rollup.add(event(3600, 7200, 4), model::ActionClass::read);
  rollup.add(event(3600, 3600, 1), model::ActionClass::read);
  rollup.add(event(7200, 7200, 2), model::ActionClass::read);
  const auto cells = rollup.drain();
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].count, 5U);
  EXPECT_EQ(cells[1].count, 2U);
}

TEST(Rollup, RandomWindowsKeepTheirTotal) {
  SeededRandom random(3);
  for (int i = 0; i < 300; ++i) {
    Rollup rollup;
    const auto start = static_cast<std::int64_t>(random.below(1'000'000));
    const std::uint64_t count = random.next() >> random.below(64);
    rollup.add(event(start, start + static_cast<std::int64_t>(random.below(200'000)), count),
               model::ActionClass::read);
    std::uint64_t total = 0;
    for (const RollupCell& cell : rollup.drain()) total += cell.count;
    EXPECT_EQ(total, count);
  }
}

TEST(Rollup, AVeryLongWindowLeavesItsShareAndNoMore) {
  Rollup rollup;
  constexpr std::int64_t kTwoYears = std::int64_t{730} * 86'400;
  rollup.add(event(0, kTwoYears, 730), model::ActionClass::read);
  std::uint64_t total = 0;
  for (const RollupCell& cell : rollup.drain()) total += cell.count;
  EXPECT_EQ(total, 31U);
}

}  // namespace
}  // namespace proviso::signals
