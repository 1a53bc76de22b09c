// SPDX-License-Identifier: Apache-2.0
#include "http/target.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/encoding.h"

namespace proviso::http {
namespace {

std::unexpected<Error> bad(std::string_view what) {
  return fail(Errc::invalid_input, "the path " + std::string(what));
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Cuts the part before the next `separator` off the front.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
    return lower(x) == lower(y);
  });
}

Result<std::string> decode_segment(std::string_view segment) {
  std::string out;
  while (!segment.empty()) {
    if (segment[0] != '%') {
      out += segment[0];
      segment.remove_prefix(1);
      continue;
    }
    const auto byte = hex_decode(segment.substr(1, 2));
    if (segment.size() < 3 || !byte) return bad("has a % without two hexadecimal digits");
    out += *byte;
    segment.remove_prefix(3);
  }
  if (out == "." || out == "..") return bad("has a segment of dots");
  for (const char c : out) {
    if (c == '/' || c == '\\') return bad("has an encoded slash or a backslash");
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return bad("has a control character");
  }
  if (!is_utf8(out)) return bad("is not UTF-8");
  return out;
}

// "gzip;q=0.5": its weight in thousandths; 0 where it cannot be read.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view parameter = trimmed(next_part(parameters, ';'));
    if (!parameter.starts_with("q=") && !parameter.starts_with("Q=")) continue;
    const std::string_view digits = parameter.substr(2);
    if (digits.empty() || (digits[0] != '0' && digits[0] != '1') || digits.size() > 5) return 0;
    if (digits[0] == '1') return 1000;
    if (digits.size() < 3) return 0;
    int value = 0;
    const char* end = digits.data() + digits.size();
    const auto [stop, error] = std::from_chars(digits.data() + 2, end, value);
    if (digits[1] != '.' || error != std::errc() || stop != end || value < 0) return 0;
    for (std::size_t places = digits.size() - 2; places < 3; ++places) value *= 10;
    return value;
  }
  return 1000;
}

}  // namespace

Result<Target> parse_target(std::string_view target) {
  if (target.size() > kTargetBytesMax) return bad("is too long");
  if (!target.starts_with('/')) return bad("does not begin with /");
  if (target.find('#') != std::string_view::npos) return bad("has a fragment");
  Target out;
  std::string_view path = next_part(target, '?');
  out.query = target;
  if (path == "/") {
    out.path = "/";
    return out;
  }
  path.remove_prefix(1);
  const bool ends_in_slash = path.ends_with('/');
  if (ends_in_slash) path.remove_suffix(1);
  do {
    const std::string_view segment = next_part(path, '/');
    if (segment.empty()) return bad("has an empty segment");
    const std::string decoded = TRY(decode_segment(segment));
    out.path += "/" + decoded;
  } while (!path.empty());
  if (ends_in_slash) out.path += "/";
  return out;
}

std::string_view bearer_token(std::string_view authorization) {
  const std::string_view scheme = next_part(authorization, ' ');
  if (!equal_ignoring_case(scheme, "bearer")) return {};
  const std::string_view token = trimmed(authorization);
  if (token.size() > 200 || token.find(' ') != std::string_view::npos) return {};
  return token;
}

Encoding choose_encoding(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> zstd;
  int others = 0;
  while (!accept_encoding.empty()) {
    std::string_view item = next_part(accept_encoding, ',');
    const std::string_view name = trimmed(next_part(item, ';'));
    const int weight = weight_of(item);
    if (equal_ignoring_case(name, "gzip") || equal_ignoring_case(name, "x-gzip")) gzip = weight;
    if (equal_ignoring_case(name, "zstd")) zstd = weight;
    if (name == "*") others = weight;
  }
  const int of_gzip = gzip.value_or(others);
  const int of_zstd = zstd.value_or(others);
  if (of_zstd > 0 && of_zstd >= of_gzip) return Encoding::zstd;
  return of_gzip > 0 ? Encoding::gzip : Encoding::identity;
}

bool none_match_has(std::string_view if_none_match, std::string_view etag) {
  if (trimmed(if_none_match) == "*") return true;
  while (!if_none_match.empty()) {
    std::string_view item = trimmed(next_part(if_none_match, ','));
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (!item.empty() && item == etag) return true;
  }
  return false;
}

}  // namespace proviso::http
