// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "http/server.h"

// For server.cc (accepting and stopping) and session.cc (one connection) only, which know Asio. All
// of it runs on one thread, so nothing here is locked; handlers run on `workers`.
namespace proviso::http {

/// One connection, as the server knows it. Lives as long as somebody holds it; run() needs it held.
class AnySession {
 public:
  virtual ~AnySession() = default;
  /// From the handshake to the last byte.
  virtual boost::asio::awaitable<void> run() = 0;
  virtual void end_if_idle() = 0;
  virtual void end_now() = 0;
};

struct Server::Impl {
  Impl(ServerSettings s, const Router& r, const EventLog& l, Metrics& m, Random& rnd)
      : settings(std::move(s)),
        router(r),
        log(l),
        metrics(m),
        random(rnd),
        limits(settings.clients),
        workers(settings.workers) {}

  Result<void> open();
  Result<void> load_certificate();
  boost::asio::awaitable<void> accept_loop();
  void admit(boost::asio::ip::tcp::socket socket);
  void turn_away(boost::asio::ip::tcp::socket socket, ClientLimits::Admission why);
  void start(const std::shared_ptr<AnySession>& session, const std::string& client);
  void begin_stop();
  void end_all_now();
  void session_ended(std::uint64_t number, const std::string& client);
  void count(const Request& request, const Response& response,
             std::chrono::steady_clock::duration took);

  ServerSettings settings;
  const Router& router;
  const EventLog& log;
  Metrics& metrics;
  Random& random;
  ClientLimits limits;
  boost::asio::io_context io{1};
  boost::asio::thread_pool workers;
  boost::asio::ip::tcp::acceptor acceptor{io};
  boost::asio::signal_set signals{io};
  boost::asio::steady_timer stop_timer{io};
  std::optional<boost::asio::ssl::context> tls;
  std::atomic<bool> stopping = false;
  std::unordered_map<std::uint64_t, std::weak_ptr<AnySession>> sessions;
  std::uint64_t sessions_made = 0;
  std::size_t turned_away_now = 0;
  std::size_t handling = 0;  // handlers that run or wait for a worker
};

/// One connection over `socket` from an admitted `client`; with TLS where the server has it.
std::shared_ptr<AnySession> make_session(Server::Impl& server, boost::asio::ip::tcp::socket socket,
                                         const std::string& client, bool loopback);

}  // namespace proviso::http
