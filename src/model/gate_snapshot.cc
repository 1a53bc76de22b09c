// SPDX-License-Identifier: Apache-2.0
#include "model/gate_snapshot.h"

#include "base/encoding.h"

namespace proviso::model {
namespace {

constexpr std::size_t kSnapshotBytesMax = 256U << 20U;
constexpr std::size_t kPathMax = 64;

Json entry_to_json(const ProvenEntry& entry) {
  Json::Array path;
  for (const Digest& hash : entry.path) path.emplace_back(base64_encode(hash.view()));
  return Json::Object{{"bytes", entry.bytes}, {"index", entry.index}, {"path", std::move(path)}};
}

Result<ProvenEntry> entry_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  ProvenEntry entry;
  entry.bytes = reader.string("bytes");
  const std::int64_t index = reader.integer("index");
  if (index < 0) reader.fail_at("index", "must not be negative");
  entry.index = static_cast<std::uint64_t>(index);
  for (const std::string& text : reader.strings("path")) {
    const auto bytes = base64_decode(text);
    const auto hash = bytes ? Digest::from_bytes(*bytes) : Result<Digest>(Digest{});
    if (!bytes || !hash || entry.path.size() >= kPathMax) {
      reader.fail_at("path", "not a list of at most 64 hashes");
      break;
    }
    entry.path.push_back(*hash);
  }
  TRY_VOID(reader.finish());
  return entry;
}

Json proven_to_json(const ProvenOrder& proven) {
  Json::Array approvals;
  for (const Signature& s : proven.order.approvals) approvals.push_back(signature_to_json(s));
  return Json::Object{
      {"order", proven.order.canonical},
      {"proposal", proven.order.proposal ? signature_to_json(*proven.order.proposal) : Json()},
      {"approvals", std::move(approvals)},
      {"entry", entry_to_json(proven.entry)}};
}

Result<ProvenOrder> proven_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  ProvenOrder proven;
  proven.order.canonical = reader.string("order");
  const Json* proposal = reader.optional("proposal");
  const Json::Array& approvals = reader.array("approvals");
  const Json& entry = reader.object("entry");
  TRY_VOID(reader.finish());
  auto order = parse_order(proven.order.canonical);
  if (!order) return fail_in(where + ".order", order.error());
  proven.order.order = std::move(*order);
  if (proposal != nullptr && !proposal->is_null()) {
    proven.order.proposal = TRY(signature_from_json(*proposal, where + ".proposal"));
  }
  proven.order.approvals = TRY(signatures_from_json(approvals, where + ".approvals"));
  proven.entry = TRY(entry_from_json(entry, where + ".entry"));
  return proven;
}

Result<std::vector<ProvenOrder>> orders_from_json(const Json::Array& items, std::string_view name) {
  std::vector<ProvenOrder> orders;
  for (const Json& item : items) {
    const std::string where = std::string(name) + "[" + std::to_string(orders.size()) + "]";
    ProvenOrder order = TRY(proven_from_json(item, where));
    orders.push_back(std::move(order));
  }
  return orders;
}

// The canonical JSON in front of the digest line.
Result<std::string_view> checked_body(std::string_view text) {
  constexpr std::size_t kTrailer = 1 + 64 + 1;
  if (text.size() > kSnapshotBytesMax) return fail(Errc::exhausted, "snapshot: over 256 MiB");
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
  for (const ProvenOrder& order : snapshot.governance) governance.push_back(proven_to_json(order));
  Json::Array restrictions;
  for (const ProvenOrder& order : snapshot.restrictions) {
    restrictions.push_back(proven_to_json(order));
  }
  std::string body = canonical_json(Json::Object{{"version", 1},
                                                 {"ledger", snapshot.ledger},
                                                 {"made_at", format_time(snapshot.made_at)},
                                                 {"checkpoint", snapshot.checkpoint},
                                                 {"genesis", entry_to_json(snapshot.genesis)},
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
  snapshot.genesis = TRY(entry_from_json(genesis, "genesis"));
  snapshot.governance = TRY(orders_from_json(governance, "governance"));
  snapshot.restrictions = TRY(orders_from_json(restrictions, "restrictions"));
  return snapshot;
}

}  // namespace proviso::model
