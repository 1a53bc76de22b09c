// SPDX-License-Identifier: Apache-2.0
#include "model/disclosure.h"

#include <optional>

#include "base/encoding.h"

namespace proviso::model {
namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::size_t kFieldsMax = 64;

std::string digests_text(const std::map<std::string, Digest>& digests) {
  Json::Object out;
  for (const auto& [name, digest] : digests) out.emplace(name, digest.hex());
  return canonical_json(Json(std::move(out)));
}

std::optional<std::string> salt_of(const Json* value) {
  if (value == nullptr || value->if_string() == nullptr) return std::nullopt;
  auto bytes = hex_decode(*value->if_string());
  if (!bytes || bytes->size() != kSaltBytes) return std::nullopt;
  return std::move(*bytes);
}

Result<void> read_digests(const Json& fields, Disclosure& out) {
  if (fields.if_object()->size() > kFieldsMax) {
    return fail(Errc::exhausted, "fields: more than 64");
  }
  for (const auto& [name, value] : *fields.if_object()) {
    const auto digest = Digest::from_hex(value.if_string() != nullptr ? *value.if_string() : "");
    if (!digest) return fail(Errc::invalid_input, "fields: not a SHA-256");
    out.digests.emplace(name, *digest);
  }
  return {};
}

Result<void> read_shown(const Json& shown, Disclosure& out) {
  for (const auto& [name, value] : *shown.if_object()) {
    JsonReader reader(value, "shown");
    reader.string("salt");
    const Json* content = reader.optional("value");
    if (content == nullptr) reader.fail_at("value", "missing");
    TRY_VOID(reader.finish());
    auto salt = salt_of(value.find("salt"));
    if (!salt) return fail(Errc::invalid_input, "shown: a salt has 64 hexadecimal digits");
    out.salts.emplace(name, std::move(*salt));
    out.shown.emplace(name, *content);
  }
  return {};
}

}  // namespace

std::string field_salt(std::string_view field_secret, std::string_view name) {
  return std::string(KeyedHash(field_secret)(name).view());
}

Digest field_digest(std::string_view salt, const Json& value) {
  return sha256(salt, canonical_json(value));
}

std::string committed_text(const Json& private_part, std::string_view field_secret) {
  std::map<std::string, Digest> digests;
  for (const auto& [name, value] : *private_part.if_object()) {
    digests.emplace(name, field_digest(field_salt(field_secret, name), value));
  }
  return digests_text(digests);
}

Json disclosure_to_json(const Disclosure& disclosure) {
  Json::Object digests;
  for (const auto& [name, digest] : disclosure.digests) digests.emplace(name, digest.hex());
  Json::Object shown;
  for (const auto& [name, value] : disclosure.shown) {
    shown.emplace(name,
                  Json::Object{{"salt", hex_encode(disclosure.salts.at(name))}, {"value", value}});
  }
  return Json::Object{{"entry", disclosure.entry.value},
                      {"fields", std::move(digests)},
                      {"salt", hex_encode(disclosure.salt)},
                      {"shown", std::move(shown)}};
}

Result<Disclosure> disclosure_from_json(const Json& value) {
  JsonReader reader(value, "");
  Disclosure out;
  out.entry = EntryId(reader.string("entry"));
  reader.string("salt");
  const Json fields = reader.object("fields");
  const Json shown = reader.object("shown");
  TRY_VOID(reader.finish());
  auto salt = salt_of(value.find("salt"));
  if (!salt) return fail(Errc::invalid_input, "salt: not 64 hexadecimal digits");
  out.salt = std::move(*salt);
  TRY_VOID(read_digests(fields, out));
  TRY_VOID(read_shown(shown, out));
  return out;
}

Result<void> check_disclosure(const Disclosure& disclosure, const Digest& commitment) {
  if (sha256(disclosure.salt, digests_text(disclosure.digests)) != commitment) {
    return fail(Errc::denied, "its fields are not those that the ledger's entry commits to");
  }
  for (const auto& [name, value] : disclosure.shown) {
    const auto known = disclosure.digests.find(name);
    const auto salt = disclosure.salts.find(name);
    if (known == disclosure.digests.end() || salt == disclosure.salts.end() ||
        field_digest(salt->second, value) != known->second) {
      return fail(Errc::denied, "shows another value than the ledger's entry commits to");
    }
  }
  return {};
}

}  // namespace proviso::model
