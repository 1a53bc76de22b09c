// SPDX-License-Identifier: Apache-2.0
#include "model/gate_delta.h"

#include <algorithm>

#include "base/encoding.h"
#include "model/digest_line.h"

namespace proviso::model {
namespace {

constexpr std::size_t kConsistencyMax = 64;

std::uint64_t word_of(const Digest& digest, std::size_t i) {
  std::uint64_t out = 0;
  for (std::size_t b = 8; b > 0; --b) out = (out << 8U) | digest.bytes[i * 8 + b - 1];
  return out;
}

Digest digest_at(JsonReader& reader, std::string_view name) {
  const auto digest = Digest::from_hex(reader.string(name));
  if (!digest) reader.fail_at(name, "not 64 hexadecimal digits");
  return digest.value_or(Digest{});
}

Time time_at(JsonReader& reader, std::string_view name) {
  const auto time = parse_time(reader.string(name));
  if (!time) reader.fail_at(name, "not an RFC 3339 time");
  return time.value_or(Time{});
}

std::vector<Digest> hashes_at(JsonReader& reader, std::string_view name) {
  std::vector<Digest> out;
  for (const std::string& text : reader.strings(name)) {
    const auto bytes = base64_decode(text);
    const auto hash = bytes ? Digest::from_bytes(*bytes) : Result<Digest>(Digest{});
    if (!bytes || !hash || out.size() >= kConsistencyMax) {
      reader.fail_at(name, "not a list of at most 64 hashes");
      break;
    }
    out.push_back(*hash);
  }
  return out;
}

std::vector<Digest> gone_at(JsonReader& reader, std::string_view name) {
  std::vector<Digest> out;
  for (const std::string& text : reader.strings(name)) {
    const auto digest = Digest::from_hex(text);
    if (!digest || (!out.empty() && *digest <= out.back())) {
      reader.fail_at(name, "not a list of digests, each once, ascending");
      break;
    }
    out.push_back(*digest);
  }
  return out;
}

Json::Array orders_to_json(const std::vector<ProvenOrder>& orders) {
  Json::Array out;
  for (const ProvenOrder& order : orders) out.push_back(proven_order_to_json(order));
  return out;
}

}  // namespace

void OrderSum::add(const Digest& order) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] += word_of(order, i);
}

void OrderSum::remove(const Digest& order) {
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] -= word_of(order, i);
}

Digest OrderSum::value() const {
  Digest out;
  for (std::size_t i = 0; i < out.bytes.size(); ++i) {
    out.bytes[i] = static_cast<std::uint8_t>(words_[i / 8] >> (8U * (i % 8)));
  }
  return out;
}

OrderSum OrderSum::from(const Digest& value) {
  OrderSum out;
  out.add(value);
  return out;
}

Json gate_state_to_json(const GateState& state) {
  return Json::Object{{"size", state.size},
                      {"root", state.root.hex()},
                      {"made_at", format_time(state.made_at)},
                      {"orders", state.orders.hex()}};
}

Result<GateState> gate_state_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  GateState out;
  const std::int64_t size = reader.integer("size");
  if (size < 1) reader.fail_at("size", "must be at least 1");
  out.size = static_cast<std::uint64_t>(size);
  out.root = digest_at(reader, "root");
  out.made_at = time_at(reader, "made_at");
  out.orders = digest_at(reader, "orders");
  TRY_VOID(reader.finish());
  return out;
}

std::string write_delta(const GateDelta& delta) {
  Json::Array consistency;
  for (const Digest& hash : delta.consistency) consistency.emplace_back(base64_encode(hash.view()));
  Json::Array gone;
  for (const Digest& digest : delta.gone) gone.emplace_back(digest.hex());
  return with_digest_line(
      canonical_json(Json::Object{{"version", 1},
                                  {"ledger", delta.ledger},
                                  {"made_at", format_time(delta.made_at)},
                                  {"checkpoint", delta.checkpoint},
                                  {"from", gate_state_to_json(delta.from)},
                                  {"orders", delta.orders.hex()},
                                  {"consistency", std::move(consistency)},
                                  {"governance", orders_to_json(delta.governance)},
                                  {"catalogues", delta.catalogues},
                                  {"added", orders_to_json(delta.added)},
                                  {"gone", std::move(gone)}}));
}

Result<GateDelta> parse_delta(std::string_view text) {
  const std::string_view body = TRY(without_digest_line(text, "delta", kDeltaBytesMax));
  const Json document = TRY(parse_json(body, {.bytes_max = kDeltaBytesMax}));
  JsonReader reader(document, "delta");
  GateDelta out;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  out.ledger = reader.string("ledger");
  out.made_at = time_at(reader, "made_at");
  out.checkpoint = reader.string("checkpoint");
  const Json& from = reader.object("from");
  out.orders = digest_at(reader, "orders");
  out.consistency = hashes_at(reader, "consistency");
  const Json::Array& governance = reader.array("governance");
  out.catalogues = reader.array("catalogues");
  const Json::Array& added = reader.array("added");
  out.gone = gone_at(reader, "gone");
  TRY_VOID(reader.finish());
  out.from = TRY(gate_state_from_json(from, "from"));
  out.governance = TRY(proven_orders_from_json(governance, "governance"));
  out.added = TRY(proven_orders_from_json(added, "added"));
  return out;
}

}  // namespace proviso::model
