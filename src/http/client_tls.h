// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ssl.hpp>
#include <string>
#include <string_view>
#include <type_traits>

#include "http/client.h"
#include "http/deadline.h"

// For client.cc and channel_client.cc only, which know Asio: how both get a connection.
// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)
namespace proviso::http {

using ClientTlsStream = boost::asio::ssl::stream<boost::asio::ip::tcp::socket>;

std::unexpected<Error> call_failed(const Url& url, std::string_view step,
                                   const boost::system::error_code& error);
/// TLS 1.2 and 1.3, which trusts the system's certificates and those in `ca_file`.
Result<boost::asio::ssl::context> tls_context(const std::string& ca_file);
/// What has to be said before the handshake: whose certificate is asked for.
Result<void> name_server(ClientTlsStream& stream, const Url& url);

/// Looks up the name, connects, and shakes hands where `Stream` is TLS.
template <class Stream>
boost::asio::awaitable<Result<void>> connect_to(const Url& url, boost::asio::io_context& io,
                                                Stream& stream) {
  using boost::asio::ip::tcp;
  tcp::resolver resolver(io);
  const auto [name_error, endpoints] = co_await resolver.async_resolve(url.host, url.port, kAwait);
  if (name_error) co_return call_failed(url, "looking up the name", name_error);
  const auto [connect_error, endpoint] =
      co_await boost::asio::async_connect(stream.lowest_layer(), endpoints, kAwait);
  if (connect_error) co_return call_failed(url, "connecting", connect_error);
  boost::system::error_code ignored;  // it would only be slower
  stream.lowest_layer().set_option(tcp::no_delay(true), ignored);
  if constexpr (std::is_same_v<Stream, ClientTlsStream>) {
    const auto named = name_server(stream, url);
    if (!named) co_return std::unexpected(named.error());
    const auto [tls_error] = co_await stream.async_handshake(ClientTlsStream::client, kAwait);
    if (tls_error) co_return call_failed(url, "TLS", tls_error);
  }
  co_return Result<void>();
}

}  // namespace proviso::http
// NOLINTEND(bugprone-unused-return-value)
