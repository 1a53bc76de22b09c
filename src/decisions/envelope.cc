// SPDX-License-Identifier: Apache-2.0
#include "decisions/envelope.h"

#include "base/encoding.h"
#include "model/order_words.h"

namespace proviso::decisions {
namespace {

constexpr std::size_t kReasonLineMax = 4000;

}  // namespace

Result<ExportedOrder> parse_export(std::string_view text) {
  const Json document = TRY(parse_json(text));
  JsonReader reader(document, "export");
  ExportedOrder out;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  const std::string digest = reader.string("digest");
  const Json& order = reader.object("order");
  out.reason = reader.string("reason");
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
  out += "Reason:\n";
  std::string_view reason = exported.reason;
  while (!reason.empty()) {
    const std::size_t end = std::min(reason.find('\n'), reason.size());
    out += "  " + printable(reason.substr(0, end), kReasonLineMax) + "\n";
    reason.remove_prefix(std::min(end + 1, reason.size()));
  }
  return out;
}

}  // namespace proviso::decisions
