// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/serve.h"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <stop_token>
#include <thread>

#include <pthread.h>

#include "gate_daemon/authzen.h"
#include "gate_daemon/check_pages.h"
#include "gate_daemon/ext_authz.h"
#include "gate_daemon/grpc_connection.h"
#include "gate_daemon/haproxy_link.h"
#include "gate_daemon/http_connection.h"
#include "gate_daemon/knowledge.h"
#include "gate_daemon/recorder.h"
#include "gate_daemon/snapshot_file.h"
#include "gates/gate_identity.h"
#include "http/server.h"

namespace proviso::gate_daemon {
namespace {

using namespace std::chrono_literals;
using gates::LiveStatus;

constexpr auto kLookEvery = 1s;
constexpr auto kRetryMax = 30s;

Json name_of(const LiveStatus& status) {
  return status.has_state ? Json(status.snapshot_size) : Json();
}

// By which orders begin gate by gate.
std::string name_of(const std::optional<ledger::NoteSigner>& identity) {
  return identity ? identity->name : std::string();
}

/// Watches the snapshot file and offers what is new in it to the gate.
class Supply {
 public:
  Supply(gates::LiveGate& gate, Knowledge& knowledge, const std::string& path, FileSystem& fs,
         const EventLog& log)
      : gate_(gate), knowledge_(knowledge), file_(path, fs), log_(log), named_(!path.empty()) {}

  /// One look. Says how long to wait for the next one at most.
  std::chrono::milliseconds look() {
    if (!named_) return kRetryMax;
    auto text = file_.read_if_changed();
    if (!text) return again("snapshot_unreadable", text.error());
    if (!*text) return kLookEvery;
    const auto taken = gate_.offer(**text);
    if (!taken) {
      // What does not verify will not do so the next time; a full disk may have room then.
      const Errc code = taken.error().code;
      if (code == Errc::exhausted || code == Errc::unavailable) {
        return again("snapshot_not_kept", taken.error());
      }
      log_.write("snapshot_refused", {{"why", taken.error().message}});
      return kLookEvery;
    }
    retry_ = 1s;
    knowledge_.take_snapshot(**text);
    log_.write("snapshot_accepted", {{"version", *taken}, {"orders", gate_.status().orders}});
    return kLookEvery;
  }

  void run(const std::stop_token& stop) {
    const std::stop_callback wake(stop, [this] { file_.wake(); });
    while (!stop.stop_requested()) file_.wait(look());
  }

 private:
  std::chrono::milliseconds again(std::string_view event, const Error& error) {
    log_.write(event, {{"why", error.message}, {"retry_seconds", retry_.count()}});
    file_.look_again();
    const auto wait = retry_;
    retry_ = std::min<std::chrono::seconds>(retry_ * 2, kRetryMax);
    return wait;
  }

  gates::LiveGate& gate_;
  Knowledge& knowledge_;
  SnapshotFile file_;
  const EventLog& log_;
  const bool named_;
  std::chrono::seconds retry_{1};
};

/// The gate's second hand, and what the status pages show.
class Ticker {
 public:
  Ticker(gates::LiveGate& gate, Latest<LiveStatus>& status, const EventLog& log)
      : gate_(gate), status_(status), log_(log), last_(gate.status()) {
    status_.set(last_);
    if (last_.mode != gates::Mode::enforce) say_mode(last_);
  }

  void tick() {
    gate_.tick();
    LiveStatus now = gate_.status();
    if (now.mode != last_.mode) say_mode(now);
    if ((now.clock_step_seconds == 0) != (last_.clock_step_seconds == 0)) {
      log_.write("clock_step", {{"seconds", now.clock_step_seconds}});
    }
    last_ = now;
    status_.set(std::move(now));
  }

  void run(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (!stop.stop_requested()) {
      tick();
      // Half of what a bypass may take to be noticed.
      never.wait_for(lock, stop, 500ms, [] { return false; });
    }
  }

 private:
  void say_mode(const LiveStatus& now) {
    Json::Object fields{{"mode", gates::to_string(now.mode)}};
    if (now.bypass_until) fields.emplace("until", format_time(*now.bypass_until));
    log_.write("mode", std::move(fields));
  }

  gates::LiveGate& gate_;
  Latest<LiveStatus>& status_;
  const EventLog& log_;
  LiveStatus last_;
};

sigset_t stop_signals() {
  sigset_t out;
  sigemptyset(&out);
  sigaddset(&out, SIGTERM);
  sigaddset(&out, SIGINT);
  return out;
}

// `settings` and the handlers outlive the loop.
Result<void> listen_on(Loop& loop, const ServeSettings& settings, Authzen& authzen,
                       ExtAuthz& ext_authz, CheckPages& pages, const EventLog& log) {
  const auto listen = [&](const std::optional<Address>& address, std::string_view name,
                          const Loop::Factory& factory) -> Result<void> {
    if (!address) return {};
    const std::uint16_t port = TRY(loop.listen(*address, factory));
    log.write("listening", {{"protocol", name}, {"port", static_cast<std::int64_t>(port)}});
    return {};
  };
  const auto over_http = [&](HttpHandler& handler) {
    return [&handler, &settings] {
      return std::make_unique<HttpConnection>(handler, settings.config.http_limits);
    };
  };
  TRY_VOID(listen(settings.authzen, "authzen", over_http(authzen)));
  TRY_VOID(listen(settings.ext_authz, "ext_authz", [&ext_authz] {
    return std::make_unique<GrpcConnection>(ext_authz, ext_authz.settings().limits);
  }));
  return listen(settings.http, "http", over_http(pages));
}

std::function<void(const ServerLink::Taken&)> told_to(Knowledge& knowledge) {
  return [&knowledge](const ServerLink::Taken& taken) {
    taken.whole ? knowledge.take_snapshot(taken.text) : knowledge.take_delta(taken.text);
  };
}

Result<void> check_address(const std::optional<Address>& address, std::string_view option) {
  if (!address || http::is_loopback_address(address->ip)) return {};
  return fail(Errc::invalid_input,
              std::string(option) + " " + address->ip +
                  ": the gate speaks plain text and listens on this machine only (127.0.0.1 or "
                  "::1); put the proxy that it guards, or one with TLS, on the same host");
}

}  // namespace

Result<void> ServeSettings::check() const {
  if (!authzen && !ext_authz && !http && haproxy.empty()) {
    return fail(Errc::invalid_input,
                "nothing to serve: give --authzen, --ext-authz or --http an address, or --haproxy "
                "a socket");
  }
  if (snapshot.empty() && !server && gate.state_dir.empty()) {
    return fail(Errc::invalid_input,
                "nothing to enforce: give --snapshot FILE, --server URL, or --state DIR with what "
                "was kept");
  }
  if (server) TRY_VOID(server->check());
  if (haproxy.size() > HaproxyCli::kSocketPathMax) {
    return fail(Errc::invalid_input, "--haproxy: a socket's path has at most 107 bytes");
  }
  TRY_VOID(check_address(authzen, "--authzen"));
  TRY_VOID(check_address(ext_authz, "--ext-authz"));
  TRY_VOID(check_address(http, "--http"));
  return AuthzenSettings{.mapping = {}, .base_url = base_url}.check();
}

Result<void> serve(ServeSettings settings, const gates::Clocks& clocks, FileSystem& fs,
                   const EventLog& log) {
  TRY_VOID(settings.check());
  // Blocked before any thread starts, so that all of them inherit it and only this one waits.
  const sigset_t signals = stop_signals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  // Where refusals wait to be written down, and who signs the counts of them.
  gates::RefusalRing refusals(settings.config.refusals.records);
  settings.gate.refusals = &refusals;
  Recorder::Place place{.state_dir = settings.gate.state_dir,
                        .ledger = settings.gate.trust.ledger,
                        .identity = TRY(gates::read_gate_identity(fs, settings.gate.state_dir))};
  settings.gate.name = name_of(place.identity);

  // The gate, with what it kept; without that, what the file has, before the first client comes.
  const auto gate = TRY(gates::LiveGate::open(std::move(settings.gate), clocks, fs));
  const LiveStatus kept = gate->status();
  if (!kept.last_refusal.empty()) log.write("state_unusable", {{"why", kept.last_refusal}});
  Latest<Names> names;
  std::optional<HaproxyLink> haproxy;
  if (!settings.haproxy.empty()) {
    haproxy.emplace(settings.haproxy, settings.config.haproxy, *gate, clocks, fs, log);
  }
  Knowledge knowledge(settings.authzen ? &names : nullptr, haproxy ? &*haproxy : nullptr,
                      name_of(place.identity));
  knowledge.read_kept(fs, place.state_dir);
  Supply supply(*gate, knowledge, settings.snapshot, fs, log);
  if (!kept.has_state) supply.look();
  Latest<LiveStatus> status;
  Ticker ticker(*gate, status, log);
  Recorder recorder(refusals, clocks, fs, std::move(place), settings.config.refusals, log);
  std::optional<ServerLink> server;
  if (settings.server) {
    server.emplace(*gate, clocks, log, *std::move(settings.server), told_to(knowledge),
                   recorder.counts());
  }

  // What answers, and where.
  const auto loop = TRY(Loop::make(settings.config.loop_limits));
  Checks checks(*gate, clocks);
  Authzen authzen(checks, names,
                  {.mapping = settings.config.authzen, .base_url = settings.base_url});
  CheckPages pages(checks, status, [&loop] { return loop->counts(); }, settings.config.check);
  pages.show(recorder.status());
  if (haproxy) pages.show(haproxy->status());
  ExtAuthz ext_authz(checks, settings.config.ext_authz);
  TRY_VOID(listen_on(*loop, settings, authzen, ext_authz, pages, log));
  log.write("started", {{"snapshot", name_of(*status.get())}});

  // Until it is told to stop.
  std::jthread looking(
      [&](const std::stop_token& stop) { server ? server->run(stop) : supply.run(stop); });
  std::jthread ticking([&](const std::stop_token& stop) { ticker.run(stop); });
  const auto look_at_checks = [&] {
    const auto now = status.get();
    return Recorder::Seen{checks.tally().answered(), now->mode, now->snapshot_size};
  };
  std::jthread recording([&](const std::stop_token& stop) { recorder.run(stop, look_at_checks); });
  std::jthread looping([&] { loop->run(); });
  std::jthread linking;
  if (haproxy) linking = std::jthread([&](const std::stop_token& stop) { haproxy->run(stop); });
  int signal = 0;
  sigwait(&signals, &signal);
  loop->stop();
  looping.join();
  log.write("stopped");
  return {};
}

}  // namespace proviso::gate_daemon
