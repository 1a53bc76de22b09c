// SPDX-License-Identifier: Apache-2.0
#include "gate_daemon/recording_pages.h"

#include <string>

namespace proviso::gate_daemon {
namespace {

void add(Metrics& metrics, const std::string& order, const gates::OrderCounts& counts) {
  for (const auto& [outcome, number] :
       {std::pair<std::string_view, std::uint64_t>("refused", counts.refused),
        {"limited", counts.limited},
        {"not_enforced", counts.not_enforced}}) {
    metrics.add("proviso_gate_refusals_total", {{"order", order}, {"outcome", outcome}},
                static_cast<double>(number));
  }
}

void add_shadow(Metrics& metrics, const std::string& order, const gates::OrderCounts& counts) {
  if (counts.shadow == 0) return;
  metrics.add("proviso_gate_shadow_total", {{"order", order}}, static_cast<double>(counts.shadow));
}

}  // namespace

Json recording_page(const RecordingStatus& status) {
  return Json::Object{{"gate", status.gate.empty() ? Json() : Json(status.gate)},
                      {"recorded", status.recorded},
                      {"dropped", status.dropped},
                      {"unwritten", status.unwritten},
                      {"file_bytes", status.file_bytes},
                      {"counts_unsent", status.counts_unsent},
                      {"without_order", status.without_order.total()},
                      {"without_state", status.without_state.total()}};
}

void recording_metrics(const RecordingStatus& status, Metrics& metrics) {
  metrics.counter("proviso_gate_refusals_total",
                  "Refusals and limits that were recorded, by order; of many orders the sum.");
  metrics.counter("proviso_gate_shadow_total",
                  "What orders in shadow would have refused or limited, by order.");
  metrics.counter("proviso_gate_refusals_dropped_total",
                  "Refusals that were done but not recorded: too many at once.");
  metrics.counter("proviso_gate_refusals_unwritten_total",
                  "Refusals that were recorded but are in no file: the disk.");
  metrics.gauge("proviso_gate_counts_unsent", "Signed hourly counts that no server has yet.");
  for (const auto& [order, counts] : status.orders) {
    add(metrics, order.hex(), counts);
    add_shadow(metrics, order.hex(), counts);
  }
  add(metrics, "other", status.other_orders);
  add_shadow(metrics, "other", status.other_orders);
  add(metrics, "none", status.without_order);
  add(metrics, "no-state", status.without_state);
  metrics.add("proviso_gate_refusals_dropped_total", {}, static_cast<double>(status.dropped));
  metrics.add("proviso_gate_refusals_unwritten_total", {}, static_cast<double>(status.unwritten));
  metrics.set("proviso_gate_counts_unsent", static_cast<double>(status.counts_unsent));
}

}  // namespace proviso::gate_daemon
