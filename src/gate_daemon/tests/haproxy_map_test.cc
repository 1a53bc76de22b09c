// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/haproxy_map.h"

#include <gtest/gtest.h>

#include "gate_daemon/testing/fake_haproxy.h"

namespace proviso::gate_daemon {
namespace {

using testing::FakeHaproxy;
using Fault = FakeHaproxy::Fault;
using Words = std::vector<std::string>;
using namespace std::chrono_literals;

std::shared_ptr<const MapEntries> entries(MapEntries list) {
  return std::make_shared<const MapEntries>(std::move(list));
}

class HaproxyMapTest : public ::testing::Test {
 protected:
  // Long enough for any answer that comes; only a HAProxy that is silent is waited for so long.
  Result<HaproxyCli> connect(std::chrono::milliseconds answer = 60s) const {
    return HaproxyCli::connect(socket, {.answer = answer});
  }
  Result<HaproxyMap::Outcome> bring(const std::shared_ptr<const MapEntries>& wanted,
                                    std::int64_t now, std::chrono::milliseconds answer = 60s) {
    auto cli = connect(answer);
    if (!cli) return std::unexpected(cli.error());
    return map.bring(*cli, wanted, now);
  }
  HaproxyMap::Done done(const std::shared_ptr<const MapEntries>& wanted, std::int64_t now) {
    const auto outcome = bring(wanted, now);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? outcome->done : HaproxyMap::Done::nothing;
  }

  std::string socket = ::testing::TempDir() + "haproxy_map_test.sock";
  FakeHaproxy haproxy{socket};
  HaproxyMap map{"/m.map", {.payload_bytes = 40, .single_changes_max = 3}};
};

TEST_F(HaproxyMapTest, TheFirstTimeAllOfItAtOnce) {
  // What stood there is not known to anybody.
  haproxy.start_again({{"old/s", "deny"}});
  EXPECT_EQ(done(entries({{"a/s", MapSays::deny}, {"b/s", MapSays::ask}}), 100),
            HaproxyMap::Done::all);
  EXPECT_EQ(haproxy.map(),
            (FakeHaproxy::Map{{"a/s", "deny"}, {"b/s", "ask"}, {"heartbeat", "100"}}));
  EXPECT_EQ(haproxy.commands(), (Words{"prepare", "adds", "adds", "commit"}))
      << "in as many pieces as the payload's size asks for";
}

TEST_F(HaproxyMapTest, AnEmptyOneHasItsHeartbeat) {
  EXPECT_EQ(done(entries({}), 7), HaproxyMap::Done::all);
  EXPECT_EQ(haproxy.map(), (FakeHaproxy::Map{{"heartbeat", "7"}}));
}

TEST_F(HaproxyMapTest, WithoutAChangeOnlyTheHeartbeat) {
  const auto same = entries({{"a/s", MapSays::deny}});
  done(same, 100);
  haproxy.commands();
  EXPECT_EQ(done(same, 101), HaproxyMap::Done::nothing);
  EXPECT_EQ(haproxy.commands(), Words{"set"});
  EXPECT_EQ(haproxy.map().at("heartbeat"), "101");
}

TEST_F(HaproxyMapTest, AFewChangesOneByOneWhatEasesFirst) {
  done(entries({{"a/s", MapSays::deny}, {"b/s", MapSays::ask}, {"d/s", MapSays::deny}}), 100);
  haproxy.commands();
  const auto next =
      entries({{"b/s", MapSays::deny}, {"c/s", MapSays::deny}, {"d/s", MapSays::deny}});
  EXPECT_EQ(done(next, 101), HaproxyMap::Done::changes);
  EXPECT_EQ(haproxy.commands(), (Words{"del", "set", "add", "set"}));
  EXPECT_EQ(
      haproxy.map(),
      (FakeHaproxy::Map{{"b/s", "deny"}, {"c/s", "deny"}, {"d/s", "deny"}, {"heartbeat", "101"}}));
}

TEST_F(HaproxyMapTest, ManyChangesAtOnce) {
  done(entries({{"a/s", MapSays::deny}, {"b/s", MapSays::ask}}), 100);
  haproxy.commands();
  EXPECT_EQ(done(entries({{"c/s", MapSays::deny}, {"d/s", MapSays::ask}}), 101),
            HaproxyMap::Done::all);
  EXPECT_EQ(haproxy.commands().front(), "prepare");
  EXPECT_EQ(haproxy.map(),
            (FakeHaproxy::Map{{"c/s", "deny"}, {"d/s", "ask"}, {"heartbeat", "101"}}));
}

TEST_F(HaproxyMapTest, AHaproxyThatWasStartedAgainIsFilled) {
  const auto same = entries({{"a/s", MapSays::deny}});
  done(same, 100);
  haproxy.start_again();
  const auto outcome = bring(same, 101);
  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->done, HaproxyMap::Done::all);
  EXPECT_TRUE(outcome->was_lost);
  EXPECT_EQ(haproxy.map(), (FakeHaproxy::Map{{"a/s", "deny"}, {"heartbeat", "101"}}));
}

// It starts with what its file has: the heartbeat is never in it.
TEST_F(HaproxyMapTest, AlsoWhereItsFileHasTheEntries) {
  done(entries({{"a/s", MapSays::deny}, {"b/s", MapSays::deny}}), 100);
  haproxy.start_again({{"a/s", "deny"}, {"b/s", "deny"}, {"c/s", "deny"}});
  EXPECT_EQ(done(entries({{"a/s", MapSays::deny}}), 101), HaproxyMap::Done::all);
  EXPECT_EQ(haproxy.map(), (FakeHaproxy::Map{{"a/s", "deny"}, {"heartbeat", "101"}}));
}

// Whatever goes wrong wherever: the map is the old one, nothing is thought to be known, and the
// next time all of it is told.
TEST_F(HaproxyMapTest, FaultsLeaveTheOldMapAndTheNextTimeItIsFilled) {
  const auto before = entries({{"a/s", MapSays::deny}});
  const auto after = entries({{"b/s", MapSays::deny},
                              {"c/s", MapSays::ask},
                              {"d/s", MapSays::ask},
                              {"e/s", MapSays::deny}});
  for (const char* command : {"prompt", "prepare", "add map @", "commit"}) {
    for (const Fault fault : {Fault::hang_up, Fault::refuse, Fault::endless, Fault::half_line}) {
      done(before, 100);
      const FakeHaproxy::Map old = haproxy.map();
      haproxy.fail_at(command, fault);
      EXPECT_FALSE(bring(after, 101)) << command;
      EXPECT_EQ(haproxy.map(), old) << command;
      EXPECT_EQ(done(after, 102), HaproxyMap::Done::all);
      EXPECT_EQ(haproxy.map().size(), 5U);
      EXPECT_EQ(haproxy.versions(), 0U);
    }
  }
}

TEST_F(HaproxyMapTest, AFaultInTheMiddleOfChangesIsMendedByAFill) {
  for (const char* command : {"del", "set map /m.map b/s", "add", "set map /m.map heartbeat"}) {
    done(entries({{"a/s", MapSays::deny}, {"b/s", MapSays::ask}}), 100);
    haproxy.fail_at(command, Fault::hang_up);
    const auto next = entries({{"b/s", MapSays::deny}, {"c/s", MapSays::deny}});
    EXPECT_FALSE(bring(next, 101)) << command;
    EXPECT_EQ(done(next, 102), HaproxyMap::Done::all) << command;
    EXPECT_EQ(haproxy.map(),
              (FakeHaproxy::Map{{"b/s", "deny"}, {"c/s", "deny"}, {"heartbeat", "102"}}));
  }
}

TEST_F(HaproxyMapTest, AnAnswerThatMeansNothingIsNotTakenForDone) {
  haproxy.fail_at("prepare", Fault::babble);
  EXPECT_FALSE(bring(entries({}), 100));
  haproxy.fail_at("commit", Fault::babble);
  EXPECT_FALSE(bring(entries({}), 100));
}

TEST_F(HaproxyMapTest, AMapThatHaproxyDoesNotHave) {
  map = HaproxyMap("/other.map", {});
  const auto outcome = bring(entries({}), 100);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::conflict);
  EXPECT_NE(outcome.error().message.find("Unknown map identifier"), std::string::npos);
}

TEST_F(HaproxyMapTest, OneWhoIsSilentIsNotWaitedForForEver) {
  haproxy.fail_at("prepare", Fault::silence);
  const auto outcome = bring(entries({}), 100, 200ms);
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().code, Errc::unavailable);
  EXPECT_NE(outcome.error().message.find("did not answer in time"), std::string::npos);
}

TEST(HaproxyCliTest, NobodyThere) {
  const auto none = HaproxyCli::connect(::testing::TempDir() + "no.sock", {});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Errc::unavailable);
  const auto long_path = HaproxyCli::connect(std::string(108, 'x'), {});
  ASSERT_FALSE(long_path);
  EXPECT_EQ(long_path.error().code, Errc::invalid_input);
}

}  // namespace
}  // namespace proviso::gate_daemon
