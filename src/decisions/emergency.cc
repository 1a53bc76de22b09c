// SPDX-License-Identifier: Apache-2.0
#include "decisions/emergency.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"
#include "decisions/order_store.h"

namespace proviso::decisions {
namespace {

constexpr Duration kQuiet = std::chrono::days{30};

bool names(const model::Restriction& r, const model::ScopeLine& line) {
  return std::ranges::any_of(r.scope, [&](const model::ScopeLine& other) {
    return other.subscription == line.subscription && other.service == line.service;
  });
}

std::string person_of(const model::Authority& authority, const model::Signature& signature) {
  const model::RosterMember* member = authority.find(signature.key_id);
  return member != nullptr ? member->person : "";
}

}  // namespace

Result<void> check_no_repeat(cases::Database& database, const model::Restriction& next, Time now) {
  if (!next.emergency) return {};
  for (const PastOrder& past : TRY(past_orders_naming(database, next.scope))) {
    const model::Restriction& earlier = *past.order.restriction;
    if (!earlier.emergency || past.in_force_at <= floor_second(now - kQuiet)) continue;
    for (const model::ScopeLine& line : next.scope) {
      if (!names(earlier, line)) continue;
      return fail(Errc::denied, "emergency: " + printable(to_string(line)) +
                                    " had one within the last 30 days (propose an order without "
                                    "--emergency)");
    }
  }
  return {};
}

Result<void> check_ratifies(const model::Restriction& next, const OrderRow& emergency) {
  const auto& earlier = emergency.signed_order.order.restriction;
  if (!earlier || !earlier->emergency) {
    return fail(Errc::invalid_input, "ratifies: that order is no emergency");
  }
  if (emergency.state != "in_force") {
    return fail(Errc::conflict, "ratifies: the emergency is " + emergency.state);
  }
  if (earlier->case_id != next.case_id) {
    return fail(Errc::denied, "ratifies: the emergency is about another case");
  }
  for (const model::ScopeLine& line : next.scope) {
    if (names(*earlier, line)) continue;
    return fail(Errc::denied,
                "ratifies: the emergency does not name " + printable(to_string(line)) + " (I3)");
  }
  return {};
}

Result<void> check_others_sign(const OrderRow& emergency, const model::Governance& governance,
                               const model::Signature& approval) {
  const Time then = TRY(parse_time(emergency.in_force_at));
  const std::string person = person_of(governance.authority(), approval);
  const auto is_theirs = [&](const model::Signature& s) {
    return person_of(governance.authority_at(then), s) == person;
  };
  const model::SignedOrder& order = emergency.signed_order;
  if (std::ranges::none_of(order.approvals, is_theirs) &&
      !(order.proposal && is_theirs(*order.proposal))) {
    return {};
  }
  return fail(Errc::denied,
              "an emergency is ratified by others than those who signed it (another approver has "
              "to sign)");
}

Result<void> check_on_call(const model::SignedOrder& order, const model::Authority& authority) {
  const auto& r = order.order.restriction;
  if (!r || !r->emergency || !order.proposal) return {};
  const std::string proposer = person_of(authority, *order.proposal);
  std::set<std::string> people;
  for (const model::RosterMember& member : authority.roster) {
    if (member.on_call && member.person != proposer) people.insert(member.person);
  }
  if (static_cast<std::int64_t>(people.size()) >= model::kEmergencyApprovals) return {};
  return fail(Errc::denied,
              "emergency: takes " + std::to_string(model::kEmergencyApprovals) +
                  " approvers on call besides the proposer, and the roster has " +
                  std::to_string(people.size()) +
                  " (a roster order with on_call puts them on call; or propose it without "
                  "--emergency)");
}

Result<void> check_not_expired(const model::Order& order, Time now) {
  if (order.kind == model::OrderKind::lift) return {};
  if (now - order.proposed_at <= model::kDecisionMax) return {};
  return fail(Errc::conflict,
              "the order was proposed more than 30 days ago: its approvals have expired (propose "
              "it again)");
}

}  // namespace proviso::decisions
