// SPDX-License-Identifier: Apache-2.0
#include "model/genesis.h"

namespace proviso::model {
namespace {

Digest digest_member(JsonReader& reader, std::string_view name) {
  const auto digest = Digest::from_hex(reader.string(name));
  if (!digest) reader.fail_at(name, "not a SHA-256 in 64 lower-case hexadecimal digits");
  return digest.value_or(Digest{});
}

}  // namespace

Json genesis_to_json(const Genesis& genesis) {
  return Json::Object{{"version", 1},
                      {"ledger", genesis.ledger},
                      {"ledger_key", genesis.ledger_key},
                      {"nonce", genesis.nonce},
                      {"sealed_at", format_time(genesis.sealed_at)},
                      {"roster", roster_to_json(genesis.authority.roster)},
                      {"policy", policy_to_json(genesis.authority.policy)},
                      {"witnesses", Json::Array{}},
                      {"catalogue", genesis.documents.catalogue.hex()},
                      {"field_policy", genesis.documents.field_policy.hex()},
                      {"rulebook", genesis.documents.rulebook.hex()},
                      {"terms", genesis.documents.terms.hex()}};
}

Result<Genesis> genesis_from_json(const Json& document) {
  JsonReader reader(document, "genesis");
  Genesis genesis;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  genesis.ledger = reader.string("ledger");
  genesis.ledger_key = reader.string("ledger_key");
  genesis.nonce = reader.string("nonce");
  const auto sealed = parse_time(reader.string("sealed_at"));
  if (!sealed) reader.fail_at("sealed_at", "not an RFC 3339 time");
  const Json roster(reader.array("roster"));
  const Json& policy = reader.object("policy");
  if (!reader.array("witnesses").empty()) {
    reader.fail_at("witnesses", "this version knows no witnesses");
  }
  genesis.documents = {.catalogue = digest_member(reader, "catalogue"),
                       .field_policy = digest_member(reader, "field_policy"),
                       .rulebook = digest_member(reader, "rulebook"),
                       .terms = digest_member(reader, "terms")};
  TRY_VOID(reader.finish());
  genesis.sealed_at = *sealed;
  genesis.authority.roster = TRY(roster_from_json(roster));
  genesis.authority.policy = TRY(policy_from_json(policy));
  TRY_VOID(check_authority(genesis.authority));
  return genesis;
}

std::string write_trust(const TrustRoot& trust) {
  return pretty_json(Json::Object{{"version", 1},
                                  {"ledger", trust.ledger},
                                  {"ledger_key", trust.ledger_key},
                                  {"genesis", trust.genesis.hex()},
                                  {"witnesses", Json::Array{}}}) +
         "\n";
}

Result<TrustRoot> parse_trust(std::string_view text) {
  const Json document = TRY(parse_json(text));
  JsonReader reader(document, "trust");
  TrustRoot trust;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  trust.ledger = reader.string("ledger");
  if (reader.ok() && trust.ledger.empty()) reader.fail_at("ledger", "empty (a log has an origin)");
  trust.ledger_key = reader.string("ledger_key");
  trust.genesis = digest_member(reader, "genesis");
  if (!reader.array("witnesses").empty()) {
    reader.fail_at("witnesses", "this version knows no witnesses");
  }
  TRY_VOID(reader.finish());
  return trust;
}

}  // namespace proviso::model
