// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "gate_daemon/haproxy_cli.h"
#include "gate_daemon/haproxy_entries.h"

namespace proviso::gate_daemon {

/// The key under which the map says when it was last in step, in seconds since 1970. No key of an
/// entry can be this: those have a "/".
inline constexpr std::string_view kHeartbeatKey = "heartbeat";

/// One map of one HAProxy, and what is known to stand in it. One thread.
///
/// Few changes go in one by one, those that ease first; each changes its key at once, and no key is
/// gone in between. Many changes, and a map that nothing is known of, are one new version of the
/// map, which HAProxy takes into use all at once: whoever asks finds the old one or the new one.
class HaproxyMap {
 public:
  struct Limits {
    /// Of a command with its payload: below HAProxy's tune.bufsize, less tune.maxrewrite.
    std::size_t payload_bytes = 8'192;
    /// HAProxy looks for a key that is changed or goes from the map's beginning on.
    std::size_t single_changes_max = 64;
  };
  /// `name`: as HAProxy has it, a file's path or "#" and a number.
  HaproxyMap(std::string name, const Limits& limits) : name_(std::move(name)), limits_(limits) {}

  enum class Done : std::uint8_t {
    nothing,  ///< it was in step
    changes,
    all,  ///< a new version
  };
  struct Outcome {
    Done done = Done::nothing;
    bool was_lost = false;  ///< it was not what it was left as: HAProxy has been started again
  };
  /// Makes the map say `wanted` (not null), and that it did so at `now`. After a failure nothing is
  /// known of the map; what stands in it stays (I8). Errors as HaproxyCli::ask.
  Result<Outcome> bring(HaproxyCli& cli, const std::shared_ptr<const MapEntries>& wanted,
                        std::int64_t now);

 private:
  Result<void> swap(HaproxyCli& cli, const MapEntries& wanted, std::int64_t now) const;
  Result<Done> change(HaproxyCli& cli, const std::shared_ptr<const MapEntries>& wanted,
                      std::int64_t now) const;
  [[nodiscard]] std::string command(std::string_view what, std::string_view rest) const;

  std::string name_;
  Limits limits_;
  std::shared_ptr<const MapEntries> known_;  // shared with whoever wants it: it can be large
};

}  // namespace proviso::gate_daemon
