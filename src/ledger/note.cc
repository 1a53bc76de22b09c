// SPDX-License-Identifier: Apache-2.0
#include "ledger/note.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/digest.h"
#include "base/encoding.h"

namespace proviso::ledger {
namespace {

// In every key and signature line. Never change.
constexpr char kTypeEd25519 = 1;
constexpr std::string_view kSignaturePrefix = "\xE2\x80\x94 ";  // U+2014 and a space
constexpr std::size_t kSignatureBytesMax = 8192;                // base64; ML-DSA-44 needs 3,232

// White_Space of Unicode beyond ASCII, as UTF-8.
constexpr std::array<std::string_view, 19> kWideSpaces = {
    "\xC2\x85",     "\xC2\xA0",     "\xE1\x9A\x80", "\xE2\x80\x80", "\xE2\x80\x81",
    "\xE2\x80\x82", "\xE2\x80\x83", "\xE2\x80\x84", "\xE2\x80\x85", "\xE2\x80\x86",
    "\xE2\x80\x87", "\xE2\x80\x88", "\xE2\x80\x89", "\xE2\x80\x8A", "\xE2\x80\xA8",
    "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE2\x81\x9F", "\xE3\x80\x80"};

std::string tagged_key(char type, const PublicKey& key) {
  return std::string(1, type).append(key.view());
}

std::uint32_t read_u32(std::string_view bytes) {
  std::uint32_t value = 0;
  for (const char c : bytes.substr(0, 4)) value = (value << 8U) | static_cast<unsigned char>(c);
  return value;
}

std::string write_u32(std::uint32_t value) {
  std::string out;
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    out.push_back(static_cast<char>((value >> shift) & 255U));
  }
  return out;
}

std::unexpected<Error> bad_note(std::string_view what) {
  return fail(Errc::invalid_input, "signed note: " + std::string(what));
}

// "— NAME BASE64", without its line feed.
Result<SignatureLine> parse_line(std::string_view line) {
  if (!line.starts_with(kSignaturePrefix)) {
    return bad_note("a signature line does not begin with a dash and a space");
  }
  line.remove_prefix(kSignaturePrefix.size());
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return bad_note("a signature line has no signature");
  const std::string_view name = line.substr(0, space);
  if (!is_note_name(name)) return bad_note("a signature line has no proper name");
  const std::string_view encoded = line.substr(space + 1);
  if (encoded.size() > kSignatureBytesMax) return bad_note("a signature is too long");
  const auto blob = base64_decode(encoded);
  if (!blob) return bad_note("a signature is not base64");
  if (blob->size() < 5) return bad_note("a signature is too short");
  return SignatureLine{std::string(name), read_u32(*blob), blob->substr(4)};
}

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\n'; });
}

}  // namespace

bool is_note_name(std::string_view name) {
  if (name.empty() || !is_utf8(name)) return false;
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= 0x20 || c == '+' || c == 0x7F) return false;
  }
  return std::none_of(kWideSpaces.begin(), kWideSpaces.end(), [&](std::string_view space) {
    return name.find(space) != std::string_view::npos;
  });
}

std::uint32_t verifier_key_id(std::string_view name, char type, const PublicKey& key) {
  return read_u32(sha256(std::string(name) + "\n" + tagged_key(type, key)).view());
}

std::string format_verifier_key(std::string_view name, char type, const PublicKey& key) {
  return std::string(name) + "+" + hex_encode(write_u32(verifier_key_id(name, type, key))) + "+" +
         base64_encode(tagged_key(type, key));
}

Result<NamedKey> parse_verifier_key(std::string_view vkey, char type, std::string_view expected) {
  const auto bad = [](std::string_view what) {
    return fail(Errc::invalid_input, "verifier key: " + std::string(what));
  };
  if (vkey.size() > 4096) return bad("too long");
  const auto first = vkey.find('+');
  const auto second = first == std::string_view::npos ? first : vkey.find('+', first + 1);
  if (second == std::string_view::npos) return bad("not of the form name+id+key");
  if (!is_note_name(vkey.substr(0, first))) return bad("the name is empty or has white space");
  const auto key = base64_decode(vkey.substr(second + 1));
  if (!key || key->empty()) return bad("the key is not base64");
  if ((*key)[0] != type) return bad(expected);
  NamedKey out{std::string(vkey.substr(0, first)), {}};
  out.key = TRY(PublicKey::from_bytes(std::string_view(*key).substr(1)));
  const std::uint32_t id = verifier_key_id(out.name, type, out.key);
  if (vkey.substr(first + 1, second - first - 1) != hex_encode(write_u32(id))) {
    return bad("the id is not that of name and key");
  }
  return out;
}

std::uint32_t NoteVerifier::key_id() const { return verifier_key_id(name, kTypeEd25519, key); }

std::string NoteVerifier::format() const { return format_verifier_key(name, kTypeEd25519, key); }

Result<NoteVerifier> NoteVerifier::parse(std::string_view vkey) {
  auto parsed = TRY(parse_verifier_key(vkey, kTypeEd25519, "not an Ed25519 key (type 1)"));
  return NoteVerifier{std::move(parsed.name), parsed.key};
}

Result<NoteSigner> NoteSigner::make(std::string name, SigningKey key) {
  if (!is_note_name(name)) {
    return fail(Errc::invalid_input, "the name of a signing key is empty or has white space or +");
  }
  return NoteSigner{std::move(name), std::move(key)};
}

std::string sign_note(const NoteSigner& signer, std::string_view text) {
  CHECK(is_note_name(signer.name) && text.ends_with('\n') && is_utf8(text) && !has_control(text));
  return std::string(text) + "\n" +
         format_signature_line({signer.name, signer.verifier().key_id(), signer.key.sign(text)});
}

Result<std::vector<SignatureLine>> parse_signature_lines(std::string_view lines) {
  std::vector<SignatureLine> out;
  while (!lines.empty()) {
    if (out.size() == kNoteSignaturesMax) return bad_note("too many signatures");
    const auto end = lines.find('\n');
    if (end == std::string_view::npos) return bad_note("the last line is cut");
    auto line = TRY(parse_line(lines.substr(0, end)));
    out.push_back(std::move(line));
    lines.remove_prefix(end + 1);
  }
  return out;
}

std::string format_signature_line(const SignatureLine& line) {
  return std::string(kSignaturePrefix) + line.name + " " +
         base64_encode(write_u32(line.key_id) + line.signature) + "\n";
}

Result<SplitNote> split_note(std::string_view note) {
  if (note.size() > kNoteBytesMax) return bad_note("too long");
  if (!is_utf8(note)) return bad_note("not UTF-8");
  if (has_control(note)) return bad_note("has a control character");
  const auto blank = note.rfind("\n\n");
  if (blank == std::string_view::npos) return bad_note("no empty line before the signatures");
  SplitNote out{note.substr(0, blank + 1), {}};
  out.lines = TRY(parse_signature_lines(note.substr(blank + 2)));
  if (out.lines.empty()) return bad_note("no signature");
  return out;
}

Result<Note> open_note(std::string_view note, std::span<const NoteVerifier> known) {
  const SplitNote split = TRY(split_note(note));
  const std::string_view text = split.text;
  Note out{std::string(text), {}};
  for (const SignatureLine& line : split.lines) {
    for (const NoteVerifier& verifier : known) {
      if (verifier.name != line.name || verifier.key_id() != line.key_id) continue;
      if (!verify_signature(verifier.key, text, line.signature)) {
        return fail(Errc::denied, "signed note: the signature of a known key is wrong");
      }
      // One key counts once, however often its line stands there.
      const auto same = [&](const NoteVerifier& v) { return v.key == verifier.key; };
      if (std::none_of(out.verified.begin(), out.verified.end(), same)) {
        out.verified.push_back(verifier);
      }
    }
  }
  if (out.verified.empty()) return fail(Errc::denied, "signed note: not signed by a known key");
  return out;
}

}  // namespace proviso::ledger
