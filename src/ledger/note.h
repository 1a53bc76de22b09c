// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/signing.h"

// c2sp.org/signed-note@v1.0.0 with Ed25519 keys (type 0x01). Robust to untrusted input.
namespace proviso::ledger {

/// Limits on a note, far above what logs with witnesses write.
inline constexpr std::size_t kNoteBytesMax = 65536;
inline constexpr std::size_t kNoteSignaturesMax = 64;

/// Keys under signed notes, whatever they sign: "name+hex8+base64(type || key)".
struct NamedKey {
  std::string name;
  PublicKey key;
};
/// Refuses another type than this one (`expected` says what was wanted) and an id that is not the
/// key's.
Result<NamedKey> parse_verifier_key(std::string_view vkey, char type, std::string_view expected);
std::string format_verifier_key(std::string_view name, char type, const PublicKey& key);
/// SHA-256(name || "\n" || type || key), first four bytes, big endian.
std::uint32_t verifier_key_id(std::string_view name, char type, const PublicKey& key);

/// A public key with the name that stands in its signature lines.
struct NoteVerifier {
  std::string name;
  PublicKey key;
  /// SHA-256(name || "\n" || 0x01 || key), first four bytes, big endian.
  [[nodiscard]] std::uint32_t key_id() const;
  /// "name+hex8+base64(0x01 || key)".
  [[nodiscard]] std::string format() const;
  /// Refuses another type of key and an id that is not the key's.
  static Result<NoteVerifier> parse(std::string_view vkey);
};

/// A private key with its name. Movable.
struct NoteSigner {
  std::string name;
  SigningKey key;
  /// Refuses a name that is no is_note_name().
  static Result<NoteSigner> make(std::string name, SigningKey key);
  [[nodiscard]] NoteVerifier verifier() const { return {name, key.public_key()}; }
};

/// Non-empty UTF-8 without white space, control characters and '+'.
bool is_note_name(std::string_view name);

/// `text` (ends in a line feed) with one signature below it.
std::string sign_note(const NoteSigner& signer, std::string_view text);

/// A signature line as it stands in a note; not verified.
struct SignatureLine {
  std::string name;
  std::uint32_t key_id;
  std::string signature;  ///< what follows the four bytes of the id
};
/// A note taken apart; nothing in it is verified.
struct SplitNote {
  std::string_view text;  ///< of `note`, with its last line feed
  std::vector<SignatureLine> lines;
};
/// `invalid_input` where it is no note, or has no signature.
Result<SplitNote> split_note(std::string_view note);
/// The same for lines alone, as a witness answers with them; none is fine.
Result<std::vector<SignatureLine>> parse_signature_lines(std::string_view lines);
/// A line with its line feed.
std::string format_signature_line(const SignatureLine& line);

struct Note {
  std::string text;                    ///< what was signed, with its last line feed
  std::vector<NoteVerifier> verified;  ///< whose signatures are good, in order of lines
};

/// The text if at least one of `known` signed it. Signatures of others are ignored; a bad signature
/// under a known name and id refuses the note.
/// `invalid_input`: no note; `denied`: no known signature, or a bad one.
Result<Note> open_note(std::string_view note, std::span<const NoteVerifier> known);

}  // namespace proviso::ledger
