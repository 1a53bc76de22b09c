// SPDX-License-Identifier: Apache-2.0
#include "model/gate_snapshot.h"

namespace proviso::model {
namespace {

// The canonical JSON in front of the digest line.
Result<std::string_view> checked_body(std::string_view text) {
  constexpr std::size_t kTrailer = 1 + 64 + 1;
  if (text.size() > kSnapshotBytesMax) return fail(Errc::exhausted, "snapshot: over 480 MiB");
  if (text.size() < kTrailer || text.back() != '\n') {
    return fail(Errc::corrupt, "snapshot: cut short (fetch it again)");
  }
  const std::string_view body = text.substr(0, text.size() - kTrailer);
  const std::string_view trailer = text.substr(body.size());
  if (trailer.front() != '\n' || trailer.substr(1, 64) != sha256(body).hex()) {
    return fail(Errc::corrupt, "snapshot: damaged, its digest does not fit (fetch it again)");
  }
  return body;
}

}  // namespace

std::string write_snapshot(const GateSnapshot& snapshot) {
  Json::Array governance;
  for (const ProvenOrder& order : snapshot.governance)
    governance.push_back(proven_order_to_json(order));
  Json::Array restrictions;
  for (const ProvenOrder& order : snapshot.restrictions) {
    restrictions.push_back(proven_order_to_json(order));
  }
  std::string body =
      canonical_json(Json::Object{{"version", 1},
                                  {"ledger", snapshot.ledger},
                                  {"made_at", format_time(snapshot.made_at)},
                                  {"checkpoint", snapshot.checkpoint},
                                  {"genesis", proven_entry_to_json(snapshot.genesis)},
                                  {"governance", std::move(governance)},
                                  {"catalogues", snapshot.catalogues},
                                  {"restrictions", std::move(restrictions)}});
  const std::string digest = sha256(body).hex();
  return body + "\n" + digest + "\n";
}

Result<GateSnapshot> parse_snapshot(std::string_view text) {
  const std::string_view body = TRY(checked_body(text));
  const Json document = TRY(parse_json(body, {.bytes_max = kSnapshotBytesMax}));
  JsonReader reader(document, "snapshot");
  GateSnapshot snapshot;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  snapshot.ledger = reader.string("ledger");
  const auto made_at = parse_time(reader.string("made_at"));
  if (!made_at) reader.fail_at("made_at", "not an RFC 3339 time");
  snapshot.checkpoint = reader.string("checkpoint");
  const Json& genesis = reader.object("genesis");
  snapshot.catalogues = reader.array("catalogues");
  const Json::Array& governance = reader.array("governance");
  const Json::Array& restrictions = reader.array("restrictions");
  TRY_VOID(reader.finish());
  snapshot.made_at = *made_at;
  snapshot.genesis = TRY(proven_entry_from_json(genesis, "genesis"));
  snapshot.governance = TRY(proven_orders_from_json(governance, "governance"));
  snapshot.restrictions = TRY(proven_orders_from_json(restrictions, "restrictions"));
  return snapshot;
}

}  // namespace proviso::model
