// SPDX-License-Identifier: Apache-2.0
#include "ledger/cosignature.h"

#include <algorithm>

#include "base/check.h"

namespace proviso::ledger {
namespace {

// In every key and line. Never change.
constexpr char kTypeCosignature = 4;
constexpr std::string_view kLabel = "cosignature/v1\n";
constexpr std::size_t kTimeBytes = 8;
constexpr std::size_t kSignatureBytes = 64;

std::string signed_text(std::string_view text, std::uint64_t time) {
  return std::string(kLabel) + "time " + std::to_string(time) + "\n" + std::string(text);
}

std::string write_u64(std::uint64_t value) {
  std::string out;
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    out.push_back(static_cast<char>((value >> (shift - 8)) & 255U));
  }
  return out;
}

std::uint64_t read_u64(std::string_view bytes) {
  std::uint64_t out = 0;
  for (const char c : bytes.substr(0, 8)) out = (out << 8U) | static_cast<unsigned char>(c);
  return out;
}

bool is_line_of(const SignatureLine& line, const CosignerKey& key) {
  return line.name == key.name && line.key_id == key.key_id();
}

// Its time in seconds.
Result<std::int64_t> verify_line(const SignatureLine& line, std::string_view text,
                                 const CosignerKey& key) {
  const auto bad = [] {
    return fail(Errc::denied, "cosignature: that of a known witness is wrong");
  };
  if (line.signature.size() != kTimeBytes + kSignatureBytes) return bad();
  const std::uint64_t time = read_u64(line.signature);
  if (time > INT64_MAX) return bad();
  const std::string_view signature = std::string_view(line.signature).substr(kTimeBytes);
  if (!verify_signature(key.key, signed_text(text, time), signature)) return bad();
  return static_cast<std::int64_t>(time);
}

}  // namespace

std::uint32_t CosignerKey::key_id() const { return verifier_key_id(name, kTypeCosignature, key); }

std::string CosignerKey::format() const { return format_verifier_key(name, kTypeCosignature, key); }

Result<CosignerKey> CosignerKey::parse(std::string_view vkey) {
  auto parsed = TRY(
      parse_verifier_key(vkey, kTypeCosignature, "not a key for Ed25519 cosignatures (type 4)"));
  return CosignerKey{std::move(parsed.name), parsed.key};
}

std::string cosign(const std::string& name, const SigningKey& key, std::string_view text,
                   Time time) {
  CHECK(is_note_name(name) && text.ends_with('\n'));
  const auto seconds = static_cast<std::uint64_t>(std::max<std::int64_t>(0, unix_seconds(time)));
  const CosignerKey cosigner{name, key.public_key()};
  return format_signature_line(
      {name, cosigner.key_id(), write_u64(seconds) + key.sign(signed_text(text, seconds))});
}

Result<std::vector<Cosignature>> verify_cosignatures(std::string_view note,
                                                     std::span<const CosignerKey> known) {
  const SplitNote split = TRY(split_note(note));
  std::vector<Cosignature> out;
  for (const SignatureLine& line : split.lines) {
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (!is_line_of(line, known[i])) continue;
      const std::int64_t time = TRY(verify_line(line, split.text, known[i]));
      const auto same = std::find_if(out.begin(), out.end(), [&](const Cosignature& c) {
        return known[c.cosigner].key == known[i].key;
      });
      if (same == out.end()) {
        out.push_back({i, time});
      } else {
        same->time = std::max(same->time, time);
      }
    }
  }
  return out;
}

Result<std::string> good_cosignature_line(std::string_view lines, std::string_view text,
                                          const CosignerKey& witness) {
  std::string out;
  std::int64_t newest = -1;
  for (const SignatureLine& line : TRY(parse_signature_lines(lines))) {
    if (!is_line_of(line, witness)) continue;
    const std::int64_t time = TRY(verify_line(line, text, witness));
    if (time <= newest) continue;
    newest = time;
    out = format_signature_line(line);
  }
  if (out.empty()) return fail(Errc::denied, "cosignature: the answer has none of the witness");
  return out;
}

}  // namespace proviso::ledger
