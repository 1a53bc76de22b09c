// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/database.h"
#include "decisions/orders.h"

// What only the server holds of changes of who decides and of documents: it knows what else was
// proposed. Gates and verifiers see what came into force, in ledger order.
namespace proviso::decisions {

/// `denied` where another change of the same kind came into force since this one was proposed: it
/// was written without knowing that, and would undo it (bring back a key that was taken off the
/// roster). Other orders pass.
Result<void> check_not_overtaken(cases::Database& database, const OrderRow& row);

}  // namespace proviso::decisions
