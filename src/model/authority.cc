// SPDX-License-Identifier: Apache-2.0
#include "model/authority.h"

#include <algorithm>
#include <set>

#include "base/encoding.h"

namespace proviso::model {
namespace {

// DSSE v1 pre-authentication encoding: "DSSEv1" SP LEN(type) SP type SP LEN(body) SP body.
std::string pae(std::string_view type, std::string_view body) {
  std::string out = "DSSEv1 " + std::to_string(type.size()) + " ";
  out.append(type).append(" ").append(std::to_string(body.size())).append(" ").append(body);
  return out;
}

Result<const RosterMember*> proposer_of(const SignedOrder& order, const Authority& authority) {
  if (order.order.kind == OrderKind::lift) return nullptr;
  if (!order.proposal) return fail(Errc::denied, "the order carries no proposer's signature (I2)");
  const RosterMember* member = authority.find(order.proposal->key_id);
  if (member == nullptr) return fail(Errc::denied, "the proposer's key is not on the roster (I2)");
  if (!may_propose(member->role)) {
    return fail(Errc::denied, "the proposer's key belongs to " + with_article(member->role) +
                                  ": only proposers and approvers propose (I2)");
  }
  if (!verify_signature(member->key, proposal_message(order.canonical), order.proposal->bytes)) {
    return fail(Errc::denied, "the proposer's signature does not fit the order (I2)");
  }
  return member;
}

// What the order takes, before anybody signed.
Result<Standing> needed_for(const Order& order, const Policy& policy) {
  const auto count = policy.approvals.find(to_string(order.kind));
  if (count == policy.approvals.end()) return fail(Errc::denied, "the policy names no such order");
  Standing out;
  out.needed = count->second;
  if (!order.restriction) return out;
  const Restriction& r = *order.restriction;
  if (r.emergency) out.needed = kEmergencyApprovals;
  if (r.closes_export) ++out.needed;                                // I6
  const ProtectedRule rule = policy.rule_for(r.protected_classes);  // I15
  out.protected_more = rule.more;
  out.outside_needed = std::max<std::int64_t>(rule.outside, r.origin.by_authority() ? 1 : 0);
  out.needed = std::max(out.needed + rule.more, out.outside_needed);
  return out;
}

bool is_emergency(const Order& order) { return order.restriction && order.restriction->emergency; }

// Whether this member's approval of the order would count, its signature aside.
bool may_count(const RosterMember* member, const RosterMember* proposer, const Order& order) {
  if (member == nullptr || member->role != Role::approver) return false;
  if (proposer != nullptr && member->person == proposer->person) return false;
  return member->on_call || !is_emergency(order);
}

std::string missing_approvals(const Standing& s, const Order& order) {
  std::string why = "I2";
  if (is_emergency(order)) why = "I2: an emergency takes approvers on call";
  if (order.restriction && order.restriction->closes_export && s.valid + 1 == s.needed) {
    why = "I6: closing the export takes one more";
  }
  if (s.protected_more > 0 && s.valid + s.protected_more >= s.needed) {
    why = "I15: a protected subject takes " + std::to_string(s.protected_more) + " more";
  }
  return "the order has " + std::to_string(s.valid) + " of " + std::to_string(s.needed) +
         " valid approvals (" + why + ")";
}

std::string missing_outside(const Standing& s) {
  if (s.outside_needed == 1) {
    return "the order needs an approver from outside the organisation (I15)";
  }
  return "the order has " + std::to_string(s.outside_valid) + " of " +
         std::to_string(s.outside_needed) + " approvers from outside the organisation (I15)";
}

}  // namespace

const RosterMember* Authority::find(std::string_view key_id) const {
  for (const RosterMember& member : roster) {
    if (member.key.id() == key_id) return &member;
  }
  return nullptr;
}

Result<void> check_authority(const Authority& authority) {
  std::set<std::string> people;
  bool own_key = false;
  for (const RosterMember& member : authority.roster) {
    if (member.server_mediated && !authority.policy.server_mediated) {
      return fail(Errc::denied,
                  "the roster has a server-mediated key, and the policy allows none "
                  "(\"server_mediated\": true in a policy order allows them)");
    }
    if (member.role != Role::approver) continue;
    people.insert(member.person);
    own_key = own_key || !member.server_mediated;
  }
  for (const auto& [kind, count] : authority.policy.approvals) {
    if (static_cast<std::int64_t>(people.size()) < count) {
      return fail(Errc::denied, "the roster has " + std::to_string(people.size()) +
                                    " approvers, but " + kind + " orders need " +
                                    std::to_string(count) +
                                    " (add approvers, or lower --approvals)");
    }
  }
  if (own_key) return {};
  return fail(Errc::denied,
              "every approver's key is server-mediated, and such keys alone decide nothing (I2: "
              "add an approver with a key of their own)");
}

Json signature_to_json(const Signature& signature) {
  return Json::Object{{"keyid", signature.key_id}, {"sig", base64_encode(signature.bytes)}};
}

Result<Signature> signature_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  Signature out;
  out.key_id = reader.string("keyid");
  const auto bytes = base64_decode(reader.string("sig"));
  if (!bytes || bytes->size() != 64) reader.fail_at("sig", "not 64 bytes in base64");
  if (!Digest::from_hex(out.key_id)) reader.fail_at("keyid", "not 64 hexadecimal digits");
  TRY_VOID(reader.finish());
  out.bytes = *bytes;
  return out;
}

Result<std::vector<Signature>> signatures_from_json(const Json::Array& items,
                                                    const std::string& where) {
  if (items.size() > kSignaturesMax) {
    return fail(Errc::exhausted, where + ": more than 1000 signatures");
  }
  std::vector<Signature> out;
  for (const Json& item : items) {
    Signature s = TRY(signature_from_json(item, where + "[" + std::to_string(out.size()) + "]"));
    out.push_back(std::move(s));
  }
  return out;
}

std::string proposal_message(std::string_view canonical) {
  return pae(kProposalPayloadType, canonical);
}

std::string approval_message(std::string_view canonical) {
  return pae(kApprovalPayloadType, canonical);
}

Result<Standing> standing(const SignedOrder& order, const Authority& authority) {
  const RosterMember* proposer = TRY(proposer_of(order, authority));
  Standing out = TRY(needed_for(order.order, authority.policy));
  const std::string message = approval_message(order.canonical);
  std::set<std::string_view> people;
  std::set<std::string_view> from_outside;
  std::set<std::string_view> by_own_key;
  for (const Signature& approval : order.approvals) {
    const RosterMember* member = authority.find(approval.key_id);
    if (!may_count(member, proposer, order.order)) continue;
    if (!verify_signature(member->key, message, approval.bytes)) continue;
    people.insert(member->person);
    if (member->outside) from_outside.insert(member->person);
    if (!member->server_mediated) by_own_key.insert(member->person);
  }
  out.valid = static_cast<std::int64_t>(people.size());
  out.outside_valid = static_cast<std::int64_t>(from_outside.size());
  out.own_keys = static_cast<std::int64_t>(by_own_key.size());
  return out;
}

Result<Standing> check_enough(const SignedOrder& order, const Authority& authority) {
  const Standing s = TRY(standing(order, authority));
  if (s.valid < s.needed) return fail(Errc::denied, missing_approvals(s, order.order));
  if (s.outside_valid < s.outside_needed) return fail(Errc::denied, missing_outside(s));
  if (s.own_keys >= 1) return s;
  return fail(Errc::denied,
              "all approvals are by server-mediated keys: one by a key of the approver's own is "
              "missing (I2: proviso order sign)");
}

Result<void> check_approval(const SignedOrder& order, const Authority& authority,
                            const Signature& approval) {
  const RosterMember* proposer = TRY(proposer_of(order, authority));
  const RosterMember* member = authority.find(approval.key_id);
  if (member == nullptr) {
    return fail(Errc::denied, "the key is not on the roster: unknown or revoked (I2)");
  }
  if (member->role != Role::approver) {
    return fail(Errc::denied,
                "the key belongs to " + with_article(member->role) + ", not to an approver (I2)");
  }
  if (proposer != nullptr && member->person == proposer->person) {
    return fail(Errc::denied, "the proposer cannot approve their own order (I2)");
  }
  if (is_emergency(order.order) && !member->on_call) {
    return fail(Errc::denied,
                "the approver is not on call: an emergency takes those who are (see: proviso "
                "roster list)");
  }
  for (const Signature& earlier : order.approvals) {
    const RosterMember* other = authority.find(earlier.key_id);
    // What counts for nothing, since the roster has changed, is in nobody's way.
    if (!may_count(other, proposer, order.order) || other->person != member->person) continue;
    if (other->server_mediated && !member->server_mediated) continue;
    return fail(Errc::conflict, "this person has approved the order already (I2: two people)");
  }
  if (!verify_signature(member->key, approval_message(order.canonical), approval.bytes)) {
    return fail(Errc::denied,
                "the signature does not fit the order: it was made over another text");
  }
  return {};
}

}  // namespace proviso::model
