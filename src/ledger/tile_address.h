// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso::ledger {

/// Which file of a tlog-tiles directory is meant. Its path is made from numbers, so that whoever
/// opens it opens nothing else.
struct TileAddress {
  std::optional<std::uint64_t> level;  ///< 0..63; nothing: a bundle of entries
  std::uint64_t n = 0;
  std::uint64_t width = 256;  ///< 1..256; below 256: partial

  bool operator==(const TileAddress&) const = default;
  [[nodiscard]] bool is_partial() const { return width < 256; }
  /// "tile/...", as tile_path() and bundle_path() write it.
  [[nodiscard]] std::string path() const;
  /// Reads exactly what path() writes: one address, one text. `invalid_input` otherwise.
  /// Robust to untrusted input.
  static Result<TileAddress> parse(std::string_view path);
};

}  // namespace proviso::ledger
