// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/record.h"
#include "model/order.h"

namespace proviso::decisions {

/// From when on gates may know a restriction that came into force at `in_force_at`: with its first
/// stage, by which its customer is told (I11), also where that begins in shadow: a gate that counts
/// knows it. Later stages then lie ahead in each gate. Should the line to a gate be cut just then,
/// it restricts less.
Time known_to_gates_from(const model::Restriction& restriction, Time in_force_at);

/// Puts on record which stages of orders in force have begun: an entry of kind `stage-begun` for
/// each, once; of an order that begins in shadow, once the first gate may enforce it. Gates switch
/// by their own clocks (I8) and wait for no entry. A stage whose order was lifted or had ended when
/// this is called, did not begin as far as the record goes. Returns how many. One thread, the
/// folder's lock held.
Result<std::size_t> record_stages(cases::Record& record);

}  // namespace proviso::decisions
