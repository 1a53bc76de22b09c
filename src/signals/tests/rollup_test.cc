// SPDX-License-Identifier: Apache-2.0
#include "signals/rollup.h"

#include <algorithm>
#include <map>
#include <tuple>

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

/// The simple version: one map by the whole key. For windows within one hour.
class SimpleRollup {
 public:
  void add(const model::UsageEvent& e, model::ActionClass c) {
    const std::int64_t hour = unix_seconds(e.window_start) / 3600;
    RollupCell& cell = cells_[std::tuple(hour, std::string(e.subscription), std::string(e.service),
                                         c, std::string(e.region))];
    cell.hour = from_unix_seconds(hour * 3600);
    cell.subscription = e.subscription;
    cell.service = e.service;
    cell.action_class = c;
    cell.region = e.region;
    cell.count += e.count;
    for (const model::Amount& a : e.used()) {
      auto q = std::ranges::find(cell.quantities, a.unit, &Quantity::unit);
      if (q == cell.quantities.end()) q = cell.quantities.insert(q, {std::string(a.unit), 0});
      q->value += a.value;
      std::ranges::sort(cell.quantities, {}, &Quantity::unit);
    }
  }
  std::vector<RollupCell> drain() {
    std::vector<RollupCell> out;
    for (auto& [key, cell] : cells_) out.push_back(std::move(cell));
    cells_.clear();
    return out;
  }

 private:
  std::map<std::tuple<std::int64_t, std::string, std::string, model::ActionClass, std::string>,
           RollupCell>
      cells_;
};

TEST(Rollup, SameAsAMapInAnyOrderOfTime) {
  SeededRandom random(7);
  const std::string names[] = {"a", "b", "aa", ""};
  const std::string units[] = {"bytes", "seconds", "u0", "u1", "u2", "u3",
                               "u4",    "u5",      "u6", "u7", "u8", "u9"};
  Rollup rollup;
  SimpleRollup simple;
  std::map<std::string, Rollup::Place> places;  // live across drain()
  for (int round = 0; round < 40; ++round) {
    const bool in_order = random.below(2) == 0;
    for (std::int64_t i = 0; i < 300; ++i) {
      const auto at = in_order ? i : static_cast<std::int64_t>(random.below(300));
      model::UsageEvent e = event(at * 1000, at * 1000, random.below(9));
      e.subscription = names[random.below(4)];
      e.service = names[random.below(4)];
      e.region = names[random.below(2)];
      e.amounts_count = static_cast<std::uint8_t>(random.below(3));
      for (std::size_t k = 0; k < e.amounts_count; ++k) {
        e.amounts[k] = {units[random.below(12)], static_cast<double>(random.below(100))};
      }
      const auto c = static_cast<model::ActionClass>(random.below(3));
      const std::string place = std::string(e.subscription) + "|" + std::string(e.service) + "|" +
                                std::string(e.region) + std::to_string(static_cast<int>(c));
      if (random.below(2) == 0) {
        rollup.add(e, c);
      } else {
        rollup.add(e, c, places[place]);
      }
      simple.add(e, c);
    }
    ASSERT_EQ(rollup.drain(), simple.drain()) << round;
  }
}

}  // namespace
}  // namespace proviso::signals
