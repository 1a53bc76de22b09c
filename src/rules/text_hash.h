// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/ascii.h"

namespace proviso::rules {

/// A hash of `text` in ASCII lower case. Not for tables that a stranger could fill.
struct TextHash {
  std::uint64_t value = 0;
  /// Some byte is not ASCII: then lower case is not what was hashed.
  bool beyond_ascii = false;
};

namespace text_hash {
__extension__ typedef unsigned __int128 Wide;
inline std::uint64_t mix(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}
}  // namespace text_hash

inline TextHash hash_text(std::string_view text, std::uint64_t seed) {
  std::uint64_t h = (seed + 1) * 0x9E3779B97F4A7C15U ^ text.size();
  std::uint64_t all = 0;
  const auto take = [&](std::uint64_t w) {
    all |= w;
    h = text_hash::mix(h ^ ascii::lower(w), 0xC2B2AE3D27D4EB4FU);
  };
  const char* p = text.data();
  std::size_t n = text.size();
  for (; n >= 8; n -= 8, p += 8) take(ascii::load8(p));
  if (n > 0) take(ascii::load_few(p, n));
  return {h ^ h >> 32U, ascii::beyond(all) != 0};
}

}  // namespace proviso::rules
