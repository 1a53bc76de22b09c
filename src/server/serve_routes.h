// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/file_system.h"
#include "base/metrics.h"
#include "http/channel.h"
#include "http/router.h"

namespace proviso::server {

/// What the routes of `proviso serve` read. All of it outlives the router.
struct ServeView {
  FileSystem& fs;
  std::string log_dir;  ///< the public folder of the ledger
  Metrics& metrics;
  std::function<bool()> stopping;
  /// The checkpoint to show, where it is not the one in `log_dir`: the newest cosigned one.
  /// `not_found` while there is none.
  std::function<Result<std::string>()> cosigned = {};
  /// The server's end of one more gate's channel. Unset: gates are not served.
  std::function<std::shared_ptr<http::ChannelListener>()> new_gate = {};
};

/// The ledger's public read interface, in the layout of c2sp.org/tlog-tiles: /checkpoint,
/// /tile/LEVEL/N[.p/W], /tile/entries/N[.p/W]. It reads the files that commands wrote, and nothing
/// that is not of that layout: a path is numbers before it is a file. With witnesses, /checkpoint
/// is what enough of them cosigned, and nothing newer.
void add_ledger_routes(http::Router& router, const ServeView& view);
/// /healthz: the process answers; /readyz: it can serve the ledger; /metrics: its figures.
void add_health_routes(http::Router& router, const ServeView& view);
/// /gates/stream: what gates enforce, brought to them (docs/formats/gate-stream.md).
void add_gate_routes(http::Router& router, const ServeView& view);
/// All of them.
void add_routes(http::Router& router, const ServeView& view);

}  // namespace proviso::server
