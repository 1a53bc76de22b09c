// SPDX-License-Identifier: Apache-2.0
#include "gates/id_key.h"

#include <cstring>
#include <string>

#if defined(__SSSE3__)
#include <immintrin.h>
#endif

namespace proviso::gates {
namespace {

using u64 = std::uint64_t;
__extension__ using u128 = unsigned __int128;

constexpr std::size_t kGuidLength = 36;

// Each is some ten instructions, and called where every nanosecond counts.
#define PROVISO_INLINE [[gnu::always_inline]] inline

u64 word_at(const char* bytes) noexcept {
  u64 word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

// Both halves of the product folded together: every bit of the result rests on every bit of both.
PROVISO_INLINE u64 fold(u64 x, u64 y) noexcept {
  const u128 product = static_cast<u128>(x) * y;
  return static_cast<u64>(product) ^ static_cast<u64>(product >> 64U);
}

constexpr u64 kOdd = 0x9e3779b97f4a7c15U;  // 2^64 divided by the golden ratio

// A Feistel network of three rounds: whatever the round function, it is a permutation of 128 bits,
// so no two GUIDs meet (Luby and Rackoff, 1988).
PROVISO_INLINE IdKey permute(const KeySeed& seed, u64 left, u64 right, bool guid) noexcept {
  right ^= fold(left ^ seed.words[0], kOdd);
  left ^= fold(right ^ seed.words[1], kOdd);
  right ^= fold(left ^ seed.words[2], kOdd);
  return {left, right, guid};
}

#if defined(__SSSE3__)
// 16 hexadecimal digits to 8 bytes, in the lower half. `bad` collects what is no such digit.
PROVISO_INLINE __m128i from_hex(__m128i digits, __m128i& bad) noexcept {
  const __m128i lower = _mm_or_si128(digits, _mm_set1_epi8(0x20));
  const __m128i is_digit = _mm_and_si128(_mm_cmpgt_epi8(digits, _mm_set1_epi8('0' - 1)),
                                         _mm_cmplt_epi8(digits, _mm_set1_epi8('9' + 1)));
  const __m128i is_letter = _mm_and_si128(_mm_cmpgt_epi8(lower, _mm_set1_epi8('a' - 1)),
                                          _mm_cmplt_epi8(lower, _mm_set1_epi8('f' + 1)));
  bad = _mm_or_si128(bad, _mm_xor_si128(_mm_or_si128(is_digit, is_letter), _mm_set1_epi8(-1)));
  const __m128i values =
      _mm_or_si128(_mm_and_si128(is_digit, _mm_sub_epi8(digits, _mm_set1_epi8('0'))),
                   _mm_and_si128(is_letter, _mm_sub_epi8(lower, _mm_set1_epi8('a' - 10))));
  const __m128i pairs = _mm_maddubs_epi16(values, _mm_set1_epi16(0x0110));
  return _mm_packus_epi16(pairs, pairs);
}

// Places of the digits of 8-4-4-4-12 in three overlapping pieces of 16 bytes; -1 gives zero.
PROVISO_INLINE bool read_guid(const char* id, u64& left, u64& right) noexcept {
  const auto piece = [&](std::size_t at) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(id + at));
  };
  const __m128i p0 = piece(0);
  const __m128i p16 = piece(16);
  const __m128i p20 = piece(20);
  const __m128i first = _mm_or_si128(
      _mm_shuffle_epi8(p0, _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, -1, -1)),
      _mm_shuffle_epi8(
          p16, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 0, 1)));
  const __m128i second = _mm_or_si128(
      _mm_shuffle_epi8(p16,
                       _mm_setr_epi8(3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 15, -1, -1, -1, -1)),
      _mm_shuffle_epi8(
          p20, _mm_setr_epi8(-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 12, 13, 14, 15)));
  __m128i bad = _mm_setzero_si128();
  const __m128i left_bytes = from_hex(first, bad);
  const __m128i right_bytes = from_hex(second, bad);
  left = static_cast<u64>(_mm_cvtsi128_si64(left_bytes));
  right = static_cast<u64>(_mm_cvtsi128_si64(right_bytes));
  return _mm_movemask_epi8(bad) == 0;
}
#else
int digit_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

bool read_guid(const char* id, u64& left, u64& right) noexcept {
  std::array<unsigned char, 16> bytes{};
  std::size_t digits = 0;
  for (std::size_t i = 0; i < kGuidLength; ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) continue;
    const int digit = digit_of(id[i]);
    if (digit < 0) return false;
    unsigned char& byte = bytes[digits / 2];
    byte = static_cast<unsigned char>((byte << 4) | digit);
    ++digits;
  }
  std::memcpy(&left, bytes.data(), 8);
  std::memcpy(&right, bytes.data() + 8, 8);
  return true;
}
#endif

PROVISO_INLINE bool has_guid_dashes(std::string_view id) noexcept {
  return id[8] == '-' && id[13] == '-' && id[18] == '-' && id[23] == '-';
}

// Two lanes under different words of the seed, 16 bytes at a time; the last piece overlaps.
IdKey key_of_bytes(const KeySeed& seed, std::string_view id) noexcept {
  std::array<char, 16> padded{};
  const char* bytes = id.data();
  const std::size_t size = id.size();
  if (size < padded.size()) {
    if (size != 0) std::memcpy(padded.data(), bytes, size);
    bytes = padded.data();
  }
  u64 one = seed.words[0] ^ size;
  u64 two = seed.words[1];
  const auto mix = [&](std::size_t at) {
    const u64 x = word_at(bytes + at);
    const u64 y = word_at(bytes + at + 8);
    one = fold(one ^ x, seed.words[2] ^ y);
    two = fold(two ^ y, seed.words[3] ^ x);
  };
  for (std::size_t at = 0; at + 16 < size; at += 16) mix(at);
  mix(size > 16 ? size - 16 : 0);
  return permute(seed, one, two ^ size, false);
}

}  // namespace

KeySeed KeySeed::random(Random& random) {
  KeySeed seed;
  const std::string bytes = random.bytes(sizeof seed.words);
  std::memcpy(seed.words.data(), bytes.data(), bytes.size());
  return seed;
}

const KeySeed& KeySeed::of_process() {
  static const KeySeed seed = [] {
    SystemRandom random;
    return KeySeed::random(random);
  }();
  return seed;
}

GuidWords guid_of(const KeySeed& seed, const IdKey& key) noexcept {
  GuidWords guid{key.a, key.b};
  guid.right ^= fold(guid.left ^ seed.words[2], kOdd);
  guid.left ^= fold(guid.right ^ seed.words[1], kOdd);
  guid.right ^= fold(guid.left ^ seed.words[0], kOdd);
  return guid;
}

IdKey key_of(const KeySeed& seed, GuidWords guid) noexcept {
  return permute(seed, guid.left, guid.right, true);
}

IdKey key_of(const KeySeed& seed, std::string_view id) noexcept {
  u64 left = 0;
  u64 right = 0;
  if (id.size() == kGuidLength && has_guid_dashes(id) && read_guid(id.data(), left, right)) {
    return permute(seed, left, right, true);
  }
  return key_of_bytes(seed, id);
}

}  // namespace proviso::gates
