// SPDX-License-Identifier: Apache-2.0
#include "rules/sigma_string.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "rules/fold.h"

namespace proviso::rules {
namespace {

using Kind = Atom::Kind;

bool is_word_byte(char c) {
  // Beyond ASCII most characters are letters; a rule that has such an option is not known.
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}
bool is_word(const Atom& atom) { return atom.kind == Kind::byte && is_word_byte(atom.byte); }

std::uint32_t decode(std::string_view text, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t c = static_cast<unsigned char>(text[0]) & kLeadBits[size];
  for (std::size_t i = 1; i < size; ++i) {
    c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return c;
}

}  // namespace

std::vector<Atom> parse_sigma_string(std::string_view text) {
  std::vector<Atom> atoms;
  bool escaped = false;
  for (const char c : text) {
    const bool wildcard = c == '*' || c == '?';
    if (escaped) {
      if (!wildcard && c != '\\') atoms.push_back({Kind::byte, '\\'});
      atoms.push_back({Kind::byte, c});
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (wildcard) {
      atoms.push_back({c == '*' ? Kind::many : Kind::one, 0});
    } else {
      atoms.push_back({Kind::byte, c});
    }
  }
  if (escaped) atoms.push_back({Kind::byte, '\\'});
  return atoms;
}

bool has_wildcard(const std::vector<Atom>& atoms) {
  return std::ranges::any_of(atoms, [](const Atom& a) { return a.kind != Kind::byte; });
}

std::string plain_text(const std::vector<Atom>& atoms) {
  std::string text;
  for (const Atom& atom : atoms) text.push_back(atom.byte);
  return text;
}

std::vector<Atom> literal_atoms(std::string_view bytes) {
  std::vector<Atom> atoms;
  for (const char c : bytes) atoms.push_back({Kind::byte, c});
  return atoms;
}

std::vector<Atom> with_any_dash(std::vector<Atom> atoms) {
  std::vector<Atom> out = atoms;
  for (std::size_t i = 0; i < atoms.size(); ++i) {
    const bool dash = atoms[i].kind == Kind::byte && (atoms[i].byte == '-' || atoms[i].byte == '/');
    if (!dash) continue;
    const bool word_before = i > 0 && is_word(atoms[i - 1]);
    const bool word_behind = i + 1 < atoms.size() && is_word(atoms[i + 1]);
    if (!word_before && word_behind) out[i] = {Kind::dash, 0};
  }
  return out;
}

std::vector<std::string> base64_at_offsets(std::string_view bytes) {
  constexpr std::array<std::size_t, 3> kSkip = {0, 2, 3};
  constexpr std::array<std::size_t, 3> kCut = {0, 3, 2};
  std::vector<std::string> out;
  for (std::size_t offset = 0; offset < 3; ++offset) {
    const std::string text = base64_encode(std::string(offset, ' ') + std::string(bytes));
    const std::size_t end = text.size() - kCut[(bytes.size() + offset) % 3];
    out.push_back(end > kSkip[offset] ? text.substr(kSkip[offset], end - kSkip[offset]) : "");
  }
  return out;
}

std::string to_utf16(std::string_view text, Utf16 kind) {
  std::string out;
  const auto put = [&](std::uint32_t unit) {
    const char low = static_cast<char>(unit & 0xFFU);
    const char high = static_cast<char>(unit >> 8U);
    out.push_back(kind == Utf16::big ? high : low);
    out.push_back(kind == Utf16::big ? low : high);
  };
  if (kind == Utf16::marked) put(0xFEFF);
  while (!text.empty()) {
    const std::size_t size = character_bytes(text);
    const std::uint32_t c = decode(text, size);
    if (c >= 0x10000) {
      put(0xD800U + ((c - 0x10000U) >> 10U));
      put(0xDC00U + ((c - 0x10000U) & 0x3FFU));
    } else {
      put(c);
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace proviso::rules
