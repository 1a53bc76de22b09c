// SPDX-License-Identifier: Apache-2.0
#include "model/in_force.h"

#include <algorithm>

#include "model/index_tag.h"
#include "model/sealed.h"

namespace proviso::model {

namespace {

bool is_emergency(const Order& order) { return order.restriction && order.restriction->emergency; }

Result<OrderSeals> parse_seals(const Json& value) {
  JsonReader reader(value, "public.seals");
  OrderSeals out{.count = reader.integer("count"), .open_by = {}};
  if (out.count < 1) reader.fail_at("count", "must be 1 or more");
  const std::string text = reader.string("open_by");
  const auto time = parse_time(text);
  if (!time || format_time(*time) != text) {
    reader.fail_at("open_by", "not a time as 2026-11-23T12:00:00Z");
  }
  TRY_VOID(reader.finish());
  out.open_by = *time;
  return out;
}

// The first effect is the first stage's, but never before the order is in force.
bool promises_in_time(const Entry& entry, const SignedOrder& order, const OrderSeals& seals) {
  const Time first = std::max(entry.time, order.order.restriction->stages.front().from);
  return seals.open_by <= first + kOpenWithin;
}

}  // namespace

Json in_force_public(const SignedOrder& order, const std::optional<OrderSeals>& seals) {
  Json::Array approvals;
  for (const Signature& s : order.approvals) approvals.push_back(signature_to_json(s));
  const bool shown = order.order.kind != OrderKind::restrict_use;
  Json::Object out{{"order", sha256(order.canonical).hex()},
                   {"kind", to_string(order.order.kind)},
                   {"proposal", order.proposal ? signature_to_json(*order.proposal) : Json()},
                   {"approvals", std::move(approvals)},
                   {"document", shown ? order_to_json(order.order) : Json()}};
  if (is_emergency(order.order)) out.emplace("emergency", true);
  if (seals) {
    out.emplace("seals",
                Json::Object{{"count", seals->count}, {"open_by", format_time(seals->open_by)}});
  }
  return out;
}

Result<InForce> parse_in_force(const Json& public_part) {
  JsonReader reader(public_part, "public");
  InForce out;
  const auto digest = Digest::from_hex(reader.string("order"));
  if (!digest) reader.fail_at("order", "not a SHA-256");
  const auto kind = parse_order_kind(reader.string("kind"));
  if (!kind) reader.fail_at("kind", "no such kind of order");
  const Json* proposal = reader.optional("proposal");
  const Json* document = reader.optional("document");
  const Json::Array& approvals = reader.array("approvals");
  const Json* emergency = reader.optional("emergency");
  if (emergency != nullptr && (emergency->if_bool() == nullptr || !*emergency->if_bool() ||
                               kind != OrderKind::restrict_use)) {
    reader.fail_at("emergency", "must be true and of a restriction, or not be there");
  }
  const Json* seals = reader.optional("seals");
  if (seals != nullptr && kind != OrderKind::restrict_use) {
    reader.fail_at("seals", "only a restriction has some");
  }
  reader.optional(kAbout);
  TRY_VOID(reader.finish());
  out.about = TRY(tag_of(public_part));
  if (out.about && kind && !is_about_customer(to_string(*kind))) {
    return fail(Errc::invalid_input, "public.about: the order is about no customer");
  }
  if (seals != nullptr) out.seals = TRY(parse_seals(*seals));
  out.emergency = emergency != nullptr;
  out.order = *digest;
  out.kind = *kind;
  if (proposal != nullptr && !proposal->is_null()) {
    out.signed_order.proposal = TRY(signature_from_json(*proposal, "public.proposal"));
  }
  out.signed_order.approvals = TRY(signatures_from_json(approvals, "public.approvals"));
  out.has_document = document != nullptr && !document->is_null();
  if (!out.has_document) {
    if (out.kind == OrderKind::restrict_use) return out;
    return fail(Errc::invalid_input, "public.document: missing");
  }
  out.signed_order.canonical = canonical_json(*document);
  out.signed_order.order = TRY(order_from_json(*document));
  if (sha256(out.signed_order.canonical) != out.order || out.signed_order.order.kind != out.kind) {
    return fail(Errc::corrupt, "public.document: is not the order that the entry names (I3)");
  }
  return out;
}

Result<InForce> in_force_of(const Entry& entry, const SignedOrder& order) {
  if (entry.kind != entry_kind::order_in_force) {
    return fail(Errc::denied, "the ledger entry does not put an order in force (I2)");
  }
  InForce in_force = TRY(parse_in_force(entry.public_part));
  if (in_force.order != sha256(order.canonical) || in_force.kind != order.order.kind) {
    return fail(Errc::denied, "the ledger entry puts another order in force (I3)");
  }
  if (in_force.emergency != is_emergency(order.order)) {
    return fail(Errc::denied, "the ledger entry does not say truly whether it is an emergency");
  }
  if (in_force.seals && !promises_in_time(entry, order, *in_force.seals)) {
    return fail(Errc::denied,
                "the ledger entry keeps sealed for more than 90 days what led to the order");
  }
  return in_force;
}

}  // namespace proviso::model
