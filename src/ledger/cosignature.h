// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/signing.h"
#include "base/time.h"
#include "ledger/note.h"

// c2sp.org/tlog-cosignature@v1.0.1 with Ed25519 ("cosignature/v1", key type 0x04): a witness says
// that, at a time, this checkpoint was the largest consistent one of its log that it knew.
// Robust to untrusted input.
namespace proviso::ledger {

/// A witness's public key with the name that stands in its lines.
struct CosignerKey {
  std::string name;
  PublicKey key;
  bool operator==(const CosignerKey&) const = default;
  /// SHA-256(name || "\n" || 0x04 || key), first four bytes, big endian.
  [[nodiscard]] std::uint32_t key_id() const;
  /// "name+hex8+base64(0x04 || key)".
  [[nodiscard]] std::string format() const;
  /// Refuses another type of key (that of a log, for one) and an id that is not the key's.
  static Result<CosignerKey> parse(std::string_view vkey);
};

/// The signature line, with its line feed. `text` is the note's text, with its last line feed.
std::string cosign(const std::string& name, const SigningKey& key, std::string_view text,
                   Time time);

struct Cosignature {
  std::size_t cosigner = 0;  ///< index into what was known
  std::int64_t time = 0;     ///< Unix seconds, told by the witness
};

/// The good cosignatures of known witnesses below a note, one for each key (the newest). Lines of
/// others are ignored; a bad one under a known name and id refuses the note (`denied`).
Result<std::vector<Cosignature>> verify_cosignatures(std::string_view note,
                                                     std::span<const CosignerKey> known);

/// Checks lines that a witness answered for the note `text`: the newest of `witness`, to put below
/// the note; one alone, so that a witness can't fill a note. `denied` where there is none, or one
/// that is bad.
Result<std::string> good_cosignature_line(std::string_view lines, std::string_view text,
                                          const CosignerKey& witness);

}  // namespace proviso::ledger
