// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "base/metrics.h"
#include "gate_daemon/recorder.h"

namespace proviso::gate_daemon {

/// What the status page says of refusals (docs/gate.md).
Json recording_page(const RecordingStatus& status);
/// The same in figures. At most RecordingStatus::kSeriesMax series name an order.
void recording_metrics(const RecordingStatus& status, Metrics& metrics);

}  // namespace proviso::gate_daemon
