// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"

namespace proviso::server {

struct ServeOptions {
  std::optional<std::uint16_t> port;  ///< instead of the configured one
  /// From the end of one scrub of the public log to the next; zero: none.
  std::chrono::seconds scrub_every{std::chrono::hours{24}};
};

/// Runs the server of a data folder until SIGTERM or SIGINT. It holds `serve.lock`, not `lock`:
/// other commands work on the folder as ever, and the server reads what they publish. With
/// witnesses it writes `checkpoint.cosigned` beside the ledger's public files, and nothing else.
/// Log lines go to standard error; the first one, `listening`, tells the port.
/// `conflict` where another server runs on the folder.
Result<void> serve(const std::string& root, const ServeOptions& options, const Clock& clock,
                   Random& random);

/// A line "METHOD PATTERN ACCESS" for each route, as the server has them.
std::string list_routes();

}  // namespace proviso::server
