// SPDX-License-Identifier: Apache-2.0
#include "http/client_limits.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace proviso::http {

void ClientLimits::refill(Client& client, Instant now) const {
  const std::chrono::duration<double> passed = now - client.filled;
  if (passed.count() > 0) {
    client.tokens = std::min(settings_.requests_burst,
                             client.tokens + passed.count() * settings_.requests_per_second);
    client.filled = now;
  }
}

// A client whose bucket is full and who is not connected is as good as new.
void ClientLimits::forget_idle(Instant now) {
  if (clients_.size() < forget_at_) return;
  std::erase_if(clients_, [&](const auto& item) {
    Client client = item.second;
    refill(client, now);
    return client.connections == 0 && client.tokens >= settings_.requests_burst;
  });
  // So that many busy clients do not make every call look at all of them.
  forget_at_ = std::max<std::size_t>(4096, 2 * clients_.size());
}

ClientLimits::Admission ClientLimits::open(const std::string& client, Instant now) {
  if (connections_ >= settings_.connections_max) return Admission::server_full;
  forget_idle(now);
  const auto [it, is_new] = clients_.try_emplace(client, Client{0, settings_.requests_burst, now});
  if (it->second.connections >= settings_.connections_per_client_max) {
    return Admission::client_full;
  }
  ++it->second.connections;
  ++connections_;
  return Admission::admitted;
}

void ClientLimits::close(const std::string& client, Instant now) {
  const auto it = clients_.find(client);
  CHECK(it != clients_.end() && it->second.connections > 0 && connections_ > 0);
  --it->second.connections;
  --connections_;
  refill(it->second, now);
}

std::chrono::milliseconds ClientLimits::take(const std::string& client, Instant now) {
  const auto it = clients_.find(client);
  CHECK(it != clients_.end());
  if (settings_.requests_per_second <= 0) return std::chrono::milliseconds::zero();
  refill(it->second, now);
  if (it->second.tokens >= 1) {
    it->second.tokens -= 1;
    return std::chrono::milliseconds::zero();
  }
  const double seconds = (1 - it->second.tokens) / settings_.requests_per_second;
  return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(seconds * 1000)));
}

}  // namespace proviso::http
