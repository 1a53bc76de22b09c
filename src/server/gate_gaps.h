// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>

#include "cases/record.h"
#include "server/gate_records.h"

// I13: where a gate does not confirm what was decided, the gap, its beginning and its end are
// entries of the ledger; a bypass is one.
namespace proviso::server {

/// An order counts as unconfirmed when it is so long in force, or its first stage has begun.
inline constexpr Duration kGapAfter = std::chrono::minutes{1};
/// A gate that confirmed everything, and then nothing new for so long, is silent: it may have had
/// to hold back stages (I10). `renew`: how old a version gets (GatesConfig).
inline Duration silent_after(std::chrono::seconds renew) {
  return std::max<Duration>(std::chrono::minutes{20}, 4 * renew);
}

struct GapsDone {
  std::size_t begun = 0;
  std::size_t ended = 0;
};

/// Holds what gates said against the orders in force, and puts on record each gap that has begun
/// or ended since the last call: an entry `confirmation-gap` (docs/formats/entry.md). A gate has
/// one gap at a time, whatever its reasons become. The gap of a gate whose key was taken out ends.
/// Cost: a pass over the orders for each version that gates stand on. The folder's lock held.
Result<GapsDone> record_gaps(cases::Record& record, const GateKeys& keys,
                             const GateRecords& records, std::chrono::seconds renew);

}  // namespace proviso::server
