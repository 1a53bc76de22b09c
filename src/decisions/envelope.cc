// SPDX-License-Identifier: Apache-2.0
#include "decisions/envelope.h"

#include "base/encoding.h"
#include "model/order_words.h"

namespace proviso::decisions {
namespace {

constexpr std::size_t kReasonLineMax = 4000;

// The member is there exactly where the order binds such a reason.
Result<void> check_protected_reason(const ExportedOrder& exported) {
  const auto& r = exported.order.restriction;
  const bool bound = r && r->protected_reason;
  if (bound ? sha256(exported.protected_reason) == *r->protected_reason
            : exported.protected_reason.empty()) {
    return {};
  }
  return fail(Errc::corrupt,
              "the protected_reason in the file is not the one that the order binds (I15)");
}

std::string lines_of(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    out += "  " + printable(text.substr(0, end), kReasonLineMax) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

}  // namespace

Result<std::string> export_text(const OrderRow& row) {
  const Json order = TRY(parse_json(row.signed_order.canonical));
  Json::Object out{
      {"version", 1}, {"digest", row.digest}, {"order", order}, {"reason", row.reason}};
  if (!row.protected_reason.empty()) out.emplace("protected_reason", row.protected_reason);
  return pretty_json(Json(std::move(out))) + "\n";
}

Result<ExportedOrder> parse_export(std::string_view text) {
  const Json document = TRY(parse_json(text));
  JsonReader reader(document, "export");
  ExportedOrder out;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  const std::string digest = reader.string("digest");
  const Json& order = reader.object("order");
  out.reason = reader.string("reason");
  out.protected_reason = reader.string_or("protected_reason", "");
  TRY_VOID(reader.finish());
  out.canonical = canonical_json(order);
  out.digest = sha256(out.canonical);
  out.order = TRY(model::order_from_json(order));
  if (out.digest.hex() != digest) {
    return fail(Errc::corrupt, "the order in the file is not the one that its digest names");
  }
  if (sha256(out.reason) != out.order.reason) {
    return fail(Errc::corrupt, "the reason in the file is not the one that the order binds");
  }
  TRY_VOID(check_protected_reason(out));
  return out;
}

Result<std::string> make_envelope(std::string_view canonical, const Signer& key) {
  const model::Signature signature{key.public_key().id(),
                                   TRY(key.try_sign(model::approval_message(canonical)))};
  return pretty_json(
             Json::Object{{"payloadType", model::kApprovalPayloadType},
                          {"payload", base64_encode(canonical)},
                          {"signatures", Json::Array{model::signature_to_json(signature)}}}) +
         "\n";
}

Result<model::Signature> open_envelope(std::string_view envelope, std::string_view canonical) {
  const Json document = TRY(parse_json(envelope));
  JsonReader reader(document, "signature");
  const std::string type = reader.string("payloadType");
  const auto payload = base64_decode(reader.string("payload"));
  const Json::Array& signatures = reader.array("signatures");
  TRY_VOID(reader.finish());
  if (type != model::kApprovalPayloadType) {
    return fail(Errc::denied, "signature: not an approval (make one with: proviso order sign)");
  }
  if (!payload || *payload != canonical) {
    return fail(Errc::denied, "signature: was made over another text than this order (I3)");
  }
  if (signatures.size() != 1) {
    return fail(Errc::invalid_input, "signature: an approval carries exactly one signature");
  }
  return model::signature_from_json(signatures.front(), "signatures[0]");
}

std::string order_in_words(const ExportedOrder& exported) {
  std::string out = model::order_in_words(exported.order, exported.digest);
  out += "Reason:\n" + lines_of(exported.reason);
  if (!exported.protected_reason.empty()) {
    out += "Reason against a protected subject:\n" + lines_of(exported.protected_reason);
  }
  return out;
}

}  // namespace proviso::decisions
