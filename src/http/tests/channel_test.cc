// SPDX-License-Identifier: Apache-2.0
// Both ends of a channel, over real sockets.
#include "http/channel.h"

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "http/channel_client.h"
#include "http/server.h"

namespace proviso::http {
namespace {

using namespace std::chrono_literals;

// Writes down what it hears, for a test that waits for it.
class Heard : public ChannelListener {
 public:
  explicit Heard(std::size_t bytes_max = 1000) : bytes_max_(bytes_max) {}
  void opened(const std::shared_ptr<Channel>& channel) override {
    const std::lock_guard lock(mutex_);
    channel_ = channel;
    changed_.notify_all();
  }
  void received(std::string message) override {
    std::unique_lock lock(mutex_);
    messages_.push_back(std::move(message));
    changed_.notify_all();
    changed_.wait(lock, [this] { return !held_; });
  }
  // Its thread stays in received() until it is released.
  void hold() {
    const std::lock_guard lock(mutex_);
    held_ = true;
  }
  void release() {
    const std::lock_guard lock(mutex_);
    held_ = false;
    changed_.notify_all();
  }
  void ended() override {
    const std::lock_guard lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }
  [[nodiscard]] std::size_t message_bytes_max() const override { return bytes_max_; }

  std::shared_ptr<Channel> channel() {
    wait([this] { return channel_ != nullptr; });
    return channel_;
  }
  std::vector<std::string> messages(std::size_t count) {
    wait([this, count] { return messages_.size() >= count; });
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  bool has_ended() {
    return wait([this] { return ended_; });
  }

 private:
  bool wait(const std::function<bool()>& until) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, 20s, until);
  }
  const std::size_t bytes_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::shared_ptr<Channel> channel_;
  std::vector<std::string> messages_;
  bool ended_ = false;
  bool held_ = false;
};

class Channels : public testing::Test {
 protected:
  Channels() {
    declare_server_metrics(metrics_);
    const auto answer = [this](const Request& request, const PathValues&) {
      if (!asks_for_channel(request)) return problem(426, "this is a WebSocket");
      Response out;
      out.channel = there_;
      return out;
    };
    router_.add({Method::get, "/stream", Access::token("gate"), answer});
    router_.add({Method::get, "/open", Access::open(), answer});
    server_ = Server::listen(settings_, router_, log_, metrics_, random_).value();
    thread_ = std::thread([this] { server_->run(Server::Signals::ignored); });
  }
  ~Channels() override { stop_server(); }
  void stop_server() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
  }
  ChannelCall where(const std::string& token = "good") const {
    return {
        .url =
            Url::parse("http://127.0.0.1:" + std::to_string(server_->port()) + "/stream").value(),
        .token = token,
        .ca_file = {}};
  }
  // On a thread of its own, until it ends.
  std::future<Result<void>> talk() {
    return std::async(std::launch::async,
                      [this] { return call_channel(where(), here_, stop_.get_token()); });
  }

  SystemClock clock_;
  EventLog log_{clock_, [](std::string_view) {}};
  Metrics metrics_;
  SystemRandom random_;
  Router router_{[](std::string_view token, std::string_view scope) {
    return token == "good" && scope == "gate" ? Grant::granted : Grant::unknown;
  }};
  ServerSettings settings_;
  std::shared_ptr<Heard> there_ = std::make_shared<Heard>();
  std::shared_ptr<Heard> here_ = std::make_shared<Heard>(64U << 20U);
  std::stop_source stop_;
  std::unique_ptr<Server> server_;
  std::thread thread_;
};

TEST_F(Channels, CarryMessagesBothWaysInOrder) {
  auto call = talk();
  EXPECT_TRUE(here_->channel()->send("one"));
  EXPECT_TRUE(here_->channel()->send("two"));
  EXPECT_EQ(there_->messages(2), (std::vector<std::string>{"one", "two"}));
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(there_->channel()->send(std::to_string(i)));
  const auto messages = here_->messages(100);
  ASSERT_EQ(messages.size(), 100U);
  EXPECT_EQ(messages[0], "0");
  EXPECT_EQ(messages[99], "99");
  there_->channel()->end();
  EXPECT_TRUE(call.get());
  EXPECT_TRUE(here_->has_ended());
  EXPECT_TRUE(there_->has_ended());
  EXPECT_FALSE(there_->channel()->send("too late"));
  EXPECT_FALSE(here_->channel()->send("too late"));
}

TEST_F(Channels, CarryMegabytes) {
  auto call = talk();
  const auto long_one = std::make_shared<const std::string>(32U << 20U, 'x');
  EXPECT_TRUE(there_->channel()->send(long_one));
  EXPECT_EQ(here_->messages(1).at(0), *long_one);
  stop_.request_stop();
  EXPECT_TRUE(call.get()) << "it was asked to stop";
  EXPECT_TRUE(there_->has_ended());
}

// While one end takes nothing, the other can end the channel all the same.
TEST_F(Channels, EndThoughTheOtherEndTakesNothing) {
  auto call = talk();
  const auto channel = there_->channel();
  here_->hold();  // its network thread
  for (int i = 0; i < 64; ++i) channel->send(std::string(1U << 20U, 'x'));
  channel->end();
  EXPECT_TRUE(there_->has_ended()) << "within kChannelLinger";
  here_->release();
  static_cast<void>(call.get());
}

TEST_F(Channels, EndWhereAMessageIsLongerThanTheOtherEndTakes) {
  auto call = talk();
  EXPECT_TRUE(here_->channel()->send(std::string(1001, 'x')));
  const auto ended = call.get();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, Errc::unavailable);
  EXPECT_TRUE(there_->has_ended());
}

TEST_F(Channels, AreRefusedWithoutTheRightToken) {
  const auto refused = call_channel(where("bad"), here_, stop_.get_token());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::denied);
  EXPECT_NE(refused.error().message.find("401"), std::string::npos) << refused.error().message;
}

TEST_F(Channels, NeedAnUpgrade) {
  Call plain;
  plain.url = where().url;
  EXPECT_EQ(call(plain)->status, 401) << "the token comes first";
  plain.url.path = "/open";
  EXPECT_EQ(call(plain)->status, 426);
}

TEST_F(Channels, EndWithTheServer) {
  auto call = talk();
  EXPECT_TRUE(there_->channel() != nullptr);
  stop_server();
  EXPECT_TRUE(there_->has_ended());
  EXPECT_FALSE(call.get()) << "it broke off";
}

TEST_F(Channels, SayWhereNobodyListens) {
  ChannelCall nowhere = where();
  stop_server();
  server_.reset();
  const auto failed = call_channel(nowhere, here_, stop_.get_token());
  ASSERT_FALSE(failed);
  EXPECT_EQ(failed.error().code, Errc::unavailable);
}

}  // namespace
}  // namespace proviso::http
