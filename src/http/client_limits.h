// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <unordered_map>

namespace proviso::http {

struct ClientLimitSettings {
  std::size_t connections_max = 1024;
  std::size_t connections_per_client_max = 64;
  double requests_per_second = 200;  ///< per client, in the long run; 0: no limit
  double requests_burst = 400;       ///< at once
};

/// Who may connect and ask now. A client is an address (for IPv6 its /64), known only here, in
/// memory, while it is connected or its bucket is not full again.
/// Threads: one. Time is the caller's monotonic clock.
class ClientLimits {
 public:
  using Instant = std::chrono::steady_clock::time_point;
  enum class Admission : std::uint8_t { admitted, server_full, client_full };

  explicit ClientLimits(const ClientLimitSettings& settings) : settings_(settings) {}

  /// Each `admitted` is given back by close().
  Admission open(const std::string& client, Instant now);
  void close(const std::string& client, Instant now);
  /// Takes one request from the client's bucket. Zero: go on; else how long to wait for the next.
  std::chrono::milliseconds take(const std::string& client, Instant now);

  [[nodiscard]] std::size_t connections() const { return connections_; }
  [[nodiscard]] std::size_t clients_known() const { return clients_.size(); }

 private:
  struct Client {
    std::size_t connections = 0;
    double tokens = 0;
    Instant filled;
  };
  void refill(Client& client, Instant now) const;
  void forget_idle(Instant now);

  ClientLimitSettings settings_;
  std::unordered_map<std::string, Client> clients_;
  std::size_t connections_ = 0;
  std::size_t forget_at_ = 4096;  // clients known; then those with a full bucket are dropped
};

}  // namespace proviso::http
