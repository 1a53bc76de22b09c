// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <chrono>
#include <memory>
#include <utility>

#include "http/channel.h"
#include "http/deadline.h"

// For session.cc and channel_client.cc only: what both ends of a channel do once it is open.
// Asio's calls give their error twice: in the argument, which is looked at, and as what they
// return. NOLINTBEGIN(bugprone-unused-return-value)
namespace proviso::http {

/// Who does not take what is on its way is cut off so long after the channel was told to end.
inline constexpr std::chrono::seconds kChannelLinger{3};
/// A peer of which nothing is heard for so long, not even the answer to a ping, is gone.
inline constexpr std::chrono::seconds kChannelIdle{20};

template <class WebSocket>
void set_channel_options(WebSocket& socket, std::size_t message_bytes_max) {
  namespace websocket = boost::beast::websocket;
  socket.set_option(websocket::stream_base::timeout{std::chrono::seconds{10}, kChannelIdle, true});
  socket.read_message_max(message_bytes_max);
  // In pieces, between which pings and their answers go out: a message of minutes must not make
  // either end look dead.
  socket.auto_fragment(true);
  socket.write_buffer_bytes(256U << 10U);
  socket.text(true);
}

/// Sends what the channel has, until it ends or the connection does.
struct ChannelWriter {
  explicit ChannelWriter(boost::asio::io_context& io) : more(io), done(io), linger(io) {
    more.expires_at(std::chrono::steady_clock::time_point::max());
    done.expires_at(std::chrono::steady_clock::time_point::max());
  }
  boost::asio::steady_timer more;  ///< cancelled: look again
  boost::asio::steady_timer done;  ///< cancelled: `over`
  boost::asio::steady_timer linger;
  bool stop = false;
  bool over = false;
};

template <class WebSocket>
boost::asio::awaitable<void> write_all(WebSocket& socket, std::shared_ptr<Channel> channel,
                                       std::shared_ptr<ChannelWriter> writer) {
  while (!writer->stop) {
    const Channel::Next next = channel->take();
    if (next.message) {
      const auto [error, count] =
          co_await socket.async_write(boost::asio::buffer(*next.message), kAwait);
      if (error) break;
    } else if (next.end) {
      co_await socket.async_close(boost::beast::websocket::close_code::normal, kAwait);
      break;
    } else {
      co_await writer->more.async_wait(kAwait);
    }
  }
  writer->over = true;
  writer->linger.cancel();
  writer->done.cancel();
}

/// From the upgrade to the end. `close` closes the socket under `socket` at once.
template <class WebSocket, class Close>
boost::asio::awaitable<void> talk(boost::asio::io_context& io, WebSocket& socket,
                                  std::shared_ptr<ChannelListener> listener, Close close) {
  auto channel = std::make_shared<Channel>();
  auto writer = std::make_shared<ChannelWriter>(io);
  // Whatever ends this story, nobody wakes a loop that is gone.
  struct Closing {
    Channel& channel;
    ~Closing() { channel.close(); }
  } closing{*channel};
  channel->open([&io, writer, close, weak = std::weak_ptr<Channel>(channel)] {
    boost::asio::post(io, [writer, close, weak] {
      writer->more.cancel();
      const auto ending = weak.lock();
      if (writer->over || !ending || !ending->ending()) return;
      writer->linger.expires_after(kChannelLinger);
      writer->linger.async_wait([writer, close](boost::system::error_code error) {
        if (!error && !writer->over) close();
      });
    });
  });
  boost::asio::co_spawn(io, write_all(socket, channel, writer), boost::asio::detached);
  listener->opened(channel);
  boost::beast::flat_buffer buffer;
  while (true) {
    const auto [error, count] = co_await socket.async_read(buffer, kAwait);
    if (error) break;
    listener->received(boost::beast::buffers_to_string(buffer.data()));
    buffer.clear();
  }
  channel->close();
  writer->stop = true;
  writer->more.cancel();
  close();
  while (!writer->over) co_await writer->done.async_wait(kAwait);
  listener->ended();
}

}  // namespace proviso::http
// NOLINTEND(bugprone-unused-return-value)
