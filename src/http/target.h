// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

// The small texts of HTTP that we read ourselves. Robust to untrusted input; pure.
namespace proviso::http {

/// Longest request target that is read; longer ones are answered with 414.
inline constexpr std::size_t kTargetBytesMax = 4096;

struct Target {
  std::string path;
  std::string query;
};
/// A request target in origin form. Its path is decoded once, and refused where a segment is empty
/// (but for the last), "." or "..", or where after decoding it has a '/', '\', control character or
/// broken UTF-8 that was not there before: one path has one spelling. `invalid_input`.
Result<Target> parse_target(std::string_view target);

/// The token of "Authorization: Bearer TOKEN"; empty where there is none. At most 200 characters.
std::string_view bearer_token(std::string_view authorization);

enum class Encoding : std::uint8_t { identity, gzip, zstd };
/// What of "Accept-Encoding" we write: zstd before gzip before identity, unless weighted down.
Encoding choose_encoding(std::string_view accept_encoding);

/// Whether "If-None-Match" names `etag` (with its quotes), compared weakly; "*" names all.
bool none_match_has(std::string_view if_none_match, std::string_view etag);

}  // namespace proviso::http
