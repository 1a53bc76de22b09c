// SPDX-License-Identifier: Apache-2.0
// One connection, and the only place that knows Boost.Beast: reads requests, refuses what must not
// be read further, lets a worker make the answer, writes it.
#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <ctime>
#include <exception>
#include <utility>

#include "base/encoding.h"
#include "http/channel_talk.h"
#include "http/deadline.h"
#include "http/representation.h"
#include "http/server_impl.h"
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

constexpr std::size_t kReadBytes = 16384;
constexpr std::size_t kLingerBytes = 256U << 10U;
constexpr std::size_t kHandlingPerWorkerMax = 64;

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

// Read from run(), the life of a connection. Every wait on its socket stands under its deadline.
template <class Stream>
class Session final : public AnySession {
 public:
  Session(Server::Impl& server, Stream stream, std::string client, bool loopback)
      : server_(server),
        stream_(std::move(stream)),
        deadline_(socket()),
        client_(std::move(client)),
        buffer_(server.settings.header_bytes_max + kReadBytes),
        loopback_(loopback) {}

  asio::awaitable<void> run() override {
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
    if (response && response->channel) {
      co_return co_await hold_channel(parser.get(), std::move(*response));
    }
    if (response) co_return co_await write(std::move(*response));
    keep_alive_ = false;
    co_return co_await answer(retry_later(503, "no answer was ready in time", 5));
  }

  // From here on the connection is a WebSocket, until it ends.
  asio::awaitable<bool> hold_channel(const Parser::value_type& head, Response response) {
    beast::websocket::stream<Stream&> socket(stream_);
    set_channel_options(socket, response.channel->message_bytes_max());
    const auto [error] = co_await socket.async_accept(head, kAwait);
    response.status = error ? 400 : 101;
    server_.count(request_, response, Clock::now() - began_);
    if (!error) {
      idle_ = true;  // a server that stops does not wait for it
      co_await talk(server_.io, socket, std::move(response.channel), [this] { close_socket(); });
    }
    co_return false;
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
    const auto wait = server_.limits.take(client_, Clock::now());
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
  std::string client_;
  beast::flat_buffer buffer_;
  bool loopback_;

  bool idle_ = false;
  bool keep_alive_ = false;
  Request request_;  // the one that is at work
  Clock::time_point began_;
};

}  // namespace

std::shared_ptr<AnySession> make_session(Server::Impl& server, tcp::socket socket,
                                         const std::string& client, bool loopback) {
  if (!server.tls) {
    return std::make_shared<Session<tcp::socket>>(server, std::move(socket), client, loopback);
  }
  return std::make_shared<Session<TlsStream>>(server, TlsStream(std::move(socket), *server.tls),
                                              client, loopback);
}

}  // namespace proviso::http
// NOLINTEND(bugprone-unused-return-value)
