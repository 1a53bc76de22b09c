// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <cstdint>
#include <memory>

// For server.cc and session.cc only, which know Asio.
namespace proviso::http {

/// Cancels what a socket waits for when a time is over, but leaves it open, so that a 408 can still
/// be sent. (tcp_stream, Beast's own way, closes the socket.) On the server's one thread.
class Deadline {
 public:
  explicit Deadline(boost::asio::ip::tcp::socket& socket)
      : state_(std::make_shared<State>(State{&socket})), timer_(socket.get_executor()) {}
  ~Deadline() { disarm(); }
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  void arm(std::chrono::steady_clock::duration time) {
    state_->passed = false;
    const std::uint64_t round = ++state_->round;
    timer_.expires_after(time);
    // A handler that is already queued when the timer is set again finds another round.
    timer_.async_wait([state = state_, round](boost::system::error_code error) {
      if (error || round != state->round) return;
      state->passed = true;
      boost::system::error_code ignored;
      // The error is in `ignored`, too. NOLINTNEXTLINE(bugprone-unused-return-value)
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
    boost::asio::ip::tcp::socket* socket;
    std::uint64_t round = 0;
    bool passed = false;
  };
  std::shared_ptr<State> state_;
  boost::asio::steady_timer timer_;
};

inline constexpr auto kAwait = boost::asio::as_tuple(boost::asio::use_awaitable);
/// After an answer to a client that may still be sending: how long it is read, so that closing the
/// socket does not take the answer away with a reset.
inline constexpr auto kLinger = std::chrono::milliseconds{1000};

}  // namespace proviso::http
