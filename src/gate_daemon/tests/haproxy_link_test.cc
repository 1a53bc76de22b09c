// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_link.h"

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "gate_daemon/testing/fake_haproxy.h"
#include "gate_daemon/testing/served_world.h"

namespace proviso::gate_daemon {
namespace {

using gates::testing::restriction_of;
using gates::testing::World;
using model::EffectKind;
using model::testing::at;
using model::testing::sign_order;
using testing::FakeHaproxy;
using testing::ServedWorld;
using testing::with_effect;
using Fault = FakeHaproxy::Fault;
using Map = FakeHaproxy::Map;
using namespace std::chrono_literals;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Time now() const override { return at("2026-11-08T00:00:30Z"); }
};

model::SignedOrder cut(const char* subscription, char nonce) {
  return sign_order(
      with_effect(restriction_of(subscription, "speech", nonce), {EffectKind::deny, 0}),
      {"ada", "ben"});
}
World one_cut() {
  World world;
  world.put_in_force(cut("sub-1", '1'), "2026-11-06T00:00:00Z");
  return world;
}

class HaproxyLinkTest : public ::testing::Test {
 protected:
  void start(const World& world, bool observe = false) {
    served = std::make_unique<ServedWorld>(world, observe);
    ASSERT_EQ(served->problem, "");
    link = std::make_unique<HaproxyLink>(socket, settings, *served->gate, served->clocks, fs, log);
    link->take(world.snapshot_text());
  }
  // Without the heartbeat.
  Map entries() {
    Map out = haproxy.map();
    out.erase("heartbeat");
    return out;
  }
  [[nodiscard]] HaproxyStatus status() const { return *link->status().get(); }
  [[nodiscard]] std::size_t lines_with(std::string_view event) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return line.find(event) != std::string::npos; }));
  }

  std::string socket = ::testing::TempDir() + "haproxy_link_test.sock";
  FakeHaproxy haproxy{socket};
  static HaproxySettings patient() {
    HaproxySettings out;
    out.map = "/m.map";
    out.answer = 60s;
    return out;
  }
  HaproxySettings settings = patient();
  proviso::testing::FaultyFileSystem fs;
  FixedClock clock;
  std::vector<std::string> lines;
  EventLog log{clock, [this](std::string_view line) { lines.emplace_back(line); }};
  std::unique_ptr<ServedWorld> served;
  std::unique_ptr<HaproxyLink> link;
};

TEST_F(HaproxyLinkTest, FillsTheMapThenOnlyBeats) {
  start(one_cut());
  EXPECT_EQ(link->step(), settings.interval);
  EXPECT_EQ(entries(), (Map{{"sub-1/speech", "deny"}}));
  EXPECT_EQ(haproxy.map().at("heartbeat"), std::to_string(served->clocks.wall()));
  haproxy.commands();
  served->clocks.pass(1);
  link->step();
  EXPECT_EQ(haproxy.commands(), std::vector<std::string>{"set"});
  EXPECT_EQ(haproxy.map().at("heartbeat"), std::to_string(served->clocks.wall()));
  EXPECT_EQ(status().deny, 1U);
  EXPECT_EQ(status().refills, 1U);
  EXPECT_TRUE(status().in_step);
  EXPECT_EQ(lines_with("haproxy_in_step"), 1U);
}

TEST_F(HaproxyLinkTest, AStageThatBeginsAndAnOrderThatEnds) {
  World world;
  model::Order order = restriction_of("sub-1", "speech", '1');
  order.restriction->stages = {{at("2026-11-08T12:00:00Z"), {EffectKind::throttle, 5}},
                               {at("2026-11-08T18:00:00Z"), {EffectKind::deny, 0}}};
  world.put_in_force(sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
  start(world);
  link->step();
  EXPECT_EQ(entries(), Map{}) << "who is under review is not to be learnt (I11)";
  for (const auto& [time, says] : std::initializer_list<std::pair<const char*, std::string>>{
           {"2026-11-08T12:00:00Z", "ask"}, {"2026-11-08T18:00:00Z", "deny"}}) {
    served->clocks.pass_until(at(time));
    link->step();
    EXPECT_EQ(entries(), (Map{{"sub-1/speech", says}})) << time;
  }
  served->clocks.pass_until(at("2027-01-31T00:00:00Z"));
  link->step();
  EXPECT_EQ(entries(), Map{});
}

// Within the minute after which all is looked at anyway.
TEST_F(HaproxyLinkTest, AStageIsNoticedInItsSecondAlsoWhereTheClockJumped) {
  World world;
  model::Order order = restriction_of("sub-1", "speech", '1');
  order.restriction->stages = {{at("2026-11-08T00:01:00Z"), {EffectKind::deny, 0}}};
  world.put_in_force(sign_order(order, {"ada", "ben"}), "2026-11-06T00:00:00Z");
  start(world);
  link->step();
  // Forward over the stage: in doubt it has not begun.
  served->clocks.step(100);
  link->step();
  EXPECT_EQ(entries(), Map{});
  served->clocks.pass(29);
  link->step();
  EXPECT_EQ(entries(), Map{});
  served->clocks.pass(1);
  link->step();
  EXPECT_EQ(entries(), (Map{{"sub-1/speech", "deny"}}));
}

TEST_F(HaproxyLinkTest, ASnapshotThatLiftsAndOneThatCuts) {
  World world = one_cut();
  start(world);
  link->step();
  world.put_in_force(cut("sub-2", '2'), "2026-11-07T00:00:00Z");
  ASSERT_TRUE(served->gate->offer(world.snapshot_text()));
  link->take(world.snapshot_text());
  link->step();
  EXPECT_EQ(entries(), (Map{{"sub-1/speech", "deny"}, {"sub-2/speech", "deny"}}));
  world.put_in_force(
      sign_order(model::testing::sample_lift(model::order_digest(cut("sub-1", '1').order)),
                 {"ada"}),
      "2026-11-07T00:00:01Z");
  ASSERT_TRUE(served->gate->offer(world.snapshot_text()));
  link->take(world.snapshot_text());
  link->step();
  EXPECT_EQ(entries(), (Map{{"sub-2/speech", "deny"}}));
  EXPECT_EQ(status().changes, 2U);
}

TEST_F(HaproxyLinkTest, AGateThatObservesPutsNothingIn) {
  haproxy.start_again({{"sub-1/speech", "deny"}});
  start(one_cut(), true);
  link->step();
  EXPECT_EQ(entries(), Map{});
}

// It would be wrong to say that nobody is restricted, and to say that this is fresh.
TEST_F(HaproxyLinkTest, WithoutASnapshotTheMapIsLeftAlone) {
  haproxy.start_again({{"sub-1/speech", "deny"}});
  const World world = one_cut();
  ServedWorld none(world.trust(), {.observe = false, .fail_closed = true});
  HaproxyLink stateless(socket, settings, *none.gate, none.clocks, fs, log);
  stateless.step();
  EXPECT_EQ(haproxy.map(), (Map{{"sub-1/speech", "deny"}}));
  // The gate has one, but nobody has said yet what stands in it.
  ServedWorld unnamed(world);
  HaproxyLink early(socket, settings, *unnamed.gate, unnamed.clocks, fs, log);
  early.step();
  EXPECT_EQ(haproxy.map(), (Map{{"sub-1/speech", "deny"}}));
  EXPECT_TRUE(haproxy.commands().empty());
}

TEST_F(HaproxyLinkTest, AHaproxyThatWasStartedAgainIsFilledAndTold) {
  start(one_cut());
  link->step();
  haproxy.start_again();
  link->step();
  EXPECT_EQ(entries(), (Map{{"sub-1/speech", "deny"}}));
  EXPECT_EQ(lines_with("haproxy_started_again"), 1U);
  EXPECT_EQ(status().refills, 2U);
}

TEST_F(HaproxyLinkTest, FaultsAreTriedAgainLessAndLessOftenAndTold) {
  start(one_cut());
  for (const auto wait : {1s, 2s, 4s, 8s, 16s, 30s, 30s}) {
    haproxy.fail_at("prepare", Fault::refuse);
    EXPECT_EQ(link->step(), wait);
  }
  EXPECT_EQ(status().failures, 7U);
  EXPECT_FALSE(status().in_step);
  EXPECT_NE(status().last_failure.find("no such right"), std::string::npos);
  EXPECT_EQ(lines_with("haproxy_not_in_step"), 7U);
  EXPECT_EQ(link->step(), settings.interval);
  EXPECT_TRUE(status().in_step);
  EXPECT_EQ(status().last_failure, "");
  EXPECT_EQ(entries(), (Map{{"sub-1/speech", "deny"}}));
  haproxy.fail_at("set map", Fault::hang_up);
  EXPECT_EQ(link->step(), 1s) << "it begins anew";
}

TEST_F(HaproxyLinkTest, MoreEntriesThanAreAllowedLeaveTheMapAsItIs) {
  World world = one_cut();
  settings.entries_max = 1;
  start(world);
  link->step();
  world.put_in_force(cut("sub-2", '2'), "2026-11-07T00:00:00Z");
  ASSERT_TRUE(served->gate->offer(world.snapshot_text()));
  link->take(world.snapshot_text());
  const Map before = haproxy.map();
  EXPECT_EQ(link->step(), 1s);
  EXPECT_EQ(haproxy.map(), before);
  EXPECT_NE(status().last_failure.find("would have 2 entries"), std::string::npos);
}

TEST_F(HaproxyLinkTest, TheFileHasTheEntriesAndNoHeartbeat) {
  settings.file = "/run/proviso.map";
  start(one_cut());
  link->step();
  EXPECT_EQ(*fs.read(settings.file, 1000), "sub-1/speech deny\n");
  ASSERT_TRUE(fs.remove(settings.file));
  haproxy.start_again();
  link->step();
  EXPECT_EQ(*fs.read(settings.file, 1000), "sub-1/speech deny\n") << "lost with HAProxy's machine";
}

TEST_F(HaproxyLinkTest, AFileThatCannotBeWrittenIsToldAndHoldsNothingUp) {
  settings.file = "/run/proviso.map";
  fs.refuse_writes(Errc::exhausted, "disk full");
  start(one_cut());
  link->step();
  EXPECT_GE(lines_with("haproxy_file_not_written"), 1U);
  EXPECT_EQ(entries(), (Map{{"sub-1/speech", "deny"}}));
}

TEST_F(HaproxyLinkTest, NoLineNamesASubscription) {
  start(one_cut());
  link->step();
  haproxy.start_again();
  link->step();
  EXPECT_GE(lines.size(), 3U);
  EXPECT_EQ(lines_with("sub-1"), 0U);
}

}  // namespace
}  // namespace proviso::gate_daemon
