// SPDX-License-Identifier: Apache-2.0
#include "http/channel_client.h"

#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <exception>
#include <optional>

#include "http/channel_talk.h"
#include "http/client_tls.h"

// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)
namespace proviso::http {
namespace {

namespace asio = boost::asio;
namespace bhttp = boost::beast::http;
namespace websocket = boost::beast::websocket;
using asio::ip::tcp;
using boost::system::error_code;

constexpr std::chrono::milliseconds kLookUp{100};  // how often it looks whether to stop

std::unexpected<Error> refused(const Url& url, unsigned status) {
  const bool by_token = status == 401 || status == 403;
  return fail(by_token ? Errc::denied : Errc::unavailable,
              url.authority() + ": refused the channel with status " + std::to_string(status) +
                  (by_token ? " (is it the token of this server, with the right scope?)" : ""));
}

template <class Stream>
void close_now(Stream& stream) {
  error_code ignored;
  stream.lowest_layer().close(ignored);
}

// One story: connects, upgrades, talks. `opened` once the time for it is no longer counted.
template <class Stream>
asio::awaitable<Result<void>> tell(const ChannelCall& call, asio::io_context& io, Stream& stream,
                                   std::shared_ptr<ChannelListener> listener, bool& opened,
                                   bool& stopping) {
  const auto connected = co_await connect_to(call.url, io, stream);
  if (!connected) co_return std::unexpected(connected.error());
  websocket::stream<Stream&> socket(stream);
  set_channel_options(socket, listener->message_bytes_max());
  socket.set_option(websocket::stream_base::decorator([&call](websocket::request_type& request) {
    request.set(bhttp::field::user_agent, "proviso");
    if (!call.token.empty()) request.set(bhttp::field::authorization, "Bearer " + call.token);
  }));
  websocket::response_type answer;
  const std::string path = call.url.path.empty() ? "/" : call.url.path;
  const auto [error] = co_await socket.async_handshake(answer, call.url.authority(), path, kAwait);
  if (error == websocket::error::upgrade_declined) {
    co_return refused(call.url, answer.result_int());
  }
  if (error) co_return call_failed(call.url, "opening the channel", error);
  opened = true;
  co_await talk(io, socket, listener, [&stream] { close_now(stream); });
  if (stopping || socket.reason().code == websocket::close_code::normal) co_return Result<void>();
  co_return fail(Errc::unavailable, call.url.authority() + ": the channel broke off");
}

template <class Stream>
Result<void> run_story(const ChannelCall& call, asio::io_context& io, Stream& stream,
                       const std::shared_ptr<ChannelListener>& listener,
                       const std::stop_token& stop) {
  bool opened = false;
  bool stopping = false;
  std::optional<Result<void>> result;
  asio::co_spawn(io, tell(call, io, stream, listener, opened, stopping),
                 [&](const std::exception_ptr& failure, Result<void> done) {
                   if (!failure) result.emplace(std::move(done));
                 });
  const auto end = std::chrono::steady_clock::now() + call.time;
  while (!io.stopped()) {
    io.run_for(kLookUp);
    const bool late = !opened && std::chrono::steady_clock::now() >= end;
    if (!late && !stop.stop_requested()) continue;
    // Every wait on the socket ends with it, and so does the story; but a name that is looked up.
    stopping = stop.stop_requested();
    close_now(stream);
    if (!opened) break;
  }
  if (result) return std::move(*result);
  if (stopping) return {};
  return fail(Errc::unavailable, call.url.authority() + ": no channel in time");
}

}  // namespace

Result<void> call_channel(const ChannelCall& call, const std::shared_ptr<ChannelListener>& listener,
                          const std::stop_token& stop) {
  try {
    asio::io_context io{1};
    if (!call.url.tls) {
      tcp::socket plain(io);
      return run_story(call, io, plain, listener, stop);
    }
    auto tls = TRY(tls_context(call.ca_file));
    ClientTlsStream secure(io, tls);
    return run_story(call, io, secure, listener, stop);
  } catch (const std::exception& e) {
    // Where the system has no sockets or memory left, the library throws.
    return fail(Errc::unavailable, call.url.authority() + ": " + e.what());
  }
}

}  // namespace proviso::http
// NOLINTEND(bugprone-unused-return-value)
