// SPDX-License-Identifier: Apache-2.0
#include "model/authority.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/encoding.h"

namespace proviso::model {
namespace {

constexpr std::size_t kRosterMax = 1'000;
constexpr std::int64_t kApprovalsMax = 100;
constexpr std::array<OrderKind, 8> kAllKinds = {
    OrderKind::restrict_use, OrderKind::lift,         OrderKind::roster,   OrderKind::policy,
    OrderKind::catalogue,    OrderKind::field_policy, OrderKind::rulebook, OrderKind::terms};

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
  if (!verify_signature(member->key, proposal_message(order.canonical), order.proposal->bytes)) {
    return fail(Errc::denied, "the proposer's signature does not fit the order (I2)");
  }
  return member;
}

}  // namespace

std::string_view to_string(Role role) { return role == Role::approver ? "approver" : "proposer"; }

const RosterMember* Authority::find(std::string_view key_id) const {
  for (const RosterMember& member : roster) {
    if (member.key.id() == key_id) return &member;
  }
  return nullptr;
}

Json roster_to_json(const std::vector<RosterMember>& roster) {
  Json::Array out;
  for (const RosterMember& member : roster) {
    out.emplace_back(Json::Object{{"key", hex_encode(member.key.view())},
                                  {"person", member.person},
                                  {"role", to_string(member.role)},
                                  {"outside", member.outside}});
  }
  return out;
}

Result<std::vector<RosterMember>> roster_from_json(const Json& value) {
  const Json::Array* items = value.if_array();
  if (items == nullptr) return fail(Errc::invalid_input, "roster: not a list");
  if (items->size() > kRosterMax) return fail(Errc::exhausted, "roster: more than 1000 members");
  std::vector<RosterMember> roster;
  for (const Json& item : *items) {
    JsonReader reader(item, "roster[" + std::to_string(roster.size()) + "]");
    RosterMember member;
    const auto bytes = hex_decode(reader.string("key"));
    const auto key = bytes ? PublicKey::from_bytes(*bytes) : Result<PublicKey>(PublicKey{});
    if (!bytes || !key) reader.fail_at("key", "not an Ed25519 public key in hexadecimal");
    member.person = reader.string("person");
    if (reader.ok() && !is_valid_id(member.person)) reader.fail_at("person", "not a valid id");
    const std::string role = reader.string("role");
    if (role != "approver" && role != "proposer") reader.fail_at("role", "approver or proposer");
    member.outside = reader.boolean("outside");
    TRY_VOID(reader.finish());
    member.key = *key;
    member.role = role == "approver" ? Role::approver : Role::proposer;
    for (const RosterMember& other : roster) {
      if (other.key == member.key) return fail(Errc::conflict, "roster: a key stands twice");
    }
    roster.push_back(std::move(member));
  }
  return roster;
}

Json policy_to_json(const Authority& authority) {
  Json::Object out;
  for (const auto& [kind, count] : authority.approvals) out.emplace(kind, count);
  return out;
}

Result<void> policy_from_json(const Json& value, Authority& authority) {
  JsonReader reader(value, "policy");
  for (const OrderKind kind : kAllKinds) {
    const std::int64_t count = reader.integer(to_string(kind));
    const std::int64_t least = kind == OrderKind::lift ? 1 : 2;
    if (count < least || count > kApprovalsMax) {
      reader.fail_at(to_string(kind), "must be 2 to 100, and 1 to 100 for a lift");
    }
    authority.approvals.insert_or_assign(std::string(to_string(kind)), count);
  }
  return reader.finish();
}

Result<void> check_enough_people(const Authority& authority) {
  std::set<std::string> people;
  for (const RosterMember& member : authority.roster) {
    if (member.role == Role::approver) people.insert(member.person);
  }
  for (const auto& [kind, count] : authority.approvals) {
    if (static_cast<std::int64_t>(people.size()) < count) {
      return fail(Errc::denied, "the roster has " + std::to_string(people.size()) +
                                    " approvers, but " + kind + " orders need " +
                                    std::to_string(count) +
                                    " (add approvers, or lower --approvals)");
    }
  }
  return {};
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
  Standing out;
  const auto needed = authority.approvals.find(to_string(order.order.kind));
  if (needed == authority.approvals.end())
    return fail(Errc::denied, "the policy names no such order");
  out.needed = needed->second;
  if (order.order.restriction) {
    const Restriction& r = *order.order.restriction;
    if (r.closes_export) ++out.needed;  // I6
    if (r.emergency) out.needed = kEmergencyApprovals;
    out.outside_needed = r.origin.by_authority() || !r.protected_classes.empty();  // I15
  }
  const std::string message = approval_message(order.canonical);
  std::set<std::string> people;
  for (const Signature& approval : order.approvals) {
    const RosterMember* member = authority.find(approval.key_id);
    if (member == nullptr || member->role != Role::approver) continue;
    if (proposer != nullptr && member->person == proposer->person) continue;
    if (!verify_signature(member->key, message, approval.bytes)) continue;
    people.insert(member->person);
    out.outside_present = out.outside_present || member->outside;
  }
  out.valid = static_cast<std::int64_t>(people.size());
  return out;
}

Result<void> check_approval(const SignedOrder& order, const Authority& authority,
                            const Signature& approval) {
  const RosterMember* proposer = TRY(proposer_of(order, authority));
  const RosterMember* member = authority.find(approval.key_id);
  if (member == nullptr) {
    return fail(Errc::denied, "the key is not on the roster: unknown or revoked (I2)");
  }
  if (member->role != Role::approver) {
    return fail(Errc::denied, "the key belongs to a proposer, not to an approver (I2)");
  }
  if (proposer != nullptr && member->person == proposer->person) {
    return fail(Errc::denied, "the proposer cannot approve their own order (I2)");
  }
  for (const Signature& earlier : order.approvals) {
    const RosterMember* other = authority.find(earlier.key_id);
    if (other != nullptr && other->person == member->person) {
      return fail(Errc::conflict, "this person has approved the order already (I2: two people)");
    }
  }
  if (!verify_signature(member->key, approval_message(order.canonical), approval.bytes)) {
    return fail(Errc::denied,
                "the signature does not fit the order: it was made over another text");
  }
  return {};
}

}  // namespace proviso::model
