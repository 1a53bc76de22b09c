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

std::uint32_t decode(std::string_view text, std::size_t size) {
  constexpr std::array<std::uint32_t, 5> kLeadBits = {0, 0x7F, 0x1F, 0x0F, 0x07};
  std::uint32_t c = static_cast<unsigned char>(text[0]) & kLeadBits[size];
  for (std::size_t i = 1; i < size; ++i) {
    c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3FU);
  }
  return c;
}

}  // namespace

Pieces parse_sigma_string(std::string_view text) {
  Pieces pieces;
  std::string literal;
  const auto flush = [&] {
    if (!literal.empty()) pieces.push_back({Piece::Kind::text, std::move(literal)});
    literal.clear();
  };
  bool escaped = false;
  for (const char c : text) {
    const bool wildcard = c == '*' || c == '?';
    if (escaped) {
      if (!wildcard && c != '\\') literal.push_back('\\');
      literal.push_back(c);
      escaped = false;
    } else if (c == '\\') {
      escaped = true;
    } else if (wildcard) {
      flush();
      pieces.push_back({c == '*' ? Piece::Kind::many : Piece::Kind::one});
    } else {
      literal.push_back(c);
    }
  }
  if (escaped) literal.push_back('\\');
  flush();
  return pieces;
}

Pieces literal_pieces(std::string text) {
  if (text.empty()) return {};
  return {{Piece::Kind::text, std::move(text)}};
}

void append(Pieces& pieces, Piece piece) {
  if (piece.kind == Piece::Kind::text) {
    if (piece.text.empty()) return;
    if (!pieces.empty() && pieces.back().kind == Piece::Kind::text) {
      pieces.back().text += piece.text;
      return;
    }
  }
  pieces.push_back(std::move(piece));
}

std::string plain(const Pieces& pieces) {
  std::string out;
  for (const Piece& piece : pieces) {
    switch (piece.kind) {
      case Piece::Kind::many: out.push_back('*'); break;
      case Piece::Kind::one: out.push_back('?'); break;
      case Piece::Kind::dash: out.push_back('-'); break;
      case Piece::Kind::placeholder: out += "%" + piece.text + "%"; break;
      case Piece::Kind::text:
        for (const char c : piece.text) {
          if (c == '*' || c == '?') out.push_back('\\');
          out.push_back(c);
        }
    }
  }
  return out;
}

bool has_wildcard(const Pieces& pieces) {
  return std::ranges::any_of(pieces, [](const Piece& p) {
    return p.kind != Piece::Kind::text && p.kind != Piece::Kind::placeholder;
  });
}

bool has_placeholder(const Pieces& pieces) {
  return std::ranges::find(pieces, Piece::Kind::placeholder, &Piece::kind) != pieces.end();
}

std::vector<Atom> to_atoms(const Pieces& pieces) {
  std::vector<Atom> atoms;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::many) atoms.push_back({Kind::many, 0});
    if (piece.kind == Piece::Kind::one) atoms.push_back({Kind::one, 0});
    if (piece.kind == Piece::Kind::dash) atoms.push_back({Kind::dash, 0});
    if (piece.kind != Piece::Kind::text) continue;
    for (const char c : piece.text) atoms.push_back({Kind::byte, c});
  }
  return atoms;
}

namespace {

// The end of "%name%" at `at`, or `at` where there is none.
std::size_t placeholder_end(std::string_view text, std::size_t at) {
  if (text[at] != '%' || (at > 0 && text[at - 1] == '\\')) return at;
  std::size_t end = at + 1;
  while (end < text.size() && is_word_byte(text[end])) ++end;
  return end > at + 1 && end < text.size() && text[end] == '%' ? end + 1 : at;
}

void expand_text(std::string_view text, Pieces& out) {
  std::string literal;
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t end = placeholder_end(text, i);
    if (end == i) {
      // "\\%" is a percent sign.
      const bool escape = text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '%';
      literal.push_back(text[escape ? i + 1 : i]);
      i += escape ? 2 : 1;
      continue;
    }
    append(out, {Piece::Kind::text, std::move(literal)});
    literal.clear();
    append(out, {Piece::Kind::placeholder, std::string(text.substr(i + 1, end - i - 2))});
    i = end;
  }
  append(out, {Piece::Kind::text, std::move(literal)});
}

}  // namespace

Pieces with_placeholders(const Pieces& pieces) {
  Pieces out;
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::text) {
      expand_text(piece.text, out);
    } else {
      append(out, piece);
    }
  }
  return out;
}

Pieces with_any_dash(const Pieces& pieces) {
  Pieces out;
  for (const Piece& piece : pieces) {
    if (piece.kind != Piece::Kind::text) {
      append(out, piece);
      continue;
    }
    const std::string& text = piece.text;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool dash = text[i] == '-' || text[i] == '/';
      const bool word_before = i > 0 && is_word_byte(text[i - 1]);
      const bool word_behind = i + 1 < text.size() && is_word_byte(text[i + 1]);
      const bool any = dash && !word_before && word_behind;
      append(out,
             any ? Piece{Piece::Kind::dash} : Piece{Piece::Kind::text, std::string(1, text[i])});
    }
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
