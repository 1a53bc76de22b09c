// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/pattern.h"

namespace proviso::rules {

/// A stretch of a string value: literal text, a wildcard, any of the dashes of `windash`, or a
/// placeholder of `expand`.
struct Piece {
  enum class Kind : std::uint8_t { text, many, one, dash, placeholder };
  Kind kind = Kind::text;
  std::string text{};  ///< of a text; the name of a placeholder
  bool operator==(const Piece&) const = default;
};
/// Neighbouring texts are joined; no text is empty. Hence an empty string has no pieces.
using Pieces = std::vector<Piece>;

/// A rule's string. `*` and `?` are wildcards; a backslash takes the meaning from a following `*`,
/// `?` or backslash and is itself before anything else (pySigma's rule).
Pieces parse_sigma_string(std::string_view text);
Pieces literal_pieces(std::string text);
/// Adds a piece at the end and joins texts.
void append(Pieces& pieces, Piece piece);
/// Text that parse_sigma_string() reads as the same but for lone backslashes: wildcards as they
/// are, literal ones with a backslash, placeholders as %name%. What pipelines' patterns see.
std::string plain(const Pieces& pieces);
/// Whether there is a wildcard or any dash.
bool has_wildcard(const Pieces& pieces);
bool has_placeholder(const Pieces& pieces);
std::vector<Atom> to_atoms(const Pieces& pieces);

/// `expand`: %name% becomes a placeholder where no backslash stands before it; `\%` is a `%`.
Pieces with_placeholders(const Pieces& pieces);

/// `windash`: a `-` or `/` that begins an option (nothing or no word character before it, a word
/// character behind it) stands for any of the five dashes.
Pieces with_any_dash(const Pieces& pieces);

/// `base64offset`: what the text looks like inside base64 at each of the three alignments, without
/// the characters that depend on its neighbours.
std::vector<std::string> base64_at_offsets(std::string_view bytes);

enum class Utf16 : std::uint8_t { little, big };
/// UTF-8 to UTF-16 bytes.
std::string to_utf16(std::string_view text, Utf16 kind);

}  // namespace proviso::rules
