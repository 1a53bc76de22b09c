// SPDX-License-Identifier: Apache-2.0
#include "model/order_bundle.h"

#include "base/encoding.h"

namespace proviso::model {
namespace {

// A DSSE envelope with one signature for each approver.
Json envelope_of(const SignedOrder& order) {
  Json::Array signatures;
  for (const Signature& s : order.approvals) signatures.push_back(signature_to_json(s));
  return Json::Object{{"payloadType", kApprovalPayloadType},
                      {"payload", base64_encode(order.canonical)},
                      {"signatures", std::move(signatures)}};
}

Result<SignedOrder> order_of(const Json& envelope) {
  JsonReader reader(envelope, "approvals");
  if (reader.string("payloadType") != kApprovalPayloadType) {
    reader.fail_at("payloadType", "not that of an approval");
  }
  const auto payload = base64_decode(reader.string("payload"));
  if (!payload) reader.fail_at("payload", "not base64");
  const Json::Array& signatures = reader.array("signatures");
  TRY_VOID(reader.finish());
  SignedOrder out;
  out.canonical = *payload;
  auto order = parse_order(out.canonical);
  if (!order) return fail_in("approvals.payload", order.error());
  out.order = std::move(*order);
  out.approvals = TRY(signatures_from_json(signatures, "approvals.signatures"));
  return out;
}

Json bundle_to_json(const OrderBundle& bundle) {
  Json::Array governance;
  for (const ProvenOrder& order : bundle.governance) {
    governance.push_back(proven_order_to_json(order));
  }
  const auto& proposal = bundle.order.proposal;
  return Json::Object{{"version", 1},
                      {"approvals", envelope_of(bundle.order)},
                      {"proposal", proposal ? signature_to_json(*proposal) : Json()},
                      {"entry", bundle.entry},
                      {"proof", bundle.proof},
                      {"genesis", proven_entry_to_json(bundle.genesis)},
                      {"governance", std::move(governance)},
                      {"catalogue", bundle.catalogue}};
}

Result<OrderBundle> bundle_from_json(const Json& document) {
  JsonReader reader(document, "bundle");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  OrderBundle out;
  const Json& approvals = reader.object("approvals");
  const Json* proposal = reader.optional("proposal");
  if (proposal == nullptr) reader.fail_at("proposal", "missing");
  out.entry = reader.string("entry");
  out.proof = reader.string("proof");
  const Json& genesis = reader.object("genesis");
  const Json::Array& governance = reader.array("governance");
  const Json* catalogue = reader.optional("catalogue");
  if (catalogue == nullptr) reader.fail_at("catalogue", "missing");
  TRY_VOID(reader.finish());
  out.order = TRY(order_of(approvals));
  if (!proposal->is_null()) out.order.proposal = TRY(signature_from_json(*proposal, "proposal"));
  out.genesis = TRY(proven_entry_from_json(genesis, "genesis"));
  out.governance = TRY(proven_orders_from_json(governance, "governance"));
  out.catalogue = *catalogue;
  if (out.catalogue.is_null() != (out.order.order.kind != OrderKind::restrict_use)) {
    return fail(Errc::invalid_input, "catalogue: stands with a restriction and no other order");
  }
  return out;
}

}  // namespace

Result<std::string> write_order_bundle(const OrderBundle& bundle) {
  std::string text = canonical_json(bundle_to_json(bundle)) + "\n";
  if (text.size() > kBundleBytesMax) return fail(Errc::exhausted, "order bundle: over 64 MiB");
  return text;
}

Result<OrderBundle> parse_order_bundle(std::string_view text) {
  if (text.size() > kBundleBytesMax) return fail(Errc::exhausted, "bundle: over 64 MiB");
  if (!text.ends_with('\n')) {
    return fail(Errc::invalid_input, "bundle: cut short (fetch it again)");
  }
  text.remove_suffix(1);
  const Json document = TRY(parse_json(text, {.bytes_max = kBundleBytesMax}));
  OrderBundle bundle = TRY(bundle_from_json(document));
  // One text per bundle: what two verifiers might read differently is none.
  if (canonical_json(document) != text) {
    return fail(Errc::invalid_input, "bundle: not canonical JSON (RFC 8785)");
  }
  return bundle;
}

}  // namespace proviso::model
