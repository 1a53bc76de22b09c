// SPDX-License-Identifier: Apache-2.0
#include "model/order_words.h"

#include "base/encoding.h"
#include "model/policy.h"
#include "model/roster.h"

namespace proviso::model {
namespace {

constexpr std::size_t kChangeBytesShown = 4000;

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + printable(item);
  return out.empty() ? "none" : out;
}

// The lists are too long for one page: counts, and where the rest can be read.
void rest_in_words(std::string& out, const NotAffectedRest& rest) {
  out += "  and " + std::to_string(rest.services) + " services";
  std::string by_service;
  for (const auto& [service, subscriptions] : rest.by_service) {
    by_service += (by_service.empty() ? " (" : ", ") + printable(service) + " of " +
                  std::to_string(subscriptions) + " subscriptions";
  }
  out += by_service + (by_service.empty() ? "" : ")") + " and " + std::to_string(rest.agreements) +
         " agreements more, all listed by: proviso order export --not-affected, with SHA-256 " +
         rest.all.hex() + "\n";
}

void rollout_in_words(std::string& out, const Rollout& rollout) {
  out += "IN SHADOW FIRST: until a gate enforces it, it only counts what it would refuse\n";
  for (const RolloutStep& step : rollout.first) {
    out += "  enforced from " + format_time(step.from) + " at " + joined(step.gates) + "\n";
  }
  out += "  enforced everywhere from " + format_time(rollout.everywhere_from) + "\n";
}

void restriction_in_words(std::string& out, const Restriction& r) {
  if (r.emergency) {
    out +=
        "EMERGENCY: two people cut this off at once, without notice before; it ends by itself "
        "within 72 hours unless others ratify it\n";
  }
  if (r.ratifies) out += "Goes on with the emergency order " + r.ratifies->hex() + "\n";
  out += "Restricts:\n";
  for (const ScopeLine& line : r.scope) out += "  " + printable(to_string(line)) + "\n";
  for (const Stage& stage : r.stages) {
    out += "  " + to_string(stage.effect) + " from " + format_time(stage.from) + "\n";
  }
  if (r.rollout) rollout_in_words(out, *r.rollout);
  if (r.until) out += "Ends by itself: " + format_time(*r.until) + "\n";
  if (r.review) out += "Has no end; reviewed at the latest: " + format_time(*r.review) + "\n";
  out += "Under the terms:";
  for (const TermRef& term : r.terms) {
    out += " " + printable(term.id.value) + " (version " + std::to_string(term.version) + ")";
  }
  out += "\nNot affected: services " + joined(r.services_not_affected) + "; agreements " +
         joined(r.agreements_not_affected) + "\n";
  if (r.not_affected_rest) rest_in_words(out, *r.not_affected_rest);
  out += "Asked for by: " + printable(r.origin.kind) +
         (r.origin.country.empty() ? "" : ", " + printable(r.origin.country)) + "\n";
  out += "Protected subject: " + joined(r.protected_classes) + "\n";
  if (r.protected_reason) {
    out +=
        "  restricted all the same, for a reason with SHA-256 " + r.protected_reason->hex() + "\n";
  }
  out += r.closes_export ? "CLOSES THE EXPORT: the customer cannot take its data out (one more "
                           "approval)\n"
                         : "The customer can still take its data out.\n";
  out += "Evidence: " + std::to_string(r.evidence.size()) + " items\n";
}

// Every key of it, however many: what is not shown could not have been meant.
std::string roster_in_words(const std::vector<RosterMember>& roster) {
  std::string out = "The roster becomes these " + std::to_string(roster.size()) + " keys:\n";
  for (const RosterMember& m : roster) {
    out += "  " + m.key.id() + " " + printable(m.person) + ", " + std::string(to_string(m.role)) +
           (m.outside ? ", from outside the organisation" : "") + (m.on_call ? ", on call" : "") +
           (m.server_mediated ? ", SERVER-MEDIATED: the server shows what it signs" : "") + "\n";
  }
  return out;
}

std::string policy_in_words(const Policy& policy) {
  std::string out = "The policy becomes:\n";
  for (const auto& [kind, count] : policy.approvals) {
    out += "  " + kind + " takes " + std::to_string(count) + "\n";
  }
  for (const auto& [name, rule] : policy.protected_subjects) {
    out += "  against " + name + ": " + std::to_string(rule.more) + " more, " +
           std::to_string(rule.outside) + " from outside the organisation\n";
  }
  out += policy.server_mediated ? "  SERVER-MEDIATED keys are allowed\n"
                                : "  server-mediated keys are not allowed\n";
  return out;
}

std::string change_in_words(const Order& order) {
  if (order.kind == OrderKind::roster) {
    const auto roster = roster_from_json(*order.change);
    if (roster) return roster_in_words(*roster);
  }
  if (order.kind == OrderKind::policy) {
    const auto policy = policy_from_json(*order.change);
    if (policy) return policy_in_words(*policy);
  }
  return "Changes to: " + printable(canonical_json(*order.change), kChangeBytesShown) + "\n";
}

}  // namespace

std::string order_in_words(const Order& order, const Digest& digest) {
  std::string out = "Order " + digest.hex() + "\n";
  out += "Kind: " + std::string(to_string(order.kind)) + ", proposed " +
         format_time(order.proposed_at) + ", ledger " + printable(order.ledger) + "\n";
  if (order.restriction) restriction_in_words(out, *order.restriction);
  if (order.lifts) out += "Lifts the order: " + order.lifts->hex() + "\n";
  if (order.change) out += change_in_words(order);
  return out;
}

}  // namespace proviso::model
