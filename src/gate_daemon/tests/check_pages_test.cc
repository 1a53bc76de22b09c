// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/check_pages.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "gate_daemon/testing/served_world.h"

namespace proviso::gate_daemon {
namespace {

using gates::testing::restriction_of;
using model::EffectKind;
using model::testing::sign_order;
using testing::ask;
using testing::body_of;
using testing::field_of;
using testing::ServedWorld;
using testing::status_of;
using testing::with_effect;

gates::testing::World busy_world() {
  gates::testing::World world;
  const auto put = [&](const char* subscription, char nonce, model::Effect effect) {
    world.put_in_force(
        sign_order(with_effect(restriction_of(subscription, "object-storage", nonce), effect),
                   {"ada", "ben"}),
        "2026-11-06T00:00:00Z");
  };
  put("sub-1", '1', {EffectKind::read_only, 0});
  put("sub-2", '2', {EffectKind::throttle, 5});
  return world;
}

class CheckPagesTest : public ::testing::Test {
 protected:
  CheckPagesTest() : checks(*served.gate, served.clocks) { make({}); }
  void make(const CheckMapping& mapping) {
    status.set(served.gate->status());
    pages = std::make_unique<CheckPages>(
        checks, status, [] { return LoopCounts{3, 4, 5, 6}; }, mapping);
  }
  std::string get(const std::string& target, const std::string& fields = "") {
    return ask(*pages, "GET " + target + " HTTP/1.1\r\nHost: gate\r\n" + fields + "\r\n");
  }
  std::string check(const std::string& subscription, const std::string& operation,
                    const std::string& more = "") {
    return get("/check", "X-Proviso-Subscription: " + subscription +
                             "\r\nX-Proviso-Service: object-storage\r\nX-Proviso-Operation: " +
                             operation + "\r\n" + more);
  }

  gates::testing::World world = busy_world();
  ServedWorld served{world};
  Latest<gates::LiveStatus> status;
  Checks checks;
  std::unique_ptr<CheckPages> pages;
};

TEST_F(CheckPagesTest, LetsNeighboursThroughAndRefusesByFields) {
  const std::string neighbour = check("sub-9", "PutObject");
  EXPECT_EQ(status_of(neighbour), 204);
  EXPECT_EQ(field_of(neighbour, "X-Proviso-Snapshot"),
            std::to_string(served.gate->status().snapshot_size));
  EXPECT_EQ(field_of(neighbour, "X-Proviso-Effect"), "(none)");
  const std::string refused = check("sub-1", "PutObject");
  EXPECT_EQ(status_of(refused), 403);
  EXPECT_EQ(field_of(refused, "X-Proviso-Effect"), "read-only");
  EXPECT_EQ(field_of(refused, "X-Proviso-Order").size(), 64U);
  EXPECT_EQ(field_of(refused, "X-Proviso-Until"), "2027-01-31T00:00:00Z");
  EXPECT_NE(field_of(refused, "X-Proviso-Reason").find("mass-surveillance"), std::string::npos);
  EXPECT_EQ(body_of(refused), "");
  EXPECT_EQ(status_of(check("sub-1", "GetObject")), 204);
}

// nginx turns any other status into a 500 for the client.
TEST_F(CheckPagesTest, AThrottleIsLetThroughWithItsRate) {
  const std::string answer = check("sub-2", "GetObject");
  EXPECT_EQ(status_of(answer), 204);
  EXPECT_EQ(field_of(answer, "X-Proviso-Effect"), "throttle=5/s");
  EXPECT_EQ(field_of(answer, "X-Proviso-Rate"), "5");
}

TEST_F(CheckPagesTest, AQuestionThatIsNoneIsNotAnsweredWithAllow) {
  EXPECT_EQ(status_of(get("/check")), 400);
  EXPECT_EQ(status_of(check("", "PutObject")), 400);
  EXPECT_EQ(status_of(check("sub-9", "")), 400);
  EXPECT_EQ(status_of(check(std::string(257, 'x'), "PutObject")), 400);
  EXPECT_EQ(status_of(check("sub-\xff", "PutObject")), 400);
  // The proxy's field and one that a client sent along: which is which, nobody can tell.
  EXPECT_EQ(status_of(check("sub-1", "PutObject", "x-proviso-subscription: sub-9\r\n")), 400);
}

TEST_F(CheckPagesTest, AQueryCountsOnlyWhereItIsSwitchedOn) {
  const std::string query =
      "/check?subscription=sub%2D1&service=object-storage&operation=PutObject";
  EXPECT_EQ(status_of(get(query)), 400);
  EXPECT_EQ(status_of(check("sub-1", "PutObject") + ""), 403);
  make({.queries = true});
  EXPECT_EQ(status_of(get(query)), 403);
  EXPECT_EQ(status_of(get(query + "&subscription=sub-9")), 400);
  EXPECT_EQ(status_of(get(query + "&region=%zz")), 400);
  EXPECT_EQ(status_of(get(query, "X-Proviso-Subscription: sub-9\r\n")), 400);
}

TEST_F(CheckPagesTest, NamesOfFieldsCanBeOthers) {
  CheckMapping mapping;
  mapping.subscription = "X-Tenant";
  make(mapping);
  EXPECT_EQ(status_of(check("sub-1", "PutObject")), 400);
  EXPECT_EQ(status_of(get("/check",
                          "X-Tenant: sub-1\r\nX-Proviso-Service: object-storage\r\n"
                          "X-Proviso-Operation: PutObject\r\n")),
            403);
}

// nginx asks with the method of the request that it guards.
TEST_F(CheckPagesTest, AnyMethodMayCheck) {
  const std::string fields =
      " /check HTTP/1.1\r\nHost: g\r\nX-Proviso-Subscription: sub-1\r\n"
      "X-Proviso-Service: object-storage\r\nX-Proviso-Operation: PutObject\r\n\r\n";
  for (const char* method : {"PUT", "DELETE", "HEAD", "PROPFIND"}) {
    EXPECT_EQ(status_of(ask(*pages, method + fields)), 403) << method;
  }
}

TEST_F(CheckPagesTest, StatusAndMetricsTellTheGateAndNobodysSubscription) {
  check("sub-1", "PutObject");
  check("sub-9", "PutObject");
  served.clocks.pass(100);
  const std::string status_page = get("/status");
  const Json json = *parse_json(body_of(status_page));
  EXPECT_EQ(*json.find("state")->if_string(), "snapshot");
  EXPECT_EQ(*json.find("mode")->if_string(), "enforce");
  EXPECT_EQ(*json.find("age_seconds")->if_int(), 130);
  EXPECT_EQ(*json.find("orders")->if_int(), 2);
  EXPECT_EQ(*json.find("checks")->find("refused")->if_int(), 1);
  const std::string metrics = body_of(get("/metrics"));
  for (const char* line :
       {"proviso_gate_checks_total{outcome=\"refused\"} 1\n",
        "proviso_gate_checks_total{outcome=\"passed\"} 1\n", "proviso_gate_has_snapshot 1\n",
        "proviso_gate_snapshot_age_seconds 130\n", "proviso_gate_orders 2\n",
        "proviso_gate_snapshots_total{result=\"accepted\"} 1\n",
        "proviso_gate_mode{mode=\"enforce\"} 1\n", "proviso_gate_mode{mode=\"bypass\"} 0\n",
        "proviso_gate_refused_without_order_total 0\n", "proviso_gate_clock_step_seconds 0\n",
        "proviso_gate_connections 3\n",
        "proviso_gate_connections_total{result=\"timed_out\"} 6\n"}) {
    EXPECT_NE(metrics.find(line), std::string::npos) << line << metrics;
  }
  EXPECT_NE(metrics.find("proviso_gate_order_checks_total{order=\""), std::string::npos);
  EXPECT_EQ((status_page + metrics).find("sub-"), std::string::npos);
}

TEST_F(CheckPagesTest, OtherPathsAndMethodsAreRefused) {
  EXPECT_EQ(status_of(get("/healthz")), 200);
  EXPECT_EQ(status_of(get("/")), 404);
  EXPECT_EQ(status_of(get("/check/")), 404);
  EXPECT_EQ(status_of(ask(*pages, "POST /status HTTP/1.1\r\nHost: g\r\n\r\n")), 405);
}

TEST(CheckPagesWithoutState, SaysSoEverywhere) {
  const gates::testing::World world;
  ServedWorld served(world.trust(), {.observe = false, .fail_closed = true});
  Latest<gates::LiveStatus> status;
  status.set(served.gate->status());
  Checks checks(*served.gate, served.clocks);
  CheckPages pages(checks, status, [] { return LoopCounts{}; }, {});
  const std::string answer = ask(pages,
                                 "GET /check HTTP/1.1\r\nHost: g\r\nX-Proviso-Subscription: s\r\n"
                                 "X-Proviso-Service: t\r\nX-Proviso-Operation: o\r\n\r\n");
  EXPECT_EQ(status_of(answer), 403);
  EXPECT_EQ(field_of(answer, "X-Proviso-Snapshot"), "none");
  EXPECT_EQ(field_of(answer, "X-Proviso-Order"), "(none)");
  EXPECT_EQ(status_of(ask(pages, "GET /healthz HTTP/1.1\r\nHost: g\r\n\r\n")), 503);
  EXPECT_NE(ask(pages, "GET /status HTTP/1.1\r\nHost: g\r\n\r\n").find(R"("state":"none")"),
            std::string::npos);
}

}  // namespace
}  // namespace proviso::gate_daemon
