// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/event_log.h"
#include "base/metrics.h"
#include "http/router.h"
#include "witness/witness.h"

namespace proviso::witness {

/// What the routes work on; all of it outlives the router.
struct WitnessView {
  Witness& witness;
  const EventLog& log;  ///< `split_view`, `not_proven`, `disk_failed`
  Metrics& metrics;     ///< declared with declare_witness_metrics()
};

/// POST /add-checkpoint, and GET /HASH/checkpoint with the newest cosigned checkpoint of a log,
/// HASH being origin_hash(); /healthz, /readyz, and /metrics for this machine. Everyone may call
/// the first two: what a witness says is public, and it believes signatures, not callers.
void add_witness_routes(http::Router& router, const WitnessView& view);
void declare_witness_metrics(Metrics& metrics);

}  // namespace proviso::witness
