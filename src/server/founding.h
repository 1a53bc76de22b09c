// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/clock.h"
#include "model/genesis.h"
#include "server/data_folder.h"

namespace proviso::server {

/// A person's public key as `key new` writes it: one signed-note verifier key line, NAME+ID+KEY.
struct PublicKeyFile {
  std::string name;
  PublicKey key;
};
std::string write_public_key(const std::string& name, const PublicKey& key);
Result<PublicKeyFile> parse_public_key(const std::string& file_name, std::string_view text);

/// Someone to be put on the roster.
struct Founder {
  PublicKeyFile key;
  model::Role role = model::Role::approver;
  /// Whose key it is; two keys of one person count once. Empty: the key's name. Stays in the store;
  /// documents show a pseudonym (I11).
  std::string person;
  bool outside = false;
  bool on_call = false;
  bool server_mediated = false;
};

bool is_sealed(DataFolder& folder);
/// Before the seal: adds a founder. conflict where the key is there already, or after the seal.
Result<void> add_founder(DataFolder& folder, const Founder& founder);
/// The roster as it would be with this person, for a roster order after the seal.
Result<Json> roster_with(DataFolder& folder, const model::Authority& authority,
                         const Founder& founder);
/// The roster without a key, by its id.
Result<Json> roster_without(const model::Authority& authority, const std::string& key_id);
/// The roster with another key of the same person in the place of one: rotation, or a lost key.
Result<Json> roster_replacing(DataFolder& folder, const model::Authority& authority,
                              const std::string& key_id, const PublicKeyFile& next);
/// The same number for all kinds of order but lifts, which take one (I5).
model::Policy uniform_policy(std::int64_t approvals);
/// Ends the founding: writes the genesis entry, takes the documents of the folder in force, and
/// returns what gates and verifiers are to be given. `witnesses`: as in model::TrustRoot, "" for
/// none.
Result<model::TrustRoot> seal(DataFolder& folder, const model::Policy& policy, const Clock& clock,
                              const std::string& witnesses = "");

/// The same again, from the sealed folder; conflict before the seal.
Result<model::TrustRoot> trust_root(DataFolder& folder);

}  // namespace proviso::server
