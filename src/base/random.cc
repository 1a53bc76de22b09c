// SPDX-License-Identifier: Apache-2.0
#include "base/random.h"

#include <openssl/rand.h>

#include "base/check.h"

namespace proviso {

std::string SystemRandom::bytes(std::size_t count) {
  std::string out(count, '\0');
  CHECK(RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) == 1);
  return out;
}

std::string SeededRandom::bytes(std::size_t count) {
  std::string out;
  out.reserve(count);
  while (out.size() < count) {
    std::uint64_t word = next();
    for (int i = 0; i < 8 && out.size() < count; ++i, word >>= 8U) {
      out.push_back(static_cast<char>(word & 255U));
    }
  }
  return out;
}

// SplitMix64 (Steele, Lea, Flood 2014).
std::uint64_t SeededRandom::next() {
  std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
  z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
  z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
  return z ^ (z >> 31U);
}

std::uint64_t SeededRandom::below(std::uint64_t bound) {
  CHECK(bound > 0);
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64U);
}

double SeededRandom::unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

}  // namespace proviso
