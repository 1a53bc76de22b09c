// SPDX-License-Identifier: Apache-2.0
#include "decisions/stages.h"

#include <algorithm>
#include <vector>

#include "decisions/order_store.h"

namespace proviso::decisions {
namespace {

struct Begun {
  std::string order;
  std::string case_id;
  std::int64_t number = 0;
  model::Stage stage;
};

Result<std::int64_t> stages_on_record(cases::Database& db, const std::string& order) {
  const auto rows = TRY(db.query("SELECT stages_begun FROM orders WHERE digest=:p0", {order}));
  return rows.front().integer(0);
}

Result<std::vector<Begun>> begun(cases::Record& record) {
  std::vector<Begun> out;
  const Time now = record.now();
  const auto orders =
      TRY(read_orders(record.database(),
                      "WHERE kind='restrict' AND state='in_force' ORDER BY in_force_at, digest"));
  for (const OrderRow& row : orders) {
    const model::Restriction& r = *row.signed_order.order.restriction;
    if (r.until && *r.until <= now) continue;
    const std::int64_t known = TRY(stages_on_record(record.database(), row.digest));
    const auto count = static_cast<std::int64_t>(r.stages.size());
    for (std::int64_t i = known; i < count; ++i) {
      model::Stage stage = r.stages[static_cast<std::size_t>(i)];
      // In shadow it has no effect anywhere.
      if (r.rollout) stage.from = std::max(stage.from, r.rollout->begins());
      if (stage.from > now) break;
      out.push_back({row.digest, row.case_id, i, stage});
    }
  }
  return out;
}

}  // namespace

Time known_to_gates_from(const model::Restriction& restriction, Time in_force_at) {
  return std::max(in_force_at, restriction.stages.front().from);
}

Result<std::size_t> record_stages(cases::Record& record) {
  const auto all = TRY(begun(record));
  if (all.empty()) return std::size_t{0};
  const auto body = [&]() -> Result<void> {
    for (const Begun& b : all) {
      // Which effect, and since when, would say more of the order than it shows itself.
      record.entry_about(model::CaseId(b.case_id), model::entry_kind::stage_begun,
                         Json::Object{{"order", b.order}, {"stage", b.number}},
                         Json::Object{{"case", b.case_id},
                                      {"effect", model::to_string(b.stage.effect)},
                                      {"from", format_time(b.stage.from)}});
      TRY_VOID(record.database().run("UPDATE orders SET stages_begun=:p0 WHERE digest=:p1",
                                     {b.number + 1, b.order}));
    }
    return {};
  };
  TRY_VOID(record.change(body));
  return all.size();
}

}  // namespace proviso::decisions
