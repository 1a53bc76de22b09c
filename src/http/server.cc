// SPDX-License-Identifier: Apache-2.0
// The one server that knows Boost.Beast and Asio. Read from the bottom: listen() makes an Impl,
// whose accept_loop() starts a Session for each connection; Session::run() is the life of a
// connection.
//
// Time limits: every wait on a socket stands under the session's Deadline, which cancels what the
// socket is waiting for but leaves it open, so that a 408 can still be sent. (tcp_stream, Beast's
// own way, closes the socket.) All of it runs on one thread, so nothing here is locked.
#include "http/server.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/ssl.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <csignal>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/encoding.h"
#include "http/representation.h"
#include "http/target.h"

// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)
namespace proviso::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;
using TlsStream = asio::ssl::stream<tcp::socket>;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kReadBytes = 16384;
// After an answer to a client that may still be sending: how long and how much of it is read, so
// that closing the socket does not take the answer away with a reset.
constexpr auto kLinger = std::chrono::milliseconds{1000};
constexpr std::size_t kLingerBytes = 256U << 10U;
constexpr std::size_t kHandlingPerWorkerMax = 64;
constexpr std::size_t kTurnedAwayMax = 64;  // connections being told that they are too many

std::string to_std(beast::string_view text) { return {text.data(), text.size()}; }
beast::string_view view(std::string_view text) { return {text.data(), text.size()}; }

// IMF-fixdate of RFC 9110 section 5.6.7, in the C locale's names.
std::string http_date() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 40> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return {text.data(), size};
}

// An address, or the /64 of an IPv6 address, which is what one client has.
std::string client_key(const asio::ip::address& address) {
  if (address.is_v4()) return address.to_string();
  const auto v6 = address.to_v6();
  if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
  const auto bytes = v6.to_bytes();
  return {reinterpret_cast<const char*>(bytes.data()), 8};
}

Method method_of(bhttp::verb verb) {
  switch (verb) {
    case bhttp::verb::get: return Method::get;
    case bhttp::verb::head: return Method::head;
    case bhttp::verb::post: return Method::post;
    case bhttp::verb::put: return Method::put;
    case bhttp::verb::patch: return Method::patch;
    case bhttp::verb::delete_: return Method::del;
    case bhttp::verb::options: return Method::options;
    default: return Method::other;
  }
}

// Cancels what a socket waits for when a time is over.
class Deadline {
 public:
  explicit Deadline(tcp::socket& socket)
      : state_(std::make_shared<State>(State{&socket})), timer_(socket.get_executor()) {}
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void arm(Clock::duration time) {
    state_->passed = false;
    const std::uint64_t round = ++state_->round;
    timer_.expires_after(time);
    // A handler that is already queued when the timer is set again finds another round.
    timer_.async_wait([state = state_, round](error_code error) {
      if (error || round != state->round) return;
      state->passed = true;
      error_code ignored;
      state->socket->cancel(ignored);
    });
  }
  void disarm() {
    ++state_->round;
    timer_.cancel();
  }
  [[nodiscard]] bool passed() const { return state_->passed; }

 private:
  struct State {
    tcp::socket* socket;
    std::uint64_t round = 0;
    bool passed = false;
  };
  std::shared_ptr<State> state_;
  asio::steady_timer timer_;
};

// What a server knows of each connection when it stops.
class AnySession {
 public:
  virtual ~AnySession() = default;
  virtual void end_if_idle() = 0;
  virtual void end_now() = 0;
};

}  // namespace

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
  asio::awaitable<void> accept_loop();
  void admit(tcp::socket socket);
  void turn_away(tcp::socket socket, ClientLimits::Admission why);
  template <class Stream>
  void start(Stream stream, std::string client, bool loopback);
  void begin_stop();
  void end_all_now();
  void session_ended(std::uint64_t number, const std::string& client);
  void count(const Request& request, const Response& response, Clock::duration took);

  ServerSettings settings;
  const Router& router;
  const EventLog& log;
  Metrics& metrics;
  Random& random;
  ClientLimits limits;
  asio::io_context io{1};
  asio::thread_pool workers;
  tcp::acceptor acceptor{io};
  asio::signal_set signals{io};
  asio::steady_timer stop_timer{io};
  std::optional<asio::ssl::context> tls;
  std::atomic<bool> stopping = false;
  std::unordered_map<std::uint64_t, std::weak_ptr<AnySession>> sessions;
  std::uint64_t sessions_made = 0;
  std::size_t turned_away_now = 0;
  std::size_t handling = 0;  // handlers that run or wait for a worker
};

namespace {

/// One connection. It lives as long as its coroutine, which holds a shared_ptr to it.
template <class Stream>
class Session final : public AnySession, public std::enable_shared_from_this<Session<Stream>> {
 public:
  Session(Server::Impl& server, Stream stream, bool loopback)
      : server_(server),
        stream_(std::move(stream)),
        deadline_(socket()),
        buffer_(server.settings.header_bytes_max + kReadBytes),
        loopback_(loopback) {}

  asio::awaitable<void> run() {
    if constexpr (kTls) {
      deadline_.arm(server_.settings.handshake);
      const auto [error] = co_await stream_.async_handshake(TlsStream::server, kAwait);
      if (error) {
        server_.metrics.add("proviso_http_handshakes_failed_total");
        co_return close_socket();
      }
    }
    bool go_on = true;
    while (go_on && !server_.stopping) {
      if (!co_await next_request_begins()) co_return close_socket();
      go_on = co_await one_request();
    }
    co_await linger();
  }

  void end_if_idle() override {
    error_code ignored;
    if (idle_) socket().cancel(ignored);
  }
  void end_now() override { close_socket(); }

 private:
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;
  using Parser = bhttp::request_parser<bhttp::string_body>;

  tcp::socket& socket() {
    if constexpr (kTls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }
  void close_socket() {
    error_code ignored;
    socket().close(ignored);
  }

  // Waits for the first byte, for which a client may take its time. Bytes of a next request may be
  // here already (pipelining).
  asio::awaitable<bool> next_request_begins() {
    if (buffer_.size() > 0) co_return true;
    idle_ = true;
    deadline_.arm(server_.settings.idle);
    const auto [error, count] =
        co_await stream_.async_read_some(buffer_.prepare(kReadBytes), kAwait);
    idle_ = false;
    deadline_.disarm();
    buffer_.commit(count);
    co_return !error;
  }

  // True where the connection can take another request.
  asio::awaitable<bool> one_request() {
    began_ = Clock::now();
    request_ = Request{};
    request_.id = hex_encode(server_.random.bytes(8));
    request_.loopback = loopback_;
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(server_.settings.header_bytes_max));
    parser.body_limit(boost::none);  // set below, when the route is known
    deadline_.arm(server_.settings.header);
    const auto [error, count] = co_await bhttp::async_read_header(stream_, buffer_, parser, kAwait);
    deadline_.disarm();
    if (error) co_return co_await refuse_unread(error);
    keep_alive_ = parser.get().keep_alive();
    auto refused = take_head(parser.get());
    if (!refused) refused = check_rate();
    if (!refused) refused = server_.router.refuse(request_);
    if (!refused) refused = check_announced(parser);
    if (refused) {
      // A body that nobody reads would be taken for the next request.
      if (!parser.is_done()) keep_alive_ = false;
      co_return co_await answer(std::move(*refused));
    }
    co_return co_await body_and_answer(parser);
  }

  asio::awaitable<bool> body_and_answer(Parser& parser) {
    if (expects_continue(parser) && !co_await write_continue()) co_return false;
    parser.body_limit(body_bytes_max());
    deadline_.arm(server_.settings.request);
    const auto [error, count] = co_await bhttp::async_read(stream_, buffer_, parser, kAwait);
    deadline_.disarm();
    if (error) co_return co_await refuse_unread(error);
    request_.body = std::move(parser.get().body());
    auto response = co_await handle();
    if (response) co_return co_await write(std::move(*response));
    keep_alive_ = false;
    co_return co_await answer(retry_later(503, "no answer was ready in time", 5));
  }

  // What could not be read whole: a limit was met, it is no HTTP, or the client has gone.
  asio::awaitable<bool> refuse_unread(error_code error) {
    keep_alive_ = false;
    if (deadline_.passed()) co_return co_await answer(problem(408, "the request came too slowly"));
    if (error == bhttp::error::header_limit || error == bhttp::error::buffer_overflow) {
      co_return co_await answer(problem(431, "the header fields are too long"));
    }
    if (error == bhttp::error::body_limit) {
      co_return co_await answer(problem(413, "the body is too long"));
    }
    if (error == bhttp::error::bad_version) {
      co_return co_await answer(problem(505, "only HTTP/1.1 and HTTP/1.0 are spoken here"));
    }
    const bool gone =
        error == bhttp::error::end_of_stream || error == bhttp::error::partial_message;
    if (gone || error.category() != bhttp::make_error_code(bhttp::error::bad_method).category()) {
      co_return false;
    }
    co_return co_await answer(problem(400, "this is not HTTP as RFC 9112 has it"));
  }

  // Takes over what the handlers may see. An answer where the head is not acceptable.
  std::optional<Response> take_head(const Parser::value_type& message) {
    request_.method = method_of(message.method());
    std::size_t hosts = 0;
    bool has_length = false;
    bool has_coding = false;
    for (const auto& field : message) {
      std::string name = to_std(field.name_string());
      for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
      hosts += name == "host" ? 1U : 0U;
      has_length |= name == "content-length";
      has_coding |= name == "transfer-encoding";
      if (name == "forwarded" || name == "x-forwarded-for") request_.loopback = false;
      request_.headers.emplace_back(std::move(name), to_std(field.value()));
    }
    // Two answers to "where does the body end" let a request hide in another one (RFC 9112, 6.1).
    if (has_length && has_coding) return problem(400, "both Content-Length and Transfer-Encoding");
    if (hosts > 1 || (hosts == 0 && message.version() >= 11)) {
      return problem(400, "there must be one Host");
    }
    const std::string raw = to_std(message.target());
    if (raw.size() > kTargetBytesMax) return problem(414, "the path is too long");
    auto target = parse_target(raw);
    if (!target) return problem(400, target.error().message);
    request_.path = std::move(target->path);
    request_.query = std::move(target->query);
    return std::nullopt;
  }

  std::optional<Response> check_rate() {
    const auto wait = server_.limits.take(client, Clock::now());
    if (wait == std::chrono::milliseconds::zero()) return std::nullopt;
    server_.metrics.add("proviso_http_refused_total", {{"reason", "rate"}});
    const auto seconds = std::chrono::ceil<std::chrono::seconds>(wait).count();
    return retry_later(429, "more requests than one client may make", seconds);
  }

  std::optional<Response> check_announced(const Parser& parser) {
    const auto length = parser.content_length();
    if (!length || *length <= body_bytes_max()) return std::nullopt;
    return problem(413, "the body is too long");
  }

  std::size_t body_bytes_max() const {
    return std::min(server_.router.body_bytes_max(request_), server_.settings.body_bytes_max);
  }

  static Response retry_later(int status, std::string_view detail, std::int64_t seconds) {
    Response out = problem(status, detail);
    out.headers.emplace_back("Retry-After", std::to_string(seconds));
    return out;
  }

  bool expects_continue(const Parser& parser) const {
    return !parser.is_done() && beast::iequals(view(request_.header("expect")), "100-continue");
  }

  asio::awaitable<bool> write_continue() {
    static constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
    deadline_.arm(server_.settings.write);
    const auto [error, count] =
        co_await asio::async_write(stream_, asio::buffer(kContinue), kAwait);
    deadline_.disarm();
    co_return !error;
  }

  // Lets a worker make the answer. Nothing where it takes too long: the worker goes on, and what it
  // makes is dropped.
  asio::awaitable<std::optional<Response>> handle() {
    if (server_.handling >= kHandlingPerWorkerMax * server_.settings.workers) {
      server_.metrics.add("proviso_http_refused_total", {{"reason", "workers"}});
      co_return std::nullopt;
    }
    struct Pending {
      explicit Pending(asio::io_context& io) : timer(io) {}
      asio::steady_timer timer;
      std::optional<Response> response;
    };
    auto pending = std::make_shared<Pending>(server_.io);
    pending->timer.expires_after(server_.settings.request);
    auto request = std::make_shared<const Request>(request_);
    ++server_.handling;
    asio::post(server_.workers, [&server = server_, pending, request] {
      auto response = std::make_shared<Response>(answer_to(server.router, *request));
      asio::post(server.io, [&server, pending, response] {
        --server.handling;
        pending->response = std::move(*response);
        pending->timer.cancel();
      });
    });
    co_await pending->timer.async_wait(kAwait);
    co_return std::move(pending->response);
  }

  // On a worker's thread. Our handlers throw nothing, but memory may run out.
  static Response answer_to(const Router& router, const Request& request) {
    try {
      return represent(request, router.dispatch(request));
    } catch (const std::exception&) {
      return represent(request, problem(500, "the server failed to answer"));
    }
  }

  asio::awaitable<bool> answer(Response response) {
    return write(represent(request_, std::move(response)));
  }

  asio::awaitable<bool> write(Response response) {
    if (server_.stopping) keep_alive_ = false;
    deadline_.arm(server_.settings.write);
    error_code error;
    // HEAD and 304 have the head of the answer alone; its length still tells the body's.
    if (request_.method == Method::head || response.status == 304) {
      auto message = head_of<bhttp::empty_body>(response);
      if (response.status != 304) message.content_length(response.body.size());
      error = std::get<0>(co_await bhttp::async_write(stream_, message, kAwait));
    } else {
      auto message = head_of<bhttp::span_body<const char>>(response);
      message.body() = {response.body.data(), response.body.size()};
      message.prepare_payload();
      error = std::get<0>(co_await bhttp::async_write(stream_, message, kAwait));
    }
    deadline_.disarm();
    server_.count(request_, response, Clock::now() - began_);
    co_return !error && keep_alive_;
  }

  template <class Body>
  bhttp::response<Body> head_of(const Response& response) const {
    bhttp::response<Body> out;
    out.version(11);
    out.result(static_cast<unsigned>(response.status));
    out.reason(view(reason(response.status)));
    out.set(bhttp::field::date, view(http_date()));
    if (!response.content_type.empty()) {
      out.set(bhttp::field::content_type, view(response.content_type));
    }
    for (const auto& [name, value] : response.headers) out.insert(view(name), view(value));
    out.keep_alive(keep_alive_);
    return out;
  }

  // Says that nothing more comes, and gives the client a moment to take what was sent.
  asio::awaitable<void> linger() {
    deadline_.arm(kLinger);
    if constexpr (kTls) {
      co_await stream_.async_shutdown(kAwait);
    } else {
      error_code error;
      socket().shutdown(tcp::socket::shutdown_send, error);
      std::size_t left = error ? 0 : kLingerBytes;
      while (left > 0) {
        buffer_.clear();
        const auto [stopped, count] =
            co_await stream_.async_read_some(buffer_.prepare(kReadBytes), kAwait);
        if (stopped) break;
        left -= std::min(left, count);
      }
    }
    deadline_.disarm();
    close_socket();
  }

  Server::Impl& server_;
  Stream stream_;
  Deadline deadline_;
  beast::flat_buffer buffer_;
  bool loopback_;

  bool idle_ = false;
  bool keep_alive_ = false;
  Request request_;  // the one that is at work
  Clock::time_point began_;

 public:
  std::string client;  ///< set before run()
};

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
  if (tls) {
    start(TlsStream(std::move(socket), *tls), client, loopback);
  } else {
    start(std::move(socket), client, loopback);
  }
}

template <class Stream>
void Server::Impl::start(Stream stream, std::string client, bool loopback) {
  auto session = std::make_shared<Session<Stream>>(*this, std::move(stream), loopback);
  session->client = client;
  const std::uint64_t number = ++sessions_made;
  sessions.emplace(number, session);
  asio::co_spawn(
      io, [session] { return session->run(); },
      [this, session, number, client = std::move(client)](const std::exception_ptr& failure) {
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
