// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "gate_daemon/connection.h"

namespace proviso::gate_daemon {

/// An IP address and a port: "127.0.0.1:8181", "[::1]:8181". Port 0: a free one.
struct Address {
  std::string ip;
  std::uint16_t port = 0;

  /// `invalid_input`.
  static Result<Address> parse(std::string_view text);
};

struct LoopLimits {
  /// In all. One more, and the one that has been idle longest is ended for it; where none is idle,
  /// the new one is.
  std::size_t connections_max = 4096;
  std::chrono::milliseconds idle{60'000};     ///< between requests
  std::chrono::milliseconds request{10'000};  ///< from its first byte until it is answered
  std::chrono::milliseconds write{10'000};    ///< until the client has taken its answers
  std::chrono::milliseconds stop{5'000};      ///< for what is under way when the loop is stopped
};

/// Since the loop was made.
struct LoopCounts {
  std::uint64_t connections = 0;  ///< open now
  std::uint64_t accepted = 0;
  std::uint64_t turned_away = 0;  ///< for want of room
  std::uint64_t timed_out = 0;
};

/// Accepts connections and carries their bytes: one thread, one epoll set. What a client sends is
/// read in pieces of 64 KiB and handed on at once; while it does not take its answers, nothing more
/// is read from it, so that what is kept for one client is bounded by its Connection.
class Loop {
 public:
  using Factory = std::function<std::unique_ptr<Connection>()>;

  /// `unavailable`: no more file descriptors.
  static Result<std::unique_ptr<Loop>> make(const LoopLimits& limits);
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Before run(). Returns the port. `invalid_input`: no IP address; `unavailable`: it is taken.
  Result<std::uint16_t> listen(const Address& address, Factory factory);
  /// Serves until stop(); then it accepts no more, tells clients, and returns once none is in a
  /// request, after LoopLimits::stop at the latest.
  void run();
  /// Any thread; also before run().
  void stop();
  /// From the loop's thread, or while it does not run.
  [[nodiscard]] const LoopCounts& counts() const;

  struct Impl;  ///< the source file's own

 private:
  explicit Loop(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace proviso::gate_daemon
