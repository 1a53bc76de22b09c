// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rules/pattern.h"

namespace proviso::rules {

/// A rule's string as atoms. `*` and `?` are wildcards; a backslash takes the meaning from a
/// following `*`, `?` or backslash and is itself before anything else (pySigma's rule).
std::vector<Atom> parse_sigma_string(std::string_view text);

bool has_wildcard(const std::vector<Atom>& atoms);
/// Text without wildcards as bytes.
std::string plain_text(const std::vector<Atom>& atoms);
std::vector<Atom> literal_atoms(std::string_view bytes);

/// `windash`: a `-` or `/` that begins an option (nothing or no word character before it, a word
/// character behind it) stands for any of the five dashes.
std::vector<Atom> with_any_dash(std::vector<Atom> atoms);

/// `base64offset`: what the text looks like inside base64 at each of the three alignments, without
/// the characters that depend on its neighbours.
std::vector<std::string> base64_at_offsets(std::string_view bytes);

enum class Utf16 : std::uint8_t { little, big, marked };
/// UTF-8 to UTF-16 bytes; `marked` is little endian with a byte order mark.
std::string to_utf16(std::string_view text, Utf16 kind);

}  // namespace proviso::rules
