// SPDX-License-Identifier: Apache-2.0
#include "model/gate_snapshot.h"

#include "model/digest_line.h"

namespace proviso::model {
std::string write_snapshot(const GateSnapshot& snapshot) {
  Json::Array governance;
  for (const ProvenOrder& order : snapshot.governance)
    governance.push_back(proven_order_to_json(order));
  Json::Array restrictions;
  for (const ProvenOrder& order : snapshot.restrictions) {
    restrictions.push_back(proven_order_to_json(order));
  }
  return with_digest_line(
      canonical_json(Json::Object{{"version", 1},
                                  {"ledger", snapshot.ledger},
                                  {"made_at", format_time(snapshot.made_at)},
                                  {"checkpoint", snapshot.checkpoint},
                                  {"genesis", proven_entry_to_json(snapshot.genesis)},
                                  {"governance", std::move(governance)},
                                  {"catalogues", snapshot.catalogues},
                                  {"restrictions", std::move(restrictions)}}));
}

Result<GateSnapshot> parse_snapshot(std::string_view text) {
  const std::string_view body = TRY(without_digest_line(text, "snapshot", kSnapshotBytesMax));
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
