// SPDX-License-Identifier: Apache-2.0
#include "server/founding.h"

#include <algorithm>

#include "base/encoding.h"
#include "decisions/order_store.h"
#include "ledger/note.h"
#include "server/change_check.h"

namespace proviso::server {
namespace {

constexpr std::uint64_t kDocumentMax = 16U << 20U;
constexpr char kKeyType = 0x01;  // Ed25519, c2sp.org/signed-note

// The key id of a signed-note verifier: the first four bytes of SHA-256(name LF type key).
std::string note_key_id(const std::string& name, const PublicKey& key) {
  const std::string material = name + "\n" + std::string(1, kKeyType) + std::string(key.view());
  return hex_encode(sha256(material).view().substr(0, 4));
}

// One pseudonym per person, random, kept apart from the name (I11).
Result<std::string> pseudonym(DataFolder& folder, const Founder& founder) {
  const std::string name = founder.person.empty() ? founder.key.name : founder.person;
  cases::Database& db = folder.record().database();
  const auto rows = TRY(db.query("SELECT person FROM people WHERE name=:p0", {name}));
  std::string person =
      rows.empty() ? "p-" + hex_encode(folder.record().random().bytes(8)) : rows.front().text(0);
  TRY_VOID(db.run("INSERT OR REPLACE INTO people (key_id, person, name) VALUES (:p0,:p1,:p2)",
                  {founder.key.key.id(), person, name}));
  return person;
}

Result<model::RosterMember> member_of(DataFolder& folder, const Founder& founder) {
  return model::RosterMember{.key = founder.key.key,
                             .person = TRY(pseudonym(folder, founder)),
                             .role = founder.role,
                             .outside = founder.outside,
                             .on_call = founder.on_call,
                             .server_mediated = founder.server_mediated};
}

// Reads it back, so that nothing is proposed or sealed that a gate would not read.
Result<Json> checked(const std::vector<model::RosterMember>& roster) {
  Json json = model::roster_to_json(roster);
  TRY_VOID(model::roster_from_json(json));
  return json;
}

Result<std::vector<model::RosterMember>> founders(cases::Database& db) {
  const auto rows = TRY(db.query("SELECT value FROM meta WHERE name='founders'"));
  if (rows.empty()) return std::vector<model::RosterMember>{};
  const Json roster = TRY(parse_json(rows.front().text(0)));
  return model::roster_from_json(roster);
}

Result<Digest> take_document(cases::Database& db, std::string_view kind, const std::string& path) {
  const std::string text = TRY(real_file_system().read(path, kDocumentMax));
  auto document = parse_json(text);
  if (!document) return fail(document.error().code, path + ":" + document.error().message);
  const std::string canonical = canonical_json(*document);
  const Digest digest = sha256(canonical);
  TRY_VOID(decisions::store_document(db, kind, canonical, digest));
  return digest;
}

Result<void> set_meta(cases::Database& db, const std::string& name, const std::string& value) {
  return db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (:p0,:p1)", {name, value});
}

}  // namespace

std::string write_public_key(const std::string& name, const PublicKey& key) {
  return name + "+" + note_key_id(name, key) + "+" +
         base64_encode(std::string(1, kKeyType) + std::string(key.view())) + "\n";
}

Result<PublicKeyFile> parse_public_key(const std::string& file_name, std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  const std::size_t first = text.find('+');
  const std::size_t second = text.find('+', first == std::string_view::npos ? first : first + 1);
  const auto wrong = [&](std::string_view what) {
    return fail(Errc::invalid_input,
                file_name + ":1:1: " + std::string(what) + " (make a key with: proviso key new)");
  };
  if (first == std::string_view::npos || second == std::string_view::npos || text.size() > 512) {
    return wrong("not a public key file");
  }
  PublicKeyFile out;
  out.name = text.substr(0, first);
  const auto material = base64_decode(text.substr(second + 1));
  if (!material || material->size() != 33 || (*material)[0] != kKeyType) {
    return wrong("not an Ed25519 public key");
  }
  auto key = PublicKey::from_bytes(material->substr(1));
  if (!key) return wrong(key.error().message);
  out.key = *key;
  if (note_key_id(out.name, out.key) != text.substr(first + 1, second - first - 1)) {
    return wrong("the key's id does not fit name and key");
  }
  return out;
}

bool is_sealed(DataFolder& folder) {
  return decisions::read_genesis(folder.record().database()).has_value();
}

Result<void> add_founder(DataFolder& folder, const Founder& founder) {
  if (is_sealed(folder)) {
    return fail(Errc::conflict,
                "the founding is sealed: the roster changes by orders (give --key)");
  }
  cases::Database& db = folder.record().database();
  const auto body = [&]() -> Result<void> {
    std::vector<model::RosterMember> roster = TRY(founders(db));
    model::RosterMember member = TRY(member_of(folder, founder));
    for (const model::RosterMember& other : roster) {
      if (other.key == member.key) return fail(Errc::conflict, "this key is on the roster already");
    }
    roster.push_back(std::move(member));
    const Json json = TRY(checked(roster));
    return set_meta(db, "founders", canonical_json(json));
  };
  return db.transact(body);
}

Result<Json> roster_with(DataFolder& folder, const model::Authority& authority,
                         const Founder& founder) {
  std::vector<model::RosterMember> roster = authority.roster;
  if (authority.find(founder.key.key.id()) != nullptr) {
    return fail(Errc::conflict, "this key is on the roster already");
  }
  model::RosterMember member = TRY(member_of(folder, founder));
  roster.push_back(std::move(member));
  return checked(roster);
}

Result<Json> roster_without(const model::Authority& authority, const std::string& key_id) {
  std::vector<model::RosterMember> roster;
  for (const model::RosterMember& member : authority.roster) {
    if (member.key.id() != key_id) roster.push_back(member);
  }
  if (roster.size() == authority.roster.size()) {
    return fail(Errc::not_found, "no key of the roster has this id");
  }
  return model::roster_to_json(roster);
}

Result<Json> roster_replacing(DataFolder& folder, const model::Authority& authority,
                              const std::string& key_id, const PublicKeyFile& next) {
  if (authority.find(next.key.id()) != nullptr) {
    return fail(Errc::conflict, "this key is on the roster already");
  }
  std::vector<model::RosterMember> roster = authority.roster;
  const auto old = std::ranges::find_if(
      roster, [&](const model::RosterMember& member) { return member.key.id() == key_id; });
  if (old == roster.end()) return fail(Errc::not_found, "no key of the roster has this id");
  // The store's own note of who is behind the pseudonym goes on with the new key.
  TRY_VOID(
      folder.record().database().run("INSERT OR REPLACE INTO people (key_id, person, name) "
                                     "SELECT :p0, person, name FROM people WHERE key_id=:p1",
                                     {next.key.id(), key_id}));
  old->key = next.key;
  return model::roster_to_json(roster);
}

model::Policy uniform_policy(std::int64_t approvals) {
  model::Policy policy;
  for (const std::string_view kind :
       {"restrict", "roster", "policy", "catalogue", "field-policy", "rulebook", "terms"}) {
    policy.approvals.emplace(kind, approvals);
  }
  policy.approvals.emplace("lift", 1);  // I5: undoing is easier than doing
  return policy;
}

Result<model::TrustRoot> seal(DataFolder& folder, const model::Policy& policy, const Clock& clock,
                              const std::string& witnesses) {
  if (is_sealed(folder)) return fail(Errc::conflict, "the founding is sealed already");
  cases::Record& record = folder.record();
  cases::Database& db = record.database();
  model::Genesis genesis;
  genesis.ledger = record.origin();
  genesis.ledger_key = TRY(folder.ledger_vkey());
  genesis.nonce = hex_encode(record.random().bytes(16));
  genesis.sealed_at = floor_second(clock.now());
  genesis.witnesses = witnesses;
  genesis.authority.roster = TRY(founders(db));
  genesis.authority.policy = TRY(model::policy_from_json(model::policy_to_json(policy)));
  TRY_VOID(model::check_authority(genesis.authority));
  TRY_VOID(check_founding_documents(folder.paths()));
  const auto body = [&]() -> Result<void> {
    genesis.documents.catalogue = TRY(take_document(db, "catalogue", folder.paths().catalogue()));
    genesis.documents.terms = TRY(take_document(db, "terms", folder.paths().terms()));
    genesis.documents.rulebook = TRY(folder_digest(folder.paths().rulebook(), ".yml"));
    genesis.documents.field_policy = TRY(folder_digest(folder.paths().field_policy(), ".json"));
    const Json document = model::genesis_to_json(genesis);
    const model::EntryId entry = record.entry(model::entry_kind::genesis, document, Json::Object{});
    TRY_VOID(set_meta(db, "genesis", canonical_json(document)));
    return set_meta(db, "genesis_entry", entry.value);
  };
  TRY_VOID(record.change(body));
  return trust_root(folder);
}

Result<model::TrustRoot> trust_root(DataFolder& folder) {
  cases::Database& db = folder.record().database();
  const model::Genesis genesis = TRY(decisions::read_genesis(db));
  const std::string entry = TRY(decisions::read_genesis_entry(db));
  const auto rows = TRY(db.query("SELECT bytes FROM outbox WHERE entry=:p0", {entry}));
  if (rows.empty()) return fail(Errc::corrupt, "store: the genesis entry is missing");
  return model::TrustRoot{genesis.ledger, genesis.ledger_key, sha256(rows.front().text(0)),
                          genesis.witnesses};
}

}  // namespace proviso::server
