// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso::gate_daemon {

/// One conversation over HAProxy's runtime socket ("stats socket", a Unix socket): a command, its
/// answer, the next. One thread. Waits for HAProxy, never longer than `answer`.
class HaproxyCli {
 public:
  struct Limits {
    std::chrono::milliseconds answer{5'000};  ///< for each command
    std::size_t answer_bytes_max = 1U << 20U;
  };

  /// Of a Unix socket's path.
  static constexpr std::size_t kSocketPathMax = 107;

  /// `invalid_input`: no path of a socket; `unavailable`: nobody listens, no right to, or who
  /// listens is no HAProxy.
  static Result<HaproxyCli> connect(const std::string& socket, const Limits& limits);
  ~HaproxyCli();
  HaproxyCli(HaproxyCli&& other) noexcept;
  HaproxyCli& operator=(HaproxyCli&&) = delete;
  HaproxyCli(const HaproxyCli&) = delete;
  HaproxyCli& operator=(const HaproxyCli&) = delete;

  /// `command` is whole: with the line feed at its end, and an empty line after a payload. Returns
  /// what HAProxy tells about it, in most cases nothing.
  /// `not_found`: HAProxy has no such entry. `conflict`: it refuses the command otherwise.
  /// `unavailable`: it hung up, did not answer in time, or said more than is taken; then this
  /// conversation is over.
  Result<std::string> ask(std::string_view command);

 private:
  using Deadline = std::chrono::steady_clock::time_point;
  HaproxyCli(int fd, const Limits& limits) : fd_(fd), limits_(limits) {}
  Result<void> wait_for(short events, Deadline deadline) const;
  Result<void> send(std::string_view bytes, Deadline deadline) const;
  Result<std::string> receive(Deadline deadline) const;

  int fd_;
  Limits limits_;
};

}  // namespace proviso::gate_daemon
