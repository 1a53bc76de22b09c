// SPDX-License-Identifier: Apache-2.0
#include "decisions/envelope.h"

#include "base/encoding.h"

namespace proviso::decisions {
namespace {

constexpr std::size_t kReasonLineMax = 4000;

std::string joined(const std::vector<std::string>& items) {
  std::string out;
  for (const std::string& item : items) out += (out.empty() ? "" : ", ") + printable(item);
  return out.empty() ? "none" : out;
}

// The lists are too long for one page: counts, and where the rest can be read.
void rest_in_words(std::string& out, const model::NotAffectedRest& rest) {
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

void restriction_in_words(std::string& out, const model::Restriction& r) {
  if (r.emergency) {
    out +=
        "EMERGENCY: two people cut this off at once, without notice before; it ends by itself "
        "within 72 hours unless others ratify it\n";
  }
  if (r.ratifies) out += "Goes on with the emergency order " + r.ratifies->hex() + "\n";
  out += "Restricts:\n";
  for (const model::ScopeLine& line : r.scope) out += "  " + printable(to_string(line)) + "\n";
  for (const model::Stage& stage : r.stages) {
    out += "  " + to_string(stage.effect) + " from " + format_time(stage.from) + "\n";
  }
  if (r.until) out += "Ends by itself: " + format_time(*r.until) + "\n";
  if (r.review) out += "Has no end; reviewed at the latest: " + format_time(*r.review) + "\n";
  out += "Under the terms:";
  for (const model::TermRef& term : r.terms) {
    out += " " + printable(term.id.value) + " (version " + std::to_string(term.version) + ")";
  }
  out += "\nNot affected: services " + joined(r.services_not_affected) + "; agreements " +
         joined(r.agreements_not_affected) + "\n";
  if (r.not_affected_rest) rest_in_words(out, *r.not_affected_rest);
  out += "Asked for by: " + printable(r.origin.kind) +
         (r.origin.country.empty() ? "" : ", " + printable(r.origin.country)) + "\n";
  out += "Protected subject: " + joined(r.protected_classes) + "\n";
  out += r.closes_export ? "CLOSES THE EXPORT: the customer cannot take its data out (one more "
                           "approval)\n"
                         : "The customer can still take its data out.\n";
  out += "Evidence: " + std::to_string(r.evidence.size()) + " items\n";
}

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
  const model::Order& order = exported.order;
  std::string out = "Order " + exported.digest.hex() + "\n";
  out += "Kind: " + std::string(to_string(order.kind)) + ", proposed " +
         format_time(order.proposed_at) + ", ledger " + printable(order.ledger) + "\n";
  if (order.restriction) restriction_in_words(out, *order.restriction);
  if (order.lifts) out += "Lifts the order: " + order.lifts->hex() + "\n";
  if (order.change) out += "Changes to: " + printable(canonical_json(*order.change), 4000) + "\n";
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
