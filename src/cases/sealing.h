// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"

// Sealed entries on their way into the ledger and to their openings (docs/formats/entry.md,
// docs/decisions/0028). They wait in the store, whole and with their salts, and go into the ledger
// in slots: at each slot the same number of leaves, filled up with covers. So neither their number
// nor their times tell whether anybody is under review (I11).
// One thread; the caller holds the folder's lock. Each call is one or more Record::change.
namespace proviso::cases {

/// All that waits is opened, and covers too, this long before their own time at the latest.
inline constexpr Duration kOpenEarly = std::chrono::days{7};

struct SlotDone {
  std::size_t sealed = 0;  ///< entries that had waited
  std::size_t covers = 0;
};

/// Appends what the present slot takes: policy.per_slot leaves, if it has not been done; nothing
/// where the slot is done already. Slots that passed while nothing ran are not made up for: that
/// would say nothing true. Where sealing is off, all that waits from before, and no covers.
/// conflict before the founding is sealed.
Result<SlotDone> append_slot(Record& record);

/// Appends the openings that are due now. Returns how many.
Result<std::size_t> open_due(Record& record);

/// The same, and all that is sealed about this case. conflict while its customer has not been told:
/// no order about it has had effect, and it is not closed.
Result<std::size_t> open_case(Record& record, const model::CaseId& id);

}  // namespace proviso::cases
