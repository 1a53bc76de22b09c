// SPDX-License-Identifier: Apache-2.0
#include "http/router.h"

#include <gtest/gtest.h>

#include "http/client_limits.h"

namespace proviso::http {
namespace {

using namespace std::chrono_literals;

Router make_router() {
  Router router([](std::string_view token, std::string_view scope) {
    if (token != "good" && token != "narrow") return Grant::unknown;
    return token == "good" && scope == "read" ? Grant::granted : Grant::other_scope;
  });
  const auto echo = [](const std::string& name) {
    return [name](const Request&, const PathValues& values) {
      std::string text = name;
      for (const auto& [key, value] : values) text += " " + key + "=" + value;
      return Response::text(200, text);
    };
  };
  router.add({Method::get, "/", Access::open(), echo("root")});
  router.add({Method::get, "/tile/{rest...}", Access::open(), echo("tile")});
  router.add({Method::get, "/cases/{id}", Access::token("read"), echo("case")});
  router.add({Method::post, "/cases/{id}", Access::token("read"), echo("change"), 100});
  router.add({Method::get, "/metrics", Access::token_or_loopback("read"), echo("metrics")});
  return router;
}

Request get(std::string path, std::string authorization = "") {
  Request request;
  request.path = std::move(path);
  if (!authorization.empty()) request.headers = {{"authorization", std::move(authorization)}};
  return request;
}

TEST(Router, FindsByMethodAndPattern) {
  const Router router = make_router();
  EXPECT_EQ(router.dispatch(get("/")).body, "root");
  EXPECT_EQ(router.dispatch(get("/tile/0/x001/234")).body, "tile rest=0/x001/234");
  EXPECT_EQ(router.dispatch(get("/cases/7", "Bearer good")).body, "case id=7");
  for (const char* path :
       {"/tile", "/tile/", "/cases", "/cases/", "/cases/7/8", "/x", "/metrics/"}) {
    EXPECT_EQ(router.dispatch(get(path, "Bearer good")).status, 404) << path;
    EXPECT_EQ(router.pattern_of(get(path)), "none") << path;
  }
  Request request = get("/cases/7", "Bearer good");
  request.method = Method::head;
  EXPECT_EQ(router.dispatch(request).status, 200);
  EXPECT_EQ(router.body_bytes_max(request), 0U);
  request.method = Method::post;
  EXPECT_EQ(router.dispatch(request).body, "change id=7");
  EXPECT_EQ(router.body_bytes_max(request), 100U);
  request.method = Method::del;
  const Response response = router.dispatch(request);
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.at(0).second, "GET, HEAD, POST");
}

// The same before the body is read (refuse) and after (dispatch).
void expect_status(const Router& router, const Request& request, int status) {
  const auto refused = router.refuse(request);
  EXPECT_EQ(refused ? refused->status : 200, status) << request.path;
  EXPECT_EQ(router.dispatch(request).status, status) << request.path;
}

TEST(Router, AsksForATokenOfTheScope) {
  const Router router = make_router();
  for (const char* path : {"/cases/7", "/metrics"}) {
    expect_status(router, get(path), 401);
    expect_status(router, get(path, "Basic good"), 401);
    expect_status(router, get(path, "Bearer bad"), 401);
    expect_status(router, get(path, "Bearer narrow"), 403);
    expect_status(router, get(path, "Bearer good"), 200);
    EXPECT_EQ(router.dispatch(get(path)).headers.at(0).first, "WWW-Authenticate");
  }
  expect_status(router, get("/tile/0/000"), 200);
}

TEST(Router, LetsThisMachineInOnlyWhereTheRouteSaysSo) {
  const Router router = make_router();
  Request metrics = get("/metrics");
  metrics.loopback = true;
  expect_status(router, metrics, 200);
  metrics.headers = {{"authorization", "Bearer bad"}};
  expect_status(router, metrics, 401);
  Request other = get("/cases/7");
  other.loopback = true;
  expect_status(router, other, 401);
}

class Limits : public testing::Test {
 protected:
  ClientLimits limits{{.connections_max = 3,
                       .connections_per_client_max = 2,
                       .requests_per_second = 10,
                       .requests_burst = 2}};
  ClientLimits::Instant now{};
};

TEST_F(Limits, CountConnectionsOfAllAndOfEach) {
  using enum ClientLimits::Admission;
  EXPECT_EQ(limits.open("a", now), admitted);
  EXPECT_EQ(limits.open("a", now), admitted);
  EXPECT_EQ(limits.open("a", now), client_full);
  EXPECT_EQ(limits.open("b", now), admitted);
  EXPECT_EQ(limits.open("c", now), server_full);
  limits.close("a", now);
  EXPECT_EQ(limits.open("c", now), admitted);
  EXPECT_EQ(limits.connections(), 3U);
}

TEST_F(Limits, GiveEachClientABucket) {
  ASSERT_EQ(limits.open("a", now), ClientLimits::Admission::admitted);
  ASSERT_EQ(limits.open("b", now), ClientLimits::Admission::admitted);
  EXPECT_EQ(limits.take("a", now), 0ms);
  EXPECT_EQ(limits.take("a", now), 0ms);
  EXPECT_EQ(limits.take("a", now), 100ms);
  EXPECT_EQ(limits.take("b", now), 0ms);
  EXPECT_EQ(limits.take("a", now + 60ms), 40ms);
  EXPECT_EQ(limits.take("a", now + 100ms), 0ms);
  EXPECT_EQ(limits.take("a", now + 100ms), 100ms);
  // A new connection brings no new bucket.
  limits.close("a", now + 100ms);
  ASSERT_EQ(limits.open("a", now + 100ms), ClientLimits::Admission::admitted);
  EXPECT_EQ(limits.take("a", now + 100ms), 100ms);
  // It never holds more than a burst.
  EXPECT_EQ(limits.take("a", now + 1h), 0ms);
  EXPECT_EQ(limits.take("a", now + 1h), 0ms);
  EXPECT_EQ(limits.take("a", now + 1h), 100ms);
}

TEST_F(Limits, ForgetClientsThatHaveGone) {
  for (int i = 0; i < 20'000; ++i) {
    now += 1ms;
    const std::string client = std::to_string(i);
    ASSERT_EQ(limits.open(client, now), ClientLimits::Admission::admitted);
    limits.take(client, now);
    limits.close(client, now);
  }
  EXPECT_LT(limits.clients_known(), 8500U);
}

}  // namespace
}  // namespace proviso::http
