// SPDX-License-Identifier: Apache-2.0
// The one client that knows Boost.Beast and Asio. A call is a short story on a network loop of its
// own, which is let run until the time is over.
#include "http/client.h"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <charconv>
#include <exception>
#include <memory>
#include <optional>

#include "http/client_tls.h"

namespace proviso::http {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace bhttp = boost::beast::http;
using asio::ip::tcp;

constexpr std::size_t kHeadBytesMax = 16384;

beast::string_view view(std::string_view text) { return {text.data(), text.size()}; }

enum class After : std::uint8_t { close, keep };

bhttp::verb verb_of(Method method) {
  switch (method) {
    case Method::head: return bhttp::verb::head;
    case Method::post: return bhttp::verb::post;
    case Method::put: return bhttp::verb::put;
    case Method::patch: return bhttp::verb::patch;
    case Method::del: return bhttp::verb::delete_;
    case Method::options: return bhttp::verb::options;
    case Method::get:
    case Method::other: break;
  }
  return bhttp::verb::get;
}

bhttp::request<bhttp::string_body> message_of(const Call& call, After after) {
  bhttp::request<bhttp::string_body> out;
  out.version(11);
  out.method(verb_of(call.method));
  out.target(view(call.url.path.empty() ? "/" : call.url.path));
  out.set(bhttp::field::host, call.url.authority());
  out.set(bhttp::field::user_agent, "proviso");
  out.keep_alive(after == After::keep);
  if (!call.content_type.empty()) out.set(bhttp::field::content_type, view(call.content_type));
  for (const auto& [name, value] : call.headers) out.set(view(name), view(value));
  const bool has_body =
      call.method == Method::post || call.method == Method::put || call.method == Method::patch;
  out.body() = call.body;
  if (has_body) out.prepare_payload();
  return out;
}

Response response_of(bhttp::response<bhttp::string_body>&& message) {
  Response out;
  out.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    const auto name = field.name_string();
    const auto value = field.value();
    std::string text(value.data(), value.size());
    if (beast::iequals(name, "content-type")) {
      out.content_type = std::move(text);
    } else {
      out.headers.emplace_back(std::string(name.data(), name.size()), std::move(text));
    }
  }
  out.body = std::move(message.body());
  return out;
}

/// A connection and the loop that it lives on. What waits on the loop refers to what stands here
/// and to its Call; it ends with the loop.
struct Live {
  asio::io_context io{1};  // first: sockets need it to the end
  std::optional<tcp::socket> plain;
  std::optional<ClientTlsStream> secure;
  beast::flat_buffer buffer;  // what was read beyond an answer
  bool connected = false;
};

/// An answer, and whether the server lets the connection stand.
struct Exchanged {
  Response response;
  bool keeps = false;
};

// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)

// `stream` is that of `live`. Not split at its waits: one story, of which each step ends it or goes
// on.
template <class Stream>
asio::awaitable<Result<Exchanged>> make_call(const Call& call, Live& live, Stream& stream,
                                             After after) {
  if (!live.connected) {
    const auto connected = co_await connect_to(call.url, live.io, stream);
    if (!connected) co_return std::unexpected(connected.error());
    live.connected = true;
  }
  const auto request = message_of(call, after);
  const auto [write_error, written] = co_await bhttp::async_write(stream, request, kAwait);
  if (write_error) co_return call_failed(call.url, "sending", write_error);
  bhttp::response_parser<bhttp::string_body> parser;
  parser.header_limit(kHeadBytesMax);
  parser.body_limit(call.body_bytes_max);
  parser.skip(call.method == Method::head);
  const auto [error, count] = co_await bhttp::async_read(stream, live.buffer, parser, kAwait);
  if (error == bhttp::error::body_limit) {
    co_return fail(Errc::exhausted, call.url.authority() + ": the answer is too long");
  }
  if (error) co_return call_failed(call.url, "reading the answer", error);
  const bool keeps = parser.get().keep_alive();
  co_return Exchanged{response_of(parser.release()), keeps};
}

// NOLINTEND(bugprone-unused-return-value)

constexpr std::size_t kUrlBytesMax = 2048;
constexpr std::chrono::milliseconds kLookUp{100};  // how often a call looks whether to give up

bool is_unfit(char c) { return c <= ' ' || c >= 0x7F || c == '?' || c == '#' || c == '@'; }

bool is_port(std::string_view text) {
  unsigned port = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && stop == text.data() + text.size() && port > 0 && port <= 65535;
}

using Moment = std::chrono::steady_clock::time_point;

// Lets the loop run until the story is told, the call is stopped, or `end`. In the last two cases,
// and after an error, `live` is not to be used again.
Result<Exchanged> run_call(Live& live, asio::ssl::context* tls, const Call& call, After after,
                           Moment end) {
  std::optional<Result<Exchanged>> result;
  const auto take = [&](const std::exception_ptr& failure, Result<Exchanged> done) {
    if (!failure) result.emplace(std::move(done));
  };
  live.io.restart();
  if (tls != nullptr) {
    if (!live.secure) live.secure.emplace(live.io, *tls);
    asio::co_spawn(live.io, make_call(call, live, *live.secure, after), take);
  } else {
    if (!live.plain) live.plain.emplace(live.io);
    asio::co_spawn(live.io, make_call(call, live, *live.plain, after), take);
  }
  while (!live.io.stopped() && !call.stop.stop_requested() &&
         std::chrono::steady_clock::now() < end) {
    const auto left = end - std::chrono::steady_clock::now();
    live.io.run_for(std::min<std::chrono::steady_clock::duration>(left, kLookUp));
  }
  if (result) return std::move(*result);
  return fail(Errc::unavailable, call.url.authority() + ": no answer in time");
}

// Where the system has no sockets or memory left, the library throws.
Result<Exchanged> try_call(Live& live, asio::ssl::context* tls, const Call& call, After after,
                           Moment end) {
  try {
    return run_call(live, tls, call, after, end);
  } catch (const std::exception& e) {
    return fail(Errc::unavailable, call.url.authority() + ": " + e.what());
  }
}

// The loop needs two files of the system; a new one can fail.
Result<std::unique_ptr<Live>> new_live(const Url& url) {
  try {
    return std::make_unique<Live>();
  } catch (const std::exception& e) {
    return fail(Errc::unavailable, url.authority() + ": " + e.what());
  }
}

}  // namespace

Result<Url> Url::parse(std::string_view text) {
  const auto bad = [] { return fail(Errc::invalid_input, "not of the form http(s)://HOST/PATH"); };
  Url out;
  out.tls = text.starts_with("https://");
  if (!out.tls && !text.starts_with("http://")) return bad();
  if (text.size() > kUrlBytesMax || std::any_of(text.begin(), text.end(), is_unfit)) return bad();
  text.remove_prefix(out.tls ? 8 : 7);
  const auto slash = text.find('/');
  std::string_view authority = text.substr(0, slash);
  if (slash != std::string_view::npos) out.path = text.substr(slash);
  while (out.path.ends_with('/')) out.path.pop_back();
  const bool bracket = authority.starts_with('[');
  const auto end = bracket ? authority.find(']') : authority.find(':');
  if (bracket && end == std::string_view::npos) return bad();
  out.host = bracket ? authority.substr(1, end - 1) : authority.substr(0, end);
  const bool more = end != std::string_view::npos;
  const std::string_view rest = more ? authority.substr(bracket ? end + 1 : end) : "";
  if (!rest.empty() && !rest.starts_with(':')) return bad();
  out.port = rest.empty() ? (out.tls ? "443" : "80") : rest.substr(1);
  if (out.host.empty() || !is_port(out.port)) return bad();
  return out;
}

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  return port == (tls ? "443" : "80") ? name : name + ":" + port;
}

struct KeptConnection::Impl {
  std::optional<asio::ssl::context> tls;
  std::unique_ptr<Live> live;  // none before the first call, and after one that failed
};

KeptConnection::KeptConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
KeptConnection::~KeptConnection() = default;
KeptConnection::KeptConnection(KeptConnection&&) noexcept = default;
KeptConnection& KeptConnection::operator=(KeptConnection&&) noexcept = default;

Result<KeptConnection> KeptConnection::make(bool tls, const std::string& ca_file) {
  auto impl = std::make_unique<Impl>();
  if (tls) impl->tls.emplace(TRY(tls_context(ca_file)));
  return KeptConnection(std::move(impl));
}

Result<Response> KeptConnection::call(const Call& call) {
  const auto end = std::chrono::steady_clock::now() + call.time;
  asio::ssl::context* tls = impl_->tls ? &*impl_->tls : nullptr;
  Result<Exchanged> done = fail(Errc::unavailable, "");
  for (bool again = true; again;) {
    const bool was_kept = impl_->live != nullptr;
    if (!was_kept) impl_->live = TRY(new_live(call.url));
    done = try_call(*impl_->live, tls, call, After::keep, end);
    if (!done || !done->keeps) impl_->live.reset();
    // A server may close a connection while it is idle, and tells so only when it is used again.
    again = !done && was_kept && call.method == Method::get &&
            done.error().code == Errc::unavailable && !call.stop.stop_requested() &&
            std::chrono::steady_clock::now() < end;
  }
  if (!done) return std::unexpected(done.error());
  return std::move(done->response);
}

Result<Response> call(const Call& call) {
  const auto end = std::chrono::steady_clock::now() + call.time;
  std::optional<asio::ssl::context> tls;
  if (call.url.tls) tls.emplace(TRY(tls_context(call.ca_file)));
  const std::unique_ptr<Live> live = TRY(new_live(call.url));
  auto done = TRY(try_call(*live, tls ? &*tls : nullptr, call, After::close, end));
  return std::move(done.response);
}

}  // namespace proviso::http
