// SPDX-License-Identifier: Apache-2.0
#include "gates/live_clock.h"

#include <gtest/gtest.h>

#include "gates/testing/manual_clocks.h"

namespace proviso::gates {
namespace {

using testing::ManualClocks;

constexpr std::int64_t kStart = 1'800'000'000;
constexpr std::int64_t kDay = 86400;

struct Case {
  ManualClocks clocks{from_unix_seconds(kStart)};
  LiveClock clock{clocks, std::nullopt};
  void expect(std::int64_t one, std::int64_t other) const {
    const Instants now = clock.now();
    EXPECT_EQ(std::min(now.one, now.other), std::min(one, other) + kStart);
    EXPECT_EQ(std::max(now.one, now.other), std::max(one, other) + kStart);
  }
};

TEST(LiveClock, FollowsTheWallClock) {
  Case c;
  c.expect(0, 0);
  c.clocks.pass(kDay);
  c.expect(kDay, kDay);
  c.clocks.step(2);
  c.expect(kDay + 2, kDay + 2);
  EXPECT_EQ(c.clock.step(), 0);
}

TEST(LiveClock, GivesBothTimesWhereTheWallClockJumps) {
  for (const std::int64_t jump : {kDay, -kDay, std::int64_t{3}, std::int64_t{-3}}) {
    Case c;
    c.clocks.step(jump);
    c.clocks.pass(10);
    c.expect(10, 10 + jump);
    EXPECT_EQ(c.clock.step(), jump);
    c.clocks.step(-jump);
    c.expect(10, 10);
    EXPECT_EQ(c.clock.step(), 0);
  }
}

TEST(LiveClock, BelievesTheWallClockAgainAfterAnHour) {
  Case c;
  c.clocks.step(kDay);
  c.clock.tick();
  c.clocks.pass(LiveClock::kAdoptSeconds - 1);
  c.clock.tick();
  c.expect(LiveClock::kAdoptSeconds - 1, kDay + LiveClock::kAdoptSeconds - 1);
  c.clocks.pass(1);
  c.clock.tick();
  c.expect(kDay + LiveClock::kAdoptSeconds, kDay + LiveClock::kAdoptSeconds);
  EXPECT_EQ(c.clock.step(), 0);
}

TEST(LiveClock, AnotherJumpBeginsTheHourAnew) {
  Case c;
  c.clocks.step(kDay);
  c.clock.tick();
  c.clocks.pass(LiveClock::kAdoptSeconds / 2);
  c.clocks.step(kDay);
  c.clock.tick();
  c.clocks.pass(LiveClock::kAdoptSeconds / 2);
  c.clock.tick();
  EXPECT_EQ(c.clock.step(), 2 * kDay);
}

TEST(LiveClock, DoubtsAClockThatWentBackWhileTheGateWasDown) {
  const ManualClocks clocks(from_unix_seconds(kStart));
  const LiveClock clock(clocks, kStart + kDay);
  EXPECT_EQ(clock.step(), -kDay);
  EXPECT_EQ(std::max(clock.now().one, clock.now().other), kStart + kDay);
  EXPECT_EQ(std::min(clock.now().one, clock.now().other), kStart);
  EXPECT_EQ(LiveClock(clocks, kStart - kDay).step(), 0) << "it was down for a day";
}

TEST(SystemClocks, AreThoseOfTheMachine) {
  const SystemClocks clocks;
  const auto now =
      unix_seconds(std::chrono::time_point_cast<Duration>(std::chrono::system_clock::now()));
  EXPECT_LE(clocks.wall(), now);
  EXPECT_GE(clocks.wall(), now - 5);
  EXPECT_GE(clocks.steady(), 0);
}

}  // namespace
}  // namespace proviso::gates
