// SPDX-License-Identifier: Apache-2.0
#include "gates/counts_audit.h"

#include <algorithm>

namespace proviso::gates {
namespace {

std::optional<Time> earlier_of(const std::optional<Time>& a, const std::optional<Time>& b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

bool in_force_within(const OrderSpan& span, Time begin, Time end) {
  if (span.from >= end + kCountsGrace) return false;
  return !span.until || *span.until + kCountsGrace > begin;
}

std::string span_in_words(const OrderSpan& span) {
  return "from " + format_time(span.from) +
         (span.until ? " until " + format_time(*span.until) : std::string());
}

std::string times(std::uint64_t requests) {
  return std::to_string(requests) + (requests == 1 ? " request" : " requests");
}

void judge_sum(const OrderCounts& counts, std::string_view error_class, const std::string& what,
               std::vector<CountsAlarm>& out) {
  if (counts.total() == 0) return;
  out.push_back({std::string(error_class), std::nullopt, counts.total(),
                 times(counts.total()) + " refused or limited " + what});
}

// As the gate of this name has it.
OrderSpan span_at(OrderSpan span, const std::string& gate) {
  if (span.rollout) span.from = std::max(span.from, span.rollout->enforced_from(gate));
  return span;
}

void judge_order(const Digest& digest, const OrderCounts& counts, const GateCounts& of,
                 const KnownOrders& known, std::vector<CountsAlarm>& out) {
  if (counts.total() == 0) return;
  const auto found = known.find(digest);
  const std::string who =
      "order " + digest.hex() + ": " + times(counts.total()) + " refused or " + "limited by it, ";
  if (found == known.end()) {
    out.push_back({"unknown-order", digest, counts.total(),
                   who + "which is not known: a cut that is not in the ledger (I2)"});
    return;
  }
  const OrderSpan span = span_at(found->second, of.gate);
  if (in_force_within(span, of.hour, of.hour + std::chrono::hours{1})) return;
  out.push_back({"not-in-force", digest, counts.total(),
                 who + "which was in force there " + span_in_words(span) + " only (I5)"});
}

}  // namespace

KnownOrders known_orders(const AuditReport& log) {
  KnownOrders out;
  for (const AuditedOrder& order : log.restrictions) {
    out.emplace(order.digest, OrderSpan{order.in_force_at, order.lifted_at, {}});
  }
  return out;
}

KnownOrders known_orders(const VerifiedSnapshot& snapshot) {
  KnownOrders out;
  for (const VerifiedRestriction& r : snapshot.restrictions) {
    const auto steps = snapshot.governance.schedule(r.order, r.in_force_at);
    const auto begins = std::find_if(steps.begin(), steps.end(), [](const auto& step) {
      return step.effect.kind != model::EffectKind::allow;
    });
    // An order whose stages were all stopped never restricts.
    const auto& until = r.order.order.restriction->until;
    const auto& rollout = r.order.order.restriction->rollout;
    if (begins == steps.end()) {
      out.emplace(r.digest, OrderSpan{r.in_force_at, r.in_force_at, {}});
    } else {
      out.emplace(r.digest, OrderSpan{std::max(begins->from, r.in_force_at), until, rollout});
    }
  }
  return out;
}

KnownOrders narrowed(KnownOrders log, const KnownOrders& snapshot) {
  for (auto& [digest, span] : log) {
    const auto found = snapshot.find(digest);
    if (found == snapshot.end()) continue;
    span.from = std::max(span.from, found->second.from);
    span.until = earlier_of(span.until, found->second.until);
    span.rollout = found->second.rollout;
  }
  return log;
}

std::vector<CountsAlarm> judge_counts(const GateCounts& counts) {
  std::vector<CountsAlarm> out;
  judge_sum(counts.without_order, "without-order",
            "without an order: a cut that is not in the ledger (I2)", out);
  judge_sum(counts.without_state, "without-state",
            "without a snapshot: the owner chose to fail closed, no order stands behind it (I4)",
            out);
  return out;
}

std::vector<CountsAlarm> judge_counts(const GateCounts& counts, const KnownOrders& known) {
  std::vector<CountsAlarm> out = judge_counts(counts);
  judge_sum(counts.other_orders, "unnamed-orders", "by orders that it does not name (I2)", out);
  for (const auto& [digest, order] : counts.orders) {
    judge_order(digest, order, counts, known, out);
  }
  return out;
}

}  // namespace proviso::gates
