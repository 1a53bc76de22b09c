// SPDX-License-Identifier: Apache-2.0
#include "base/siphash.h"

#include <bit>
#include <cstring>

namespace proviso {
namespace {

std::uint64_t little_endian(std::uint64_t word) {
  if constexpr (std::endian::native == std::endian::big) return __builtin_bswap64(word);
  return word;
}

std::uint64_t load(const char* bytes) {
  std::uint64_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return little_endian(word);
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v1 = std::rotl(v1, 13) ^ v0;
    v0 = std::rotl(v0, 32);
    v2 += v3;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 += v3;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 += v1;
    v1 = std::rotl(v1, 17) ^ v2;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
  std::uint64_t squeeze() {
    for (int i = 0; i < 4; ++i) round();
    return v0 ^ v1 ^ v2 ^ v3;
  }
};

}  // namespace

std::array<std::uint8_t, 16> siphash128(const SipKey& key, std::string_view bytes) {
  // The constants of the paper; 0xEE, 0xEE and 0xDD set 128 bits of output apart from 64.
  State state{key.first ^ 0x736F6D6570736575, key.second ^ 0x646F72616E646F6D ^ 0xEE,
              key.first ^ 0x6C7967656E657261, key.second ^ 0x7465646279746573};
  const std::uint64_t length = static_cast<std::uint64_t>(bytes.size()) << 56U;
  for (; bytes.size() >= 8; bytes.remove_prefix(8)) state.absorb(load(bytes.data()));
  char rest[8] = {};
  if (!bytes.empty()) std::memcpy(rest, bytes.data(), bytes.size());
  state.absorb(load(rest) | length);
  state.v2 ^= 0xEE;
  const std::uint64_t low = little_endian(state.squeeze());
  state.v1 ^= 0xDD;
  const std::uint64_t high = little_endian(state.squeeze());
  std::array<std::uint8_t, 16> out;
  std::memcpy(out.data(), &low, 8);
  std::memcpy(out.data() + 8, &high, 8);
  return out;
}

}  // namespace proviso
