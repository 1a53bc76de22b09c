// SPDX-License-Identifier: Apache-2.0
// A gate's end of the stream, against a server that a test plays over a real connection.
#include "gate_daemon/server_link.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "gates/gate_statement.h"
#include "gates/testing/fed_gate.h"
#include "http/channel.h"
#include "http/server.h"

namespace proviso::gate_daemon {
namespace {

using namespace std::chrono_literals;
using gates::testing::FedGate;
using model::testing::key_of;

constexpr std::string_view kChallenge = "0123456789abcdef0123456789abcdef";

// The server's end: what the gate says, for a test that waits for it.
class Played final : public http::ChannelListener {
 public:
  void opened(const std::shared_ptr<http::Channel>& channel) override {
    const std::lock_guard lock(mutex_);
    channel_ = channel;
    channel_->send("challenge\n" + std::string(kChallenge));
    came_.notify_all();
  }
  void received(std::string message) override {
    const std::lock_guard lock(mutex_);
    said_.push_back(std::move(message));
    came_.notify_all();
  }
  void ended() override {}
  [[nodiscard]] std::size_t message_bytes_max() const override { return 100'000; }

  std::string next() {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, 20s, [this] { return !said_.empty(); });
    if (said_.empty()) return "";
    std::string out = std::move(said_.front());
    said_.pop_front();
    return out;
  }
  std::shared_ptr<http::Channel> channel() {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, 20s, [this] { return channel_ != nullptr; });
    return channel_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::shared_ptr<http::Channel> channel_;
  std::deque<std::string> said_;
};

class ServerLinkTest : public ::testing::Test {
 protected:
  ServerLinkTest() {
    http::declare_server_metrics(metrics_);
    router_.add({http::Method::get, "/gates/stream", http::Access::token("gate"),
                 [this](const http::Request&, const http::PathValues&) {
                   http::Response out;
                   const std::lock_guard lock(mutex_);
                   out.channel = ends_.emplace_back(std::make_shared<Played>());
                   return out;
                 }});
    server_ = http::Server::listen({}, router_, log_, metrics_, random_).value();
    serving_ = std::jthread([this] { server_->run(http::Server::Signals::ignored); });
    host_.open();
  }
  ~ServerLinkTest() override {
    linking_.request_stop();
    if (linking_.joinable()) linking_.join();
    server_->stop();
  }
  void start_link(CountsFiles* counts = nullptr) {
    link_ = std::make_unique<ServerLink>(
        *host_.gate, host_.clocks, log_,
        ServerLinkSettings{
            .url = http::Url::parse("http://127.0.0.1:" + std::to_string(server_->port())).value(),
            .token = "good",
            .ca_file = "",
            .ledger = model::testing::kLedger,
            .identity = signer()},
        [this](const ServerLink::Taken& taken) { (taken.whole ? wholes_ : deltas_) += 1; }, counts);
    linking_ = std::jthread([this](const std::stop_token& stop) { link_->run(stop); });
  }
  // The server's end of the `number`th connection, from 0.
  std::shared_ptr<Played> end(std::size_t number) {
    for (int i = 0; i < 2'000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (ends_.size() > number) return ends_[number];
      }
      std::this_thread::sleep_for(10ms);
    }
    return nullptr;
  }
  static ledger::NoteSigner signer() {
    return ledger::NoteSigner::make("gate-1.example", key_of("gate-1.example")).value();
  }
  static gates::GateStatement statement(const std::string& message) {
    EXPECT_TRUE(message.starts_with("statement\n")) << message.substr(0, 40);
    const auto opened =
        gates::open_statement(message.substr(message.find('\n') + 1), signer().verifier());
    EXPECT_TRUE(opened) << opened.error().message;
    EXPECT_EQ(opened->challenge, kChallenge);
    return opened.value_or(gates::GateStatement{});
  }

  SystemClock clock_;
  EventLog log_{clock_, [](std::string_view) {}};
  Metrics metrics_;
  SystemRandom random_;
  std::mutex mutex_;
  std::vector<std::shared_ptr<Played>> ends_;
  http::Router router_{[](std::string_view token, std::string_view) {
    return token == "good" ? http::Grant::granted : http::Grant::unknown;
  }};
  std::unique_ptr<http::Server> server_;
  std::jthread serving_;
  FedGate host_;
  std::atomic<int> wholes_ = 0;
  std::atomic<int> deltas_ = 0;
  std::unique_ptr<ServerLink> link_;
  std::jthread linking_;
};

TEST_F(ServerLinkTest, TakesWhatItIsSentAndSaysWhatItStandsOn) {
  start_link();
  const auto server = end(0);
  ASSERT_NE(server, nullptr);
  const auto hello = statement(server->next());
  EXPECT_EQ(hello.gate, "gate-1.example");
  EXPECT_EQ(hello.ledger, model::testing::kLedger);
  EXPECT_FALSE(hello.state);
  server->channel()->send("snapshot\n" + host_.feed.whole());
  const auto first = statement(server->next());
  ASSERT_TRUE(first.state);
  EXPECT_EQ(first.refused, "");
  EXPECT_EQ(*first.state, gates::testing::state_of(host_.feed.last));
  EXPECT_TRUE(host_.refuses(1));
  host_.feed.restrict_use(3);
  server->channel()->send("delta\n" + model::write_delta(host_.feed.delta()));
  const auto second = statement(server->next());
  EXPECT_EQ(second.refused, "");
  EXPECT_EQ(second.state->size, first.state->size + 1);
  EXPECT_TRUE(host_.refuses(3));
  EXPECT_EQ(wholes_, 1);
  EXPECT_EQ(deltas_, 1);
}

TEST_F(ServerLinkTest, SaysWhyItDoesNotTakeADeltaAndAsksForTheWhole) {
  start_link();
  const auto server = end(0);
  server->next();
  server->channel()->send("snapshot\n" + host_.feed.whole());
  const auto stands = statement(server->next());
  host_.feed.restrict_use(3);
  host_.feed.delta();  // it is lost
  host_.feed.restrict_use(4);
  server->channel()->send("delta\n" + model::write_delta(host_.feed.delta()));
  const auto gap = statement(server->next());
  EXPECT_NE(gap.refused, "");
  EXPECT_TRUE(gap.needs_whole);
  EXPECT_EQ(gap.state, stands.state) << "all is as it was";
  server->channel()->send("delta\nnonsense");
  EXPECT_TRUE(statement(server->next()).needs_whole);
  server->channel()->send("a new word\nwhatever");
  EXPECT_NE(statement(server->next()).refused, "");
  server->channel()->send("snapshot\n" + host_.feed.whole());
  EXPECT_EQ(statement(server->next()).refused, "");
  EXPECT_TRUE(host_.refuses(3) && host_.refuses(4));
}

TEST_F(ServerLinkTest, ComesBackAndSaysWhatItHas) {
  start_link();
  end(0)->next();
  end(0)->channel()->send("snapshot\n" + host_.feed.whole());
  const auto stands = statement(end(0)->next());
  end(0)->channel()->end();
  const auto again = end(1);
  ASSERT_NE(again, nullptr);
  EXPECT_EQ(statement(again->next()).state, stands.state);
}

TEST_F(ServerLinkTest, ADiskThatIsFullIsNoReasonForTheWhole) {
  start_link();
  const auto server = end(0);
  server->next();
  server->channel()->send("snapshot\n" + host_.feed.whole());
  server->next();
  host_.feed.restrict_use(3);
  host_.fs.refuse_writes(Errc::exhausted, "the disk is full");
  server->channel()->send("delta\n" + model::write_delta(host_.feed.delta()));
  const auto full = statement(server->next());
  EXPECT_NE(full.refused, "");
  EXPECT_FALSE(full.needs_whole);
  EXPECT_FALSE(host_.refuses(3)) << "durable, then effective (I7)";
}

TEST_F(ServerLinkTest, SendsItsCountsUntilTheyAreNoted) {
  CountsFiles counts(host_.fs, "/gate/counts", std::chrono::hours{24});
  gates::GateCounts hour;
  hour.gate = "gate-1.example";
  hour.ledger = model::testing::kLedger;
  hour.hour = model::testing::at("2026-11-12T00:00:00Z");
  hour.checks = 5;
  ASSERT_TRUE(counts.sign(hour, signer(), hour.hour + std::chrono::hours{1}));
  hour.hour += std::chrono::hours{1};
  ASSERT_TRUE(counts.sign(hour, signer(), hour.hour + std::chrono::hours{1}));
  start_link(&counts);
  const auto server = end(0);
  server->next();
  const std::string first = server->next();
  ASSERT_TRUE(first.starts_with("counts\n")) << first;
  server->channel()->send("noted\n" + sha256("something else").hex());
  server->channel()->send("noted\n" + sha256(first.substr(7)).hex());
  const std::string second = server->next();
  ASSERT_TRUE(second.starts_with("counts\n")) << second;
  EXPECT_NE(second, first);
  EXPECT_EQ(counts.unsent_count(), 1U);
  server->channel()->end();  // before it was noted
  const auto again = end(1);
  again->next();
  EXPECT_EQ(again->next(), second);
}

TEST(ServerLinkSettings, PlainTextIsForThisMachine) {
  const auto check = [](const char* url) {
    return ServerLinkSettings{.url = http::Url::parse(url).value(),
                              .token = "",
                              .ca_file = "",
                              .ledger = "l",
                              .identity = ledger::NoteSigner::make("g", key_of("g")).value()}
        .check()
        .has_value();
  };
  EXPECT_TRUE(check("http://127.0.0.1:80"));
  EXPECT_TRUE(check("http://[::1]:80"));
  EXPECT_TRUE(check("https://terms.example"));
  EXPECT_FALSE(check("http://terms.example"));
}

}  // namespace
}  // namespace proviso::gate_daemon
