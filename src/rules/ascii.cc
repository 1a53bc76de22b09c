// SPDX-License-Identifier: Apache-2.0
#include "rules/ascii.h"

#include <bit>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace proviso::rules::ascii {
namespace {

#ifdef __SSE2__
__m128i load16(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
#endif

}  // namespace

bool all_of(std::string_view text) {
  const char* p = text.data();
  std::size_t n = text.size();
  std::uint64_t all = 0;
  for (; n >= 32; n -= 32, p += 32) {
    all |= (load8(p) | load8(p + 8)) | (load8(p + 16) | load8(p + 24));
  }
  for (; n >= 8; n -= 8, p += 8) all |= load8(p);
  if (n > 0) all |= load_few(p, n);
  return beyond(all) == 0;
}

Survey survey(std::string_view text) {
  constexpr std::uint64_t kBackslashes = std::uint64_t{'\\'} * kOnes;
  std::uint64_t all = 0;
  std::uint64_t zeros = 0;
  const char* p = text.data();
  std::size_t n = text.size();
#ifdef __SSE2__
  const __m128i slash = _mm_set1_epi8('\\');
  __m128i bytes = _mm_setzero_si128();
  __m128i slashes = _mm_setzero_si128();
  for (; n >= 32; n -= 32, p += 32) {
    const __m128i a = load16(p);
    const __m128i b = load16(p + 16);
    bytes = _mm_or_si128(bytes, _mm_or_si128(a, b));
    slashes =
        _mm_or_si128(slashes, _mm_or_si128(_mm_cmpeq_epi8(a, slash), _mm_cmpeq_epi8(b, slash)));
  }
  if (_mm_movemask_epi8(bytes) != 0) all = kHighs;
  if (_mm_movemask_epi8(slashes) != 0) zeros = 1;
#endif
  const auto take = [&](std::uint64_t w) {
    all |= w;
    zeros |= zero_bytes(w ^ kBackslashes);
  };
  for (; n >= 8; n -= 8, p += 8) take(load8(p));
  if (n > 0) take(load_few(p, n));
  return {beyond(all) != 0, zeros != 0};
}

namespace {

bool begins(const char* text, std::string_view needle) {
  return equal({text, needle.size()}, needle) == Equality::yes;
}

}  // namespace

// The first and the last byte of the needle are looked for at once, sixteen places a step; 0x20 in
// both makes letters equal in either case (and some other bytes too: what is found is compared).
std::size_t find(std::string_view text, std::string_view needle) {
  constexpr std::size_t kNowhere = std::string_view::npos;
  if (needle.size() > text.size()) return kNowhere;
  const char* p = text.data();
  std::size_t places = text.size() - needle.size() + 1;
#ifdef __SSE2__
  const __m128i bit = _mm_set1_epi8(0x20);
  const __m128i first = _mm_set1_epi8(static_cast<char>(needle.front() | 0x20));
  const __m128i last = _mm_set1_epi8(static_cast<char>(needle.back() | 0x20));
  for (; places >= 16; places -= 16, p += 16) {
    const __m128i begin = _mm_or_si128(load16(p), bit);
    const __m128i end = _mm_or_si128(load16(p + needle.size() - 1), bit);
    const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(begin, first), _mm_cmpeq_epi8(end, last));
    for (auto found = static_cast<unsigned>(_mm_movemask_epi8(both)); found != 0;
         found &= found - 1) {
      const char* at = p + std::countr_zero(found);
      if (begins(at, needle)) return static_cast<std::size_t>(at - text.data());
    }
  }
#endif
  for (; places > 0; --places, ++p) {
    const bool fits = (*p | 0x20) == (needle.front() | 0x20) && begins(p, needle);
    if (fits) return static_cast<std::size_t>(p - text.data());
  }
  return kNowhere;
}

Equality equal(std::string_view text, std::string_view needle) {
  const char* p = text.data();
  const char* q = needle.data();
  std::size_t n = text.size();
  for (; n >= 8; n -= 8, p += 8, q += 8) {
    const std::uint64_t w = load8(p);
    if (beyond(w) != 0) return Equality::unknown;
    if (lower(w) != load8(q)) return Equality::no;
  }
  if (n == 0) return Equality::yes;
  const std::uint64_t w = load_few(p, n);
  if (beyond(w) != 0) return Equality::unknown;
  return lower(w) == load_few(q, n) ? Equality::yes : Equality::no;
}

}  // namespace proviso::rules::ascii
