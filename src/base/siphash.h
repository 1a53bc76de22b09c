// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace proviso {

struct SipKey {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// SipHash-2-4 with 128 bits of output (Aumasson and Bernstein, 2012): a keyed hash for short texts
/// at about 1 ns a byte. Who does not know the key can neither find two texts of one hash nor tell
/// hashes from chance. For tables and identities inside one deployment, not for signatures. The
/// bytes are the same on every machine. Pure.
std::array<std::uint8_t, 16> siphash128(const SipKey& key, std::string_view bytes);

}  // namespace proviso
