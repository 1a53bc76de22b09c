// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace proviso::signals {

__extension__ typedef unsigned __int128 Wide;

constexpr std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// 64 bits that depend on every byte and on the seed: multiplication of 64 x 64 bits, both halves
/// folded, 16 bytes a step. Who does not know the seed cannot choose values that collide; it is no
/// signature. Part of saved states (values are kept by hash): changing it changes the format.
inline std::uint64_t hash_bytes(std::string_view bytes, std::uint64_t seed) {
  constexpr std::uint64_t kA = 0x9E3779B97F4A7C15U;
  constexpr std::uint64_t kB = 0xC2B2AE3D27D4EB4FU;
  const auto word = [](const char* p) {
    std::uint64_t n = 0;
    std::memcpy(&n, p, 8);
    return n;
  };
  const char* p = bytes.data();
  std::size_t rest = bytes.size();
  std::uint64_t h = fold(seed ^ kA, bytes.size() ^ kB);
  for (; rest >= 16; rest -= 16, p += 16) h = fold(word(p) ^ kA ^ h, word(p + 8) ^ kB);
  char tail[16] = {};
  if (rest > 0) std::memcpy(tail, p, rest);
  h = fold(word(tail) ^ kA ^ h, word(tail + 8) ^ kB);
  return fold(h ^ kB, kA);
}

}  // namespace proviso::signals
