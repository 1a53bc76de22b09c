// SPDX-License-Identifier: Apache-2.0
#include "model/customer_list.h"

#include <algorithm>
#include <utility>

#include "base/encoding.h"

namespace proviso::model {
namespace {

constexpr std::size_t kPathMax = 64;
constexpr std::size_t kKeysFileBytesMax = 1U << 20U;

Json path_to_json(const std::vector<Digest>& path) {
  Json::Array out;
  for (const Digest& hash : path) out.emplace_back(base64_encode(hash.view()));
  return out;
}

Json place_to_json(const IndexPlace& place) {
  return Json::Object{{"place", place.place}, {"path", path_to_json(place.path)}};
}

Json neighbour_to_json(const std::optional<Neighbour>& neighbour) {
  if (!neighbour) return {};
  return Json::Object{{"tag", neighbour->tag.hex()},
                      {"entry", neighbour->entry},
                      {"in_index", place_to_json(neighbour->in_index)}};
}

Json key_to_json(const ListedKey& key) {
  Json::Array entries;
  for (const ListedEntry& listed : key.entries) {
    entries.emplace_back(Json::Object{{"entry", proven_entry_to_json(listed.entry)},
                                      {"in_index", place_to_json(listed.in_index)}});
  }
  Json::Array absent;
  for (const Absence& a : key.absent) {
    absent.emplace_back(Json::Object{{"before", neighbour_to_json(a.before)},
                                     {"after", neighbour_to_json(a.after)}});
  }
  return Json::Object{
      {"key", hex_encode(key.key)}, {"entries", std::move(entries)}, {"absent", std::move(absent)}};
}

std::uint64_t natural(JsonReader& reader, std::string_view name) {
  const std::int64_t number = reader.integer(name);
  if (number < 0) reader.fail_at(name, "must not be negative");
  return static_cast<std::uint64_t>(number);
}

Result<IndexPlace> place_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  IndexPlace out{.place = natural(reader, "place"), .path = {}};
  for (const std::string& text : reader.strings("path")) {
    const auto bytes = base64_decode(text);
    const auto hash = bytes ? Digest::from_bytes(*bytes) : Result<Digest>(Digest{});
    if (!bytes || !hash || out.path.size() >= kPathMax) {
      reader.fail_at("path", "not a list of at most 64 hashes");
      break;
    }
    out.path.push_back(*hash);
  }
  TRY_VOID(reader.finish());
  return out;
}

Result<std::optional<Neighbour>> neighbour_from_json(const Json* value, const std::string& where) {
  if (value == nullptr) return fail(Errc::invalid_input, where + ": missing");
  if (value->is_null()) return std::optional<Neighbour>();
  JsonReader reader(*value, where);
  const auto tag = Digest::from_hex(reader.string("tag"));
  if (!tag) reader.fail_at("tag", "not a tag of 64 lower-case hexadecimal digits");
  const std::uint64_t entry = natural(reader, "entry");
  const Json& place = reader.object("in_index");
  TRY_VOID(reader.finish());
  IndexPlace in_index = TRY(place_from_json(place, where + ".in_index"));
  return std::optional(Neighbour{*tag, entry, std::move(in_index)});
}

Result<Absence> absence_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  const Json* before = reader.optional("before");
  const Json* after = reader.optional("after");
  TRY_VOID(reader.finish());
  Absence out;
  out.before = TRY(neighbour_from_json(before, where + ".before"));
  out.after = TRY(neighbour_from_json(after, where + ".after"));
  return out;
}

Result<ListedEntry> listed_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  const Json& entry = reader.object("entry");
  const Json& place = reader.object("in_index");
  TRY_VOID(reader.finish());
  ListedEntry out;
  out.entry = TRY(proven_entry_from_json(entry, where + ".entry"));
  out.in_index = TRY(place_from_json(place, where + ".in_index"));
  return out;
}

std::string item(const std::string& name, std::size_t number) {
  return name + "[" + std::to_string(number) + "]";
}

std::string key_of(JsonReader& reader, std::string_view name, const std::string& text) {
  const auto bytes = hex_decode(text);
  if (bytes && bytes->size() == kIndexKeyBytes && hex_encode(*bytes) == text) return *bytes;
  reader.fail_at(name, "not an index key of 64 lower-case hexadecimal digits");
  return {};
}

Result<ListedKey> key_from_json(const Json& value, const std::string& where) {
  JsonReader reader(value, where);
  ListedKey out;
  out.key = key_of(reader, "key", reader.string("key"));
  const Json::Array& entries = reader.array("entries");
  const Json::Array& absent = reader.array("absent");
  TRY_VOID(reader.finish());
  for (const Json& entry : entries) {
    out.entries.push_back(
        TRY(listed_from_json(entry, item(where + ".entries", out.entries.size()))));
  }
  for (const Json& one : absent) {
    out.absent.push_back(TRY(absence_from_json(one, item(where + ".absent", out.absent.size()))));
  }
  return out;
}

bool has_twice(std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  return std::adjacent_find(keys.begin(), keys.end()) != keys.end();
}

Result<CustomerList> list_from_json(const Json& document) {
  JsonReader reader(document, "list");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  CustomerList out;
  out.checkpoint = reader.string("checkpoint");
  const Json& genesis = reader.object("genesis");
  const Json::Array& index = reader.array("index");
  const Json::Array& keys = reader.array("keys");
  if (index.size() > kListSegmentsMax) reader.fail_at("index", "more than 64");
  if (keys.empty() || keys.size() > kListKeysMax) reader.fail_at("keys", "not 1 to 1000");
  TRY_VOID(reader.finish());
  out.genesis = TRY(proven_entry_from_json(genesis, "genesis"));
  for (const Json& entry : index) {
    out.index.push_back(TRY(proven_entry_from_json(entry, item("index", out.index.size()))));
  }
  std::vector<std::string> all;
  for (const Json& key : keys) {
    const std::string where = item("keys", out.keys.size());
    ListedKey read = TRY(key_from_json(key, where));
    if (read.absent.size() != out.index.size()) {
      return fail(Errc::invalid_input, where + ".absent: not one for each of index");
    }
    all.push_back(read.key);
    out.keys.push_back(std::move(read));
  }
  if (has_twice(std::move(all))) return fail(Errc::invalid_input, "keys: one stands twice");
  return out;
}

}  // namespace

Result<std::string> write_customer_list(const CustomerList& list) {
  Json::Array index;
  for (const ProvenEntry& entry : list.index) index.push_back(proven_entry_to_json(entry));
  Json::Array keys;
  for (const ListedKey& key : list.keys) keys.push_back(key_to_json(key));
  std::string text = canonical_json(Json::Object{{"version", 1},
                                                 {"checkpoint", list.checkpoint},
                                                 {"genesis", proven_entry_to_json(list.genesis)},
                                                 {"index", std::move(index)},
                                                 {"keys", std::move(keys)}}) +
                     "\n";
  if (text.size() > kListBytesMax) {
    return fail(
        Errc::exhausted,
        "customer list: over 64 MiB (give the customer its keys, for the whole log: proviso "
        "ledger index-key)");
  }
  return text;
}

Result<CustomerList> parse_customer_list(std::string_view text) {
  if (text.size() > kListBytesMax) return fail(Errc::exhausted, "list: over 64 MiB");
  if (!text.ends_with('\n')) return fail(Errc::invalid_input, "list: cut short (fetch it again)");
  text.remove_suffix(1);
  const Json document = TRY(parse_json(text, {.bytes_max = kListBytesMax}));
  CustomerList list = TRY(list_from_json(document));
  // One text per list: what two verifiers might read differently is none.
  if (canonical_json(document) != text) {
    return fail(Errc::invalid_input, "list: not canonical JSON (RFC 8785)");
  }
  return list;
}

std::string write_index_keys(const IndexKeys& keys) {
  Json::Array all;
  for (const std::string& key : keys.keys) all.emplace_back(hex_encode(key));
  return canonical_json(
             Json::Object{{"version", 1}, {"ledger", keys.ledger}, {"keys", std::move(all)}}) +
         "\n";
}

Result<IndexKeys> parse_index_keys(std::string_view text) {
  const Json document = TRY(parse_json(text, {.bytes_max = kKeysFileBytesMax}));
  JsonReader reader(document, "index keys");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  IndexKeys out;
  out.ledger = reader.string("ledger");
  for (const std::string& key : reader.strings("keys")) {
    out.keys.push_back(key_of(reader, "keys", key));
  }
  if (out.keys.empty() || out.keys.size() > kListKeysMax) reader.fail_at("keys", "not 1 to 1000");
  TRY_VOID(reader.finish());
  if (has_twice(out.keys)) return fail(Errc::invalid_input, "index keys.keys: one stands twice");
  return out;
}

}  // namespace proviso::model
