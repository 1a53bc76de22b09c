// SPDX-License-Identifier: Apache-2.0
// Listening, admitting and stopping. Read from the bottom: listen() makes an Impl, whose
// accept_loop() starts a session (session.cc) for each connection.
#include "http/server.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <csignal>
#include <exception>
#include <functional>
#include <utility>

#include "http/deadline.h"
#include "http/server_impl.h"

// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)
namespace proviso::http {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

constexpr std::size_t kTurnedAwayMax = 64;  // connections being told that they are too many

// An address, or the /64 of an IPv6 address, which is what one client has.
std::string client_key(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  const auto bytes = v6.to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

// Tells a connection that it is one too many. Over TLS that would cost a handshake: it is closed.
asio::awaitable<void> tell_and_close(tcp::socket& socket, const std::string& text) {
  Deadline deadline(socket);
  deadline.arm(kLinger);
  const auto [error, count] = co_await asio::async_write(socket, asio::buffer(text), kAwait);
  error_code ignored;
  socket.shutdown(tcp::socket::shutdown_send, ignored);
  std::array<char, 4096> rest{};
  while (!error) {
    const auto [stopped, got] = co_await socket.async_read_some(asio::buffer(rest), kAwait);
    if (stopped) break;
  }
}

std::string too_many(int status) {
  const Response response = problem(status, "there are too many connections");
  return "HTTP/1.1 " + std::to_string(status) + " " + std::string(reason(status)) +
         "\r\nContent-Type: " + response.content_type +
         "\r\nContent-Length: " + std::to_string(response.body.size()) +
         "\r\nCache-Control: no-store\r\nRetry-After: 5\r\nConnection: close\r\n\r\n" +
         response.body;
}

}  // namespace

Result<void> Server::Impl::load_certificate() {
  tls.emplace(asio::ssl::context::tls_server);
  tls->set_options(asio::ssl::context::no_sslv2 | asio::ssl::context::no_sslv3 |
                   asio::ssl::context::no_tlsv1 | asio::ssl::context::no_tlsv1_1 |
                   asio::ssl::context::no_compression);
  error_code error;
  tls->use_certificate_chain_file(settings.tls_certificate, error);
  if (error) {
    return fail(Errc::invalid_input, settings.tls_certificate + ": no PEM certificate chain");
  }
  tls->use_private_key_file(settings.tls_key, asio::ssl::context::pem, error);
  if (error) {
    return fail(Errc::invalid_input,
                settings.tls_key + ": no PEM private key of this certificate (and no passphrase)");
  }
  return {};
}

Result<void> Server::Impl::open() {
  error_code error;
  const auto address = asio::ip::make_address(settings.address, error);
  if (error) return fail(Errc::invalid_input, "serve.address: not an IP address");
  if (settings.tls_certificate.empty() != settings.tls_key.empty()) {
    return fail(Errc::invalid_input, "serve: a certificate and its key go together");
  }
  if (!settings.tls_certificate.empty()) {
    TRY_VOID(load_certificate());
  } else if (!address.is_loopback()) {
    return fail(Errc::invalid_input,
                "serve.address: only a loopback address may be without tls_certificate");
  }
  const tcp::endpoint endpoint(address, settings.port);
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    return fail(Errc::unavailable, settings.address + ":" + std::to_string(settings.port) +
                                       ": cannot be listened on (" + error.message() + ")");
  }
  return {};
}

asio::awaitable<void> Server::Impl::accept_loop() {
  while (!stopping) {
    auto [error, socket] = co_await acceptor.async_accept(kAwait);
    if (stopping) break;
    if (!error) {
      admit(std::move(socket));
      continue;
    }
    // Out of descriptors, most likely: others will end.
    log.write("accept_failed", {{"error", error.value()}});
    asio::steady_timer pause(io, std::chrono::milliseconds{100});
    co_await pause.async_wait(kAwait);
  }
}

void Server::Impl::admit(tcp::socket socket) {
  error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return;  // it has gone already
  socket.set_option(tcp::no_delay(true), error);
  const std::string client = client_key(peer.address());
  const auto admission = limits.open(client, Clock::now());
  if (admission != ClientLimits::Admission::admitted) {
    turn_away(std::move(socket), admission);
    return;
  }
  metrics.set("proviso_http_connections", static_cast<double>(limits.connections()));
  const bool loopback = peer.address().is_loopback();
  start(make_session(*this, std::move(socket), client, loopback), client);
}

void Server::Impl::start(const std::shared_ptr<AnySession>& session, const std::string& client) {
  const std::uint64_t number = ++sessions_made;
  sessions.emplace(number, session);
  asio::co_spawn(
      io, [session] { return session->run(); },
      [this, session, number, client](const std::exception_ptr& failure) {
        if (failure) log.write("connection_failed");
        session_ended(number, client);
      });
}

void Server::Impl::session_ended(std::uint64_t number, const std::string& client) {
  sessions.erase(number);
  limits.close(client, Clock::now());
  metrics.set("proviso_http_connections", static_cast<double>(limits.connections()));
  if (stopping && sessions.empty()) {
    stop_timer.cancel();
    signals.cancel();
  }
}

void Server::Impl::turn_away(tcp::socket socket, ClientLimits::Admission why) {
  const bool server_full = why == ClientLimits::Admission::server_full;
  metrics.add("proviso_http_refused_total",
              {{"reason", server_full ? "connections" : "client_connections"}});
  if (tls || turned_away_now >= kTurnedAwayMax) return;
  ++turned_away_now;
  struct Told {
    tcp::socket socket;
    std::string text;
  };
  auto told = std::make_shared<Told>(Told{std::move(socket), too_many(server_full ? 503 : 429)});
  asio::co_spawn(
      io, [told] { return tell_and_close(told->socket, told->text); },
      [this, told](const std::exception_ptr&) { --turned_away_now; });
}

void Server::Impl::count(const Request& request, const Response& response, Clock::duration took) {
  const std::string_view route = router.pattern_of(request);
  const std::string status = std::to_string(response.status);
  const std::chrono::duration<double> seconds = took;
  const std::string_view method = to_string(request.method);
  metrics.add("proviso_http_requests_total",
              {{"method", method}, {"route", route}, {"status", status}});
  metrics.observe("proviso_http_request_seconds", seconds.count(), {{"route", route}});
  metrics.add("proviso_http_response_bytes_total", {{"route", route}},
              static_cast<double>(response.body.size()));
  log.write("request",
            {{"bytes", static_cast<std::int64_t>(response.body.size())},
             {"id", request.id},
             {"method", Json(method)},
             {"microseconds", std::chrono::duration_cast<std::chrono::microseconds>(took).count()},
             {"route", Json(route)},
             {"status", response.status}});
}

void Server::Impl::begin_stop() {
  if (stopping.exchange(true)) {
    end_all_now();  // asked a second time
    return;
  }
  log.write("stopping", {{"connections", static_cast<std::int64_t>(sessions.size())}});
  error_code ignored;
  acceptor.close(ignored);
  if (sessions.empty()) {
    signals.cancel();
    return;
  }
  stop_timer.expires_after(settings.stop);
  stop_timer.async_wait([this](error_code error) {
    if (!error) end_all_now();
  });
  for (auto& [number, weak] : sessions) {
    if (const auto session = weak.lock()) session->end_if_idle();
  }
}

void Server::Impl::end_all_now() {
  log.write("cut_off", {{"connections", static_cast<std::int64_t>(sessions.size())}});
  for (auto& [number, weak] : sessions) {
    if (const auto session = weak.lock()) session->end_now();
  }
  io.stop();
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;

Result<std::unique_ptr<Server>> Server::listen(const ServerSettings& settings, const Router& router,
                                               const EventLog& log, Metrics& metrics,
                                               Random& random) {
  auto impl = std::make_unique<Impl>(settings, router, log, metrics, random);
  TRY_VOID(impl->open());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

std::uint16_t Server::port() const {
  error_code ignored;
  return impl_->acceptor.local_endpoint(ignored).port();
}

bool Server::stopping() const { return impl_->stopping; }

void Server::stop() {
  asio::post(impl_->io, [impl = impl_.get()] { impl->begin_stop(); });
}

void Server::run(Signals signals) {
  Impl& impl = *impl_;
  std::function<void()> wait = [&impl, &wait] {
    impl.signals.async_wait([&impl, &wait](error_code error, int) {
      if (error) return;
      wait();  // a second signal does not wait for what runs
      impl.begin_stop();
    });
  };
  if (signals == Signals::stop_the_server) {
    error_code ignored;
    impl.signals.add(SIGTERM, ignored);
    impl.signals.add(SIGINT, ignored);
    wait();
  }
  asio::co_spawn(impl.io, impl.accept_loop(), asio::detached);
  impl.io.run();
  impl.workers.join();
}

void declare_server_metrics(Metrics& metrics) {
  metrics.counter("proviso_http_requests_total", "Requests answered.");
  metrics.histogram("proviso_http_request_seconds", "From the first byte to the answer's last.",
                    {0.001, 0.005, 0.02, 0.1, 0.5, 2, 10});
  metrics.counter("proviso_http_response_bytes_total", "Bytes of bodies, as they were sent.");
  metrics.gauge("proviso_http_connections", "Open connections.");
  metrics.counter("proviso_http_refused_total", "Requests and connections beyond a limit.");
  metrics.counter("proviso_http_handshakes_failed_total", "TLS handshakes that failed.");
}

bool is_loopback_address(const std::string& address) {
  error_code error;
  const auto parsed = asio::ip::make_address(address, error);
  return !error && parsed.is_loopback();
}

}  // namespace proviso::http
// NOLINTEND(bugprone-unused-return-value)
