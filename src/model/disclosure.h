// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "base/digest.h"
#include "base/json.h"
#include "model/ids.h"

// Showing some fields of an entry's private part and not the others (docs/formats/publication.md).
// Each field is committed to with a salt of its own, so a field that is not shown can't be guessed.
// check_disclosure() is robust to untrusted input.
namespace proviso::model {

/// The salt of the field of this name: HMAC-SHA-256(field_secret, name).
std::string field_salt(std::string_view field_secret, std::string_view name);
/// SHA-256(field salt || canonical value).
Digest field_digest(std::string_view salt, const Json& value);
/// What an entry with fields commits to: {name: digest, ...} in canonical form.
std::string committed_text(const Json& private_part, std::string_view field_secret);

/// What stands in a published view about one entry.
struct Disclosure {
  EntryId entry;
  std::string salt;                          ///< the entry's, 32 bytes
  std::map<std::string, Digest> digests;     ///< of all fields
  std::map<std::string, Json> shown;         ///< values of some
  std::map<std::string, std::string> salts;  ///< of those shown, 32 bytes each
};
Json disclosure_to_json(const Disclosure& disclosure);
Result<Disclosure> disclosure_from_json(const Json& value);

/// denied unless the entry committed to exactly these fields, and the values shown are theirs.
Result<void> check_disclosure(const Disclosure& disclosure, const Digest& commitment);

}  // namespace proviso::model
