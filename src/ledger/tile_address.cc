// SPDX-License-Identifier: Apache-2.0
#include "ledger/tile_address.h"

#include "ledger/checkpoint.h"
#include "ledger/tiles.h"

namespace proviso::ledger {
namespace {

constexpr std::uint64_t kLevelMax = 63;
constexpr std::uint64_t kElement = 1000;
// 18 digits: more than kTreeSizeMax / 256, and no product of it overflows.
constexpr int kElementsMax = 6;

std::unexpected<Error> bad() {
  return fail(Errc::invalid_input, "not the path of a tile or of a bundle of entries");
}

std::string_view next_element(std::string_view& path) {
  const auto end = path.find('/');
  const std::string_view element = path.substr(0, end);
  path.remove_prefix(end == std::string_view::npos ? path.size() : end + 1);
  return element;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::uint64_t value_of(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) value = 10 * value + static_cast<std::uint64_t>(c - '0');
  return value;
}

}  // namespace

std::string TileAddress::path() const {
  return level ? tile_path(*level, n, width) : bundle_path(n, width);
}

Result<TileAddress> TileAddress::parse(std::string_view path) {
  const std::string_view whole = path;
  if (next_element(path) != "tile") return bad();
  TileAddress out;
  const std::string_view kind = next_element(path);
  if (kind != "entries") {
    out.level = TRY(parse_decimal(kind));
    if (*out.level > kLevelMax) return bad();
  }
  std::string_view element = next_element(path);
  for (int count = 1; element.starts_with('x'); ++count) {
    const std::string_view digits = element.substr(1);
    if (count == kElementsMax || digits.size() != 3 || !is_digits(digits)) return bad();
    out.n = out.n * kElement + value_of(digits);
    element = next_element(path);
  }
  const bool partial = element.ends_with(".p");
  if (partial) element.remove_suffix(2);
  if (element.size() != 3 || !is_digits(element)) return bad();
  out.n = out.n * kElement + value_of(element);
  if (partial) {
    out.width = TRY(parse_decimal(next_element(path)));
    if (out.width == 0 || out.width >= kTileWidth) return bad();
  }
  // What is left over, or a number with zeros in front, is another text for the same file.
  if (!path.empty() || out.path() != whole) return bad();
  return out;
}

}  // namespace proviso::ledger
