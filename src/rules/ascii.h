// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

// Text eight bytes at a time: each function treats a 64-bit word as eight bytes beside each other.
namespace proviso::rules::ascii {

inline constexpr std::uint64_t kOnes = 0x0101010101010101U;
inline constexpr std::uint64_t kHighs = 0x8080808080808080U;

inline std::uint64_t load8(const char* p) {
  std::uint64_t w = 0;
  std::memcpy(&w, p, 8);
  return w;
}
inline std::uint64_t load4(const char* p) {
  std::uint32_t w = 0;
  std::memcpy(&w, p, 4);
  return w;
}
/// The first `n` bytes, 1 to 7, of a text; the others 0.
inline std::uint64_t load_few(const char* p, std::size_t n) {
  if (n >= 4) return load4(p) | load4(p + n - 4) << 8 * (n - 4);
  const auto at = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(p[i])} << 8 * i;
  };
  return at(0) | at(n / 2) | at(n - 1);
}
/// ASCII bytes in lower case; bytes from 0x80 on stay.
inline std::uint64_t lower(std::uint64_t w) {
  const std::uint64_t low = w & ~kHighs;
  const std::uint64_t from_a = low + (0x80 - 'A') * kOnes;
  const std::uint64_t past_z = low + (0x80 - 'Z' - 1) * kOnes;
  const std::uint64_t upper = from_a & ~past_z & ~w & kHighs;
  return w | upper >> 2U;  // 0x80 >> 2 is 0x20, the bit between the cases
}
/// Not zero where some byte is zero.
inline std::uint64_t zero_bytes(std::uint64_t w) { return (w - kOnes) & ~w & kHighs; }
/// Not zero where some byte is not ASCII.
inline std::uint64_t beyond(std::uint64_t w) { return w & kHighs; }

/// Whether all bytes are ASCII.
bool all_of(std::string_view text);

struct Survey {
  bool beyond = false;     ///< some byte is not ASCII
  bool backslash = false;  ///< some byte is a backslash
  bool word = false;       ///< the word is in the text, in either case
};
inline constexpr std::size_t kWordBytesMax = 32;
/// All in one pass. `text` must be followed by 64 readable bytes. `word`: ASCII in lower case, at
/// most kWordBytesMax bytes; may be empty, then it is not found. Of a text that is not all ASCII
/// `word` may be told wrongly.
Survey survey(std::string_view text, std::string_view word);

/// Where `text`, all ASCII, contains `needle` in either case; npos where it does not. The needle is
/// in lower case and not empty.
std::size_t find(std::string_view text, std::string_view needle);
inline bool contains(std::string_view text, std::string_view needle) {
  return find(text, needle) != std::string_view::npos;
}

enum class Equality : std::uint8_t { no, yes, unknown };
/// Whether `text` in lower case is `needle`, which has the same size and is in lower case. Unknown
/// where a byte that is not ASCII comes before the first difference.
Equality equal(std::string_view text, std::string_view needle);

}  // namespace proviso::rules::ascii
