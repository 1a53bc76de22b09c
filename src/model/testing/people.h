// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <initializer_list>
#include <string>
#include <vector>

#include "model/authority.h"
#include "model/catalogue.h"
#include "model/genesis.h"

// A small world of people and documents for tests: one proposer, three approvers (two on call, the
// third from outside), one catalogue, and a restriction of one subscription's object storage.
namespace proviso::model::testing {

inline Time at(const char* text) { return *parse_time(text); }
inline const char* const kLedger = "ledger.example/proviso";

/// The same key for the same name, always.
inline SigningKey key_of(const std::string& name) {
  return *SigningKey::from_seed(sha256("test key of " + name).view());
}

inline RosterMember member(const std::string& name, Role role, bool outside = false) {
  return {.key = key_of(name).public_key(),
          .person = "person-" + name,
          .role = role,
          .outside = outside,
          .on_call = false,
          .server_mediated = false};
}

inline RosterMember on_call(RosterMember member) {
  member.on_call = true;
  return member;
}
inline RosterMember server_mediated(RosterMember member) {
  member.server_mediated = true;
  return member;
}

inline std::vector<RosterMember> sample_roster() {
  return {member("petra", Role::proposer), on_call(member("ada", Role::approver)),
          on_call(member("ben", Role::approver)), member("cleo", Role::approver, true)};
}

inline Policy sample_policy() {
  Policy policy;
  policy.approvals = {{"restrict", 2},  {"lift", 1},         {"roster", 2},   {"policy", 2},
                      {"catalogue", 2}, {"field-policy", 2}, {"rulebook", 2}, {"terms", 2}};
  return policy;
}

inline Json sample_catalogue_json() {
  const Json storage = Json::Object{
      {"service", "object-storage"},
      {"operations",
       Json::Object{{"GetObject", "read"}, {"PutObject", "write"}, {"ExportBucket", "export"}}}};
  const Json speech =
      Json::Object{{"service", "speech"}, {"operations", Json::Object{{"Recognize", "compute"}}}};
  return Json::Object{{"version", 1}, {"services", Json::Array{storage, speech}}};
}
inline Catalogue sample_catalogue() { return *Catalogue::parse(sample_catalogue_json()); }

inline Genesis sample_genesis() {
  Genesis g;
  g.ledger = kLedger;
  g.ledger_key = "set by whoever has a ledger";
  g.nonce = "000102030405060708090a0b0c0d0e0f";
  g.sealed_at = at("2026-11-01T00:00:00Z");
  g.authority = {sample_roster(), sample_policy()};
  g.documents = {.catalogue = sample_catalogue().digest(),
                 .field_policy = sha256("field policy"),
                 .rulebook = sha256("rulebook"),
                 .terms = sha256("terms")};
  return g;
}

/// The same against a protected subject, with the reason that it takes (I15).
inline Order against(Order order, const std::string& protected_class) {
  order.restriction->protected_classes = {protected_class};
  order.restriction->protected_reason = sha256("why all the same");
  return order;
}

/// read-only from 10 November, export-only from the 20th, until the end of January; own review.
inline Order sample_restriction() {
  Restriction r;
  r.case_id = CaseId("01900000-0000-7000-8000-000000000001");
  r.scope = {{SubscriptionId("sub-1"), ServiceId("object-storage"), {}, {}, {}}};
  r.stages = {{at("2026-11-10T00:00:00Z"), {EffectKind::read_only, 0}},
              {at("2026-11-20T00:00:00Z"), {EffectKind::export_only, 0}}};
  r.until = at("2027-01-31T00:00:00Z");
  r.terms = {{TermId("mass-surveillance"), 3}};
  r.evidence = {sha256("evidence").hex()};
  r.agreements_not_affected = {"agreement-2"};
  r.services_not_affected = {"sub-1/speech"};
  r.catalogue = sample_catalogue().digest();
  r.terms_document = sha256("terms");
  Order order;
  order.kind = OrderKind::restrict_use;
  order.ledger = kLedger;
  order.nonce = "101112131415161718191a1b1c1d1e1f";
  order.proposed_at = at("2026-11-05T09:00:00Z");
  order.reason = sha256("reason");
  order.restriction = std::move(r);
  return order;
}

inline Order sample_lift(const Digest& lifted) {
  Order order;
  order.kind = OrderKind::lift;
  order.ledger = kLedger;
  order.nonce = "202122232425262728292a2b2c2d2e2f";
  order.proposed_at = at("2026-11-15T09:00:00Z");
  order.reason = sha256("reason of the lift");
  order.lifts = lifted;
  return order;
}

/// A roster, policy or document order.
inline Order sample_change(OrderKind kind, Json change, char nonce = '3') {
  Order order;
  order.kind = kind;
  order.ledger = kLedger;
  order.nonce = std::string(32, nonce);
  order.proposed_at = at("2026-11-12T09:00:00Z");
  order.reason = sha256("reason of the change");
  order.change = std::move(change);
  return order;
}

inline Signature propose(const std::string& name, const std::string& canonical) {
  const SigningKey key = key_of(name);
  return {key.public_key().id(), key.sign(proposal_message(canonical))};
}
inline Signature approve(const std::string& name, const std::string& canonical) {
  const SigningKey key = key_of(name);
  return {key.public_key().id(), key.sign(approval_message(canonical))};
}

/// Proposed by petra (a lift: by nobody), approved by `approvers`.
inline SignedOrder sign_order(const Order& order, const std::vector<std::string>& approvers) {
  SignedOrder out;
  out.order = order;
  out.canonical = canonical_order(order);
  if (order.kind != OrderKind::lift) out.proposal = propose("petra", out.canonical);
  for (const std::string& name : approvers) out.approvals.push_back(approve(name, out.canonical));
  return out;
}

}  // namespace proviso::model::testing
