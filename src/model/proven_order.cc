// SPDX-License-Identifier: Apache-2.0
#include "model/proven_order.h"

#include "base/encoding.h"
#include "base/in_parallel.h"

namespace proviso::model {
namespace {

constexpr std::size_t kPathMax = 64;

Result<ProvenOrder> proven_order_from_json(const Json& value, const std::string& where) {
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
  proven.entry = TRY(proven_entry_from_json(entry, where + ".entry"));
  return proven;
}

}  // namespace

Json proven_entry_to_json(const ProvenEntry& entry) {
  Json::Array path;
  for (const Digest& hash : entry.path) path.emplace_back(base64_encode(hash.view()));
  return Json::Object{{"bytes", entry.bytes}, {"index", entry.index}, {"path", std::move(path)}};
}

Result<ProvenEntry> proven_entry_from_json(const Json& value, const std::string& where) {
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

Json proven_order_to_json(const ProvenOrder& proven) {
  Json::Array approvals;
  for (const Signature& s : proven.order.approvals) approvals.push_back(signature_to_json(s));
  return Json::Object{
      {"order", proven.order.canonical},
      {"proposal", proven.order.proposal ? signature_to_json(*proven.order.proposal) : Json()},
      {"approvals", std::move(approvals)},
      {"entry", proven_entry_to_json(proven.entry)}};
}

Result<std::vector<ProvenOrder>> proven_orders_from_json(const Json::Array& items,
                                                         std::string_view name) {
  std::vector<Result<ProvenOrder>> parsed(items.size());
  in_parallel(items.size(), [&](std::size_t i) {
    parsed[i] = proven_order_from_json(items[i], std::string(name) + "[" + std::to_string(i) + "]");
  });
  std::vector<ProvenOrder> orders;
  for (Result<ProvenOrder>& order : parsed) {
    orders.push_back(TRY(std::move(order)));
  }
  return orders;
}

}  // namespace proviso::model
