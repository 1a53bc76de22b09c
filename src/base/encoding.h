// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso {

/// Lower-case hexadecimal of any bytes.
std::string hex_encode(std::string_view bytes);
/// Accepts lower and upper case; an odd length or another character is invalid_input.
Result<std::string> hex_decode(std::string_view text);

/// RFC 4648 base64 with padding.
std::string base64_encode(std::string_view bytes);
/// Strict: padding required, no white space, no surplus bits (one text per value).
Result<std::string> base64_decode(std::string_view text);

/// True where `text` is well-formed UTF-8 (no surrogates, no overlong forms, at most U+10FFFF).
bool is_utf8(std::string_view text);
/// Text made safe for a terminal or a log line: control characters and broken UTF-8 become '?',
/// and it is cut to `max_bytes` at a character boundary.
std::string printable(std::string_view text, std::size_t max_bytes = 200);

}  // namespace proviso
