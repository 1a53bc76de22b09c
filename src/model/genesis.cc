// SPDX-License-Identifier: Apache-2.0
#include "model/genesis.h"

#include <algorithm>

namespace proviso::model {
namespace {

// That of a policy file.
constexpr std::size_t kWitnessesBytesMax = 65536;

Digest digest_member(JsonReader& reader, std::string_view name) {
  const auto digest = Digest::from_hex(reader.string(name));
  if (!digest) reader.fail_at(name, "not a SHA-256 in 64 lower-case hexadecimal digits");
  return digest.value_or(Digest{});
}

// A list of the policy's lines: one to one, and readable in the file.
Json lines_of(std::string_view text) {
  Json::Array out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.emplace_back(std::string(text.substr(0, end)));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string witnesses_member(JsonReader& reader) {
  std::string out;
  for (const std::string& line : reader.strings("witnesses")) {
    if (line.find('\n') != std::string::npos) {
      reader.fail_at("witnesses", "a line feed in one of the policy's lines");
    }
    out += line + "\n";
  }
  if (out.size() > kWitnessesBytesMax) reader.fail_at("witnesses", "longer than 65,536 bytes");
  return out;
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
                      {"witnesses", lines_of(genesis.witnesses)},
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
  genesis.witnesses = witnesses_member(reader);
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
                                  {"witnesses", lines_of(trust.witnesses)}}) +
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
  trust.witnesses = witnesses_member(reader);
  TRY_VOID(reader.finish());
  return trust;
}

std::string witness_lines(std::string_view policy) {
  std::string out;
  while (!policy.empty()) {
    const auto end = std::min(policy.find('\n'), policy.size());
    const std::string_view line = policy.substr(0, end);
    policy.remove_prefix(std::min(end + 1, policy.size()));
    const auto first = line.find_first_not_of(" \t\r");
    if (first == std::string_view::npos || line[first] == '#') continue;
    out += std::string(line) + "\n";
  }
  return out;
}

}  // namespace proviso::model
