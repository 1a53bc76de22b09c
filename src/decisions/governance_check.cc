// SPDX-License-Identifier: Apache-2.0
#include "decisions/governance_check.h"

namespace proviso::decisions {

Result<void> check_not_overtaken(cases::Database& database, const OrderRow& row) {
  const model::Order& order = row.signed_order.order;
  if (!order.change) return {};
  const std::string name(model::to_string(order.kind));
  // Documents tell time in seconds: one of the same second may have been known to the proposer.
  const auto rows =
      TRY(database.query("SELECT digest FROM orders WHERE kind=:p0 AND in_force_at > :p1 LIMIT 1",
                         {name, format_time(order.proposed_at)}));
  if (rows.empty()) return {};
  return fail(Errc::denied, "since the proposal another " + name + " order came into force, " +
                                rows.front().text(0) + " (leave this one, and propose it again)");
}

}  // namespace proviso::decisions
