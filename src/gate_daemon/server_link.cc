// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/server_link.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

#include "gates/gate_statement.h"
#include "http/channel_client.h"
#include "model/gate_snapshot.h"

namespace proviso::gate_daemon {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view kPath = "/gates/stream";
constexpr std::chrono::milliseconds kRetryFirst{1000};
constexpr std::chrono::milliseconds kRetryMax{30'000};
constexpr std::chrono::milliseconds kLookEvery{1000};
// The server sends one thing and waits for what became of it.
constexpr std::size_t kUnreadMax = 2;
// Counts that a server could not keep are not noted; in seconds.
constexpr std::int64_t kSendAgainAfter = 60;

// What the network's thread hands to the link's.
class Post final : public http::ChannelListener {
 public:
  struct Item {
    std::shared_ptr<http::Channel> opened;  ///< or
    std::string message;
  };

  void opened(const std::shared_ptr<http::Channel>& channel) override {
    const std::lock_guard lock(mutex_);
    channel_ = channel;
    unread_.clear();  // answers to what another connection brought have nobody to go to
    unread_.push_back({channel, {}});
    came_.notify_one();
  }
  void received(std::string message) override {
    const std::lock_guard lock(mutex_);
    if (unread_.size() > kUnreadMax) return channel_->end();
    unread_.push_back({nullptr, std::move(message)});
    came_.notify_one();
  }
  void ended() override {
    const std::lock_guard lock(mutex_);
    channel_.reset();
  }
  [[nodiscard]] std::size_t message_bytes_max() const override {
    return model::kSnapshotBytesMax + 64;
  }

  // Nothing where `most` passed, or the link is to stop.
  std::optional<Item> next(const std::stop_token& stop, std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, stop, most, [this] { return !unread_.empty(); });
    if (unread_.empty()) return std::nullopt;
    Item out = std::move(unread_.front());
    unread_.pop_front();
    return out;
  }
  void send(std::string message) {
    const std::lock_guard lock(mutex_);
    if (channel_) channel_->send(std::move(message));
  }
  [[nodiscard]] bool connected() const {
    const std::lock_guard lock(mutex_);
    return channel_ != nullptr;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable_any came_;
  std::shared_ptr<http::Channel> channel_;
  std::deque<Item> unread_;
};

// Shortened by up to a half, so that thousands do not come back at one time.
std::chrono::milliseconds by_chance(std::chrono::milliseconds wait, std::minstd_rand& random) {
  std::uniform_int_distribution<std::int64_t> share(wait.count() / 2, wait.count());
  return std::chrono::milliseconds{share(random)};
}

bool is_own_machine(const std::string& host) {
  return host == "127.0.0.1" || host == "::1" || host == "localhost";
}

}  // namespace

Result<void> ServerLinkSettings::check() const {
  if (url.tls || is_own_machine(url.host)) return {};
  return fail(Errc::invalid_input, "--server " + url.authority() +
                                       ": http shows the token and the orders to whoever listens; "
                                       "use https, or a proxy on this machine");
}

struct ServerLink::Impl {
  Impl(gates::LiveGate& the_gate, const gates::Clocks& the_clocks, const EventLog& the_log,
       ServerLinkSettings the_settings, std::function<void(const Taken&)> on_taken,
       CountsFiles* the_counts)
      : gate(the_gate),
        clocks(the_clocks),
        log(the_log),
        settings(std::move(the_settings)),
        taken(std::move(on_taken)),
        counts(the_counts) {}

  // The network's thread.
  void stay_connected(const std::stop_token& stop) {
    http::ChannelCall call{
        .url = settings.url, .token = settings.token, .ca_file = settings.ca_file};
    call.url.path += kPath;
    std::minstd_rand random{std::random_device{}()};
    auto wait = kRetryFirst;
    while (!stop.stop_requested()) {
      was_open = false;
      const auto ended = http::call_channel(call, post, stop);
      if (stop.stop_requested()) return;
      if (was_open) wait = kRetryFirst;
      log.write("server_lost", {{"why", ended ? std::string("the server closed the connection")
                                              : ended.error().message},
                                {"retry_ms", wait.count()}});
      std::mutex mutex;
      std::condition_variable_any never;
      std::unique_lock lock(mutex);
      never.wait_for(lock, stop, by_chance(wait, random), [] { return false; });
      wait = std::min(wait * 2, kRetryMax);
    }
  }

  // The link's thread.
  void work(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      auto item = post->next(stop, kLookEvery);
      if (!item) {
        if (post->connected() && !challenge.empty()) say_what_is_new();
      } else if (item->opened) {
        was_open = true;
        sent_counts.reset();  // what was on its way is sent again
        challenge.clear();
        log.write("server_connected", {{"server", settings.url.authority()}});
      } else {
        take(item->message);
      }
    }
  }

  void take(std::string_view message) {
    const std::size_t end = message.find('\n');
    const std::string_view word = message.substr(0, end);
    const std::string_view body = end == std::string_view::npos ? "" : message.substr(end + 1);
    if (word == "challenge") return greet(body);
    if (challenge.empty()) return;  // nothing is taken that can't be answered
    if (word == "snapshot" || word == "delta") return offer(word == "snapshot", body);
    if (word == "noted") return noted(body);
    if (word == "bye") {
      log.write("server_refuses", {{"why", std::string(body.substr(0, 300))}});
      return;
    }
    say("a message that this version of the gate does not know", false);
  }

  // The server speaks first; all that is said on this connection repeats this.
  void greet(std::string_view words) {
    if (!challenge.empty() || !gates::is_challenge(words)) {
      log.write("server_refuses", {{"why", "it sent no challenge that can be answered"}});
      return;
    }
    challenge = words;
    say("", false);
  }

  void say_what_is_new() {
    if (gate.status().mode != said_mode) say("", false);
    const std::int64_t now = clocks.steady();
    if (counts == nullptr || (sent_counts && now - counts_sent_at < kSendAgainAfter)) return;
    auto unsent = counts->unsent(1);
    if (!unsent || unsent->empty()) return;
    sent_counts = std::move(unsent->front());
    counts_sent_at = now;
    post->send("counts\n" + sent_counts->note);
  }

  // The next one goes out in a second: a gate that was away for days must not flood its server.
  void noted(std::string_view digest) {
    if (!sent_counts || sha256(sent_counts->note).hex() != digest) return;
    const auto marked = counts->mark_sent(sent_counts->name);
    if (!marked) log.write("counts_not_marked", {{"why", marked.error().message}});
    sent_counts.reset();
  }

  void offer(bool whole, std::string_view text) {
    const auto version = whole ? gate.offer(text) : gate.offer_delta(text);
    const std::string_view what = whole ? "snapshot" : "delta";
    if (version) {
      if (taken) taken({whole, text});
      log.write(std::string(what) + "_accepted",
                {{"version", *version}, {"orders", gate.status().orders}});
      return say("", false);
    }
    // A full disk may have room later; what does not fit or verify is helped by the whole, if at
    // all.
    const Errc code = version.error().code;
    const bool later = code == Errc::exhausted || code == Errc::unavailable;
    log.write(std::string(what) + "_refused", {{"why", version.error().message}});
    say(version.error().message, !later);
  }

  void say(const std::string& refused, bool needs_whole) {
    const gates::LiveStatus status = gate.status();
    const model::GateState state = gate.state();
    said_mode = status.mode;
    gates::GateStatement out;
    out.gate = settings.identity.name;
    out.ledger = settings.ledger;
    out.challenge = challenge;
    out.said_at = from_unix_seconds(clocks.wall());
    out.mode = gates::to_string(status.mode);
    // Orders that wait for witnesses are in its state and are not enforced: it confirms nothing.
    const bool waits = status.waiting > 0;
    if (state.size > 0 && !waits) out.state = state;
    out.refused = refused.empty() && waits
                      ? std::to_string(status.waiting) + " orders wait for witnesses"
                      : refused;
    out.needs_whole = needs_whole || waits;
    post->send("statement\n" + gates::sign_statement(out, settings.identity));
  }

  gates::LiveGate& gate;
  const gates::Clocks& clocks;
  const EventLog& log;
  const ServerLinkSettings settings;
  const std::function<void(const Taken&)> taken;
  const std::shared_ptr<Post> post = std::make_shared<Post>();
  CountsFiles* const counts;
  std::optional<CountsFiles::Document> sent_counts;  // and not noted yet
  std::int64_t counts_sent_at = 0;
  std::string challenge;  // of this connection; empty until it came
  std::atomic<bool> was_open = false;
  gates::Mode said_mode = gates::Mode::enforce;
};

ServerLink::ServerLink(gates::LiveGate& gate, const gates::Clocks& clocks, const EventLog& log,
                       ServerLinkSettings settings, std::function<void(const Taken&)> taken,
                       CountsFiles* counts)
    : impl_(std::make_unique<Impl>(gate, clocks, log, std::move(settings), std::move(taken),
                                   counts)) {}
ServerLink::~ServerLink() = default;

void ServerLink::run(const std::stop_token& stop) {
  std::jthread network([this](const std::stop_token& own) { impl_->stay_connected(own); });
  impl_->work(stop);
  network.request_stop();
}

bool ServerLink::connected() const { return impl_->post->connected(); }

}  // namespace proviso::gate_daemon
