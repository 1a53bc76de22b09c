// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cases/database.h"
#include "decisions/orders.h"
#include "model/authority.h"

// What only the server can hold of emergencies and of the decision clock, since it takes the orders
// of the past: gates and verifiers see each order alone. What an emergency itself may be is in
// model/order (check_emergency), where all three hold it.
namespace proviso::decisions {

/// An emergency may not name what another one in force within the last 30 days named (subscription
/// and service). Other orders pass.
Result<void> check_no_repeat(cases::Database& database, const model::Restriction& next, Time now);

/// `next` goes on with an emergency that is in force, of the same case, and names nothing more.
Result<void> check_ratifies(const model::Restriction& next, const OrderRow& emergency);

/// Whoever signed the emergency, its proposer too, does not sign what ratifies it, by whatever key.
Result<void> check_others_sign(const OrderRow& emergency, const model::Governance& governance,
                               const model::Signature& approval);

/// An emergency is proposed only where enough approvers are on call for it, the proposer aside.
Result<void> check_on_call(const model::SignedOrder& order, const model::Authority& authority);

/// `conflict` where the order was proposed longer than kDecisionMax ago. A lift never expires (I5).
Result<void> check_not_expired(const model::Order& order, Time now);

}  // namespace proviso::decisions
