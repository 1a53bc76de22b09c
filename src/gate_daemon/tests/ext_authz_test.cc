// SPDX-License-Identifier: Apache-2.0
// From Envoy's bytes to Envoy's bytes, with a gate that holds a verified snapshot.
#include "gate_daemon/ext_authz.h"

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "gate_daemon/grpc_connection.h"
#include "gate_daemon/testing/check_request.h"
#include "gate_daemon/testing/grpc_client.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/world.h"

namespace proviso::gate_daemon {
namespace {

using gates::testing::at;
using gates::testing::ManualClocks;
using gates::testing::World;
using testing::CheckRequest;
using testing::dump;
using testing::GrpcClient;
using testing::kCheckResponse;

constexpr std::string_view kCheck = "/envoy.service.auth.v3.Authorization/Check";

// sub-1's object storage is read-only from 10 November, export-only from the 20th; what each test
// says begins on the 12th, with a snapshot of the 11th.
class ExtAuthzTest : public ::testing::Test {
 protected:
  void open(bool with_snapshot = true) {
    gates::LiveGateSettings settings;
    settings.trust = world.trust();
    settings.fail_closed = fail_closed;
    settings.observe = observe;
    auto opened = gates::LiveGate::open(settings, clocks, fs);
    ASSERT_TRUE(opened) << opened.error().message;
    gate = *std::move(opened);
    if (with_snapshot) {
      world.put_in_force(gates::testing::sample_signed(), "2026-11-06T00:00:00Z");
      model::GateSnapshot snapshot = world.snapshot();
      snapshot.made_at = at("2026-11-11T00:00:00Z");
      const auto taken = gate->offer(model::write_snapshot(snapshot));
      ASSERT_TRUE(taken) << taken.error().message;
    }
    checks.emplace(*gate, clocks);
    service.emplace(*checks, ExtAuthzSettings{});
    server.emplace(*service, service->settings().limits);
    client.emplace();
  }

  // The answer as text, through HTTP/2 and gRPC.
  std::string ask(std::string_view message) {
    const std::int32_t id = client->call(kCheck, message);
    std::string out;
    EXPECT_TRUE(server->take(client->send(), out));
    EXPECT_TRUE(client->receive(out));
    const testing::GrpcAnswer& answer = client->answer(id);
    if (answer.headers.at("grpc-status") != "0")
      return "status " + answer.headers.at("grpc-status");
    std::string_view body;
    EXPECT_EQ(unframe(answer.body, body).code, GrpcCode::ok);
    return dump(body, kCheckResponse);
  }
  std::string ask(const std::string& subscription, const std::string& operation,
                  const std::string& service_name = "object-storage") {
    return ask(CheckRequest{
        .headers = {{"x-proviso-subscription", subscription}},
        .extensions = {{"proviso.service", service_name}, {"proviso.operation", operation}}}
                   .bytes());
  }

  World world;
  ManualClocks clocks{at("2026-11-12T00:00:00Z")};
  proviso::testing::FaultyFileSystem fs;
  bool fail_closed = false;
  bool observe = false;
  std::unique_ptr<gates::LiveGate> gate;
  std::optional<Checks> checks;
  std::optional<ExtAuthz> service;
  std::optional<GrpcConnection> server;
  std::optional<GrpcClient> client;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

const std::string kPlain =
    R"(1{1:0} 3{5"x-proviso-effect" 5"x-proviso-order" 5"x-proviso-reason" 5"x-proviso-until"})";

TEST_F(ExtAuthzTest, AllowsWhatNoOrderNamesI4) {
  open();
  EXPECT_EQ(ask("sub-2", "PutObject"), kPlain);
  EXPECT_EQ(ask("sub-1", "Recognize", "speech"), kPlain);
  EXPECT_EQ(checks->tally().done().passed, 2U);
  EXPECT_EQ(checks->tally().done().refused, 0U);
}

TEST_F(ExtAuthzTest, RefusesWhatAnOrderRefuses) {
  open();
  const std::string said = ask("sub-1", "PutObject");
  EXPECT_TRUE(said.starts_with(R"(1{1:7} 2{1{1:403} 2{1{1"x-proviso-effect" 2"read-only"} 3:2})"))
      << said;
  const std::string order = model::order_digest(gates::testing::sample_signed().order).hex();
  EXPECT_TRUE(has(said, R"(2{1{1"x-proviso-order" 2")" + order + "\"} 3:2}")) << said;
  EXPECT_TRUE(has(said, R"(2{1{1"x-proviso-reason" 2")"));
  EXPECT_TRUE(has(said, R"(1{1"age" 2{2=86400}})"));
  EXPECT_EQ(checks->tally().done().refused, 1U);
}

// What was said about an order is kept for whoever asks again, and for nobody else.
TEST_F(ExtAuthzTest, SaysTheSameAgainUntilSomethingChanges) {
  open();
  const std::string refused = ask("sub-1", "PutObject");
  EXPECT_EQ(ask("sub-1", "PutObject"), refused);
  const std::string passes = ask("sub-1", "GetObject");
  EXPECT_TRUE(passes.starts_with("1{1:0} 3{")) << passes;
  EXPECT_EQ(ask("sub-1", "PutObject"), refused);
  EXPECT_EQ(ask("sub-2", "PutObject"), kPlain);
  clocks.pass(5);
  EXPECT_TRUE(has(ask("sub-1", "PutObject"), R"(1{1"age" 2{2=86405}})"));
  clocks.pass_until(at("2026-11-11T23:00:00Z") + std::chrono::hours{24 * 90});
  EXPECT_EQ(ask("sub-1", "PutObject"), kPlain) << "the order is over (I5)";
}

TEST_F(ExtAuthzTest, LetsPassWhatAnOrderLetsPassI6) {
  open();
  for (const char* operation : {"GetObject", "ExportBucket"}) {
    const std::string said = ask("sub-1", operation);
    EXPECT_TRUE(said.starts_with(R"(1{1:0} 3{2{1{1"x-proviso-effect" 2"read-only"} 3:2})")) << said;
    EXPECT_TRUE(has(said, R"(1{1"outcome" 2{3"yes"}})"));
  }
}

TEST_F(ExtAuthzTest, AllowsWhatSaysTooLittleAndCountsItI4) {
  open();
  EXPECT_TRUE(has(ask("", "PutObject"), R"(1{1"missing" 2{3"subscription"}})"));
  EXPECT_TRUE(has(ask("sub-1", "PutObject", ""), R"(1{1"missing" 2{3"service"}})"));
  const std::string nothing = ask("");
  EXPECT_TRUE(nothing.starts_with("1{1:0} 3{")) << nothing;
  EXPECT_EQ(checks->tally().unnamed(), 3U);
}

TEST_F(ExtAuthzTest, WithoutStateTheOwnersChoiceAnswersAndIsSeen) {
  open(false);
  std::string said = ask("sub-1", "PutObject");
  EXPECT_TRUE(said.starts_with("1{1:0} 3{"));
  EXPECT_TRUE(has(said, R"(1{1"basis" 2{3"none"}})"));
  fail_closed = true;
  open(false);
  said = ask("sub-1", "PutObject");
  EXPECT_TRUE(said.starts_with("1{1:14} 2{1{1:503}")) << said;
  EXPECT_TRUE(has(said, R"(1{1"basis" 2{3"none"}})"));
  EXPECT_TRUE(ask("").starts_with("1{1:14} ")) << "also where it says too little";
}

TEST_F(ExtAuthzTest, ObservesWithoutRefusing) {
  observe = true;
  open();
  const std::string said = ask("sub-1", "PutObject");
  EXPECT_TRUE(said.starts_with("1{1:0} 3{"));
  EXPECT_TRUE(has(said, R"(1{1"mode" 2{3"observe"}} 1{1"judged" 2{3"no"}})")) << said;
  EXPECT_EQ(checks->tally().not_enforced().refused, 1U);
  EXPECT_EQ(checks->tally().done().refused, 0U);
}

TEST_F(ExtAuthzTest, AnswersWhatIsNoCheckRequestWithAnErrorNotWithAnAllow) {
  open();
  EXPECT_EQ(ask("\x10\x01"), ask("")) << "a field that is not known";
  EXPECT_EQ(ask("\x0a\x05"
                "ab"),
            "status 3");
  EXPECT_EQ(ask("\x0b"), "status 3");
  EXPECT_EQ(checks->tally().unreadable(), 2U);
  std::string answer;
  EXPECT_EQ(service->call("Undo", "", answer).code, GrpcCode::unimplemented);
  EXPECT_EQ(answer, "");
}

}  // namespace
}  // namespace proviso::gate_daemon
