// SPDX-License-Identifier: Apache-2.0
#include "rules/ascii.h"

#include <bit>

#ifdef __x86_64__
#include <immintrin.h>
#endif

// Texts are short and hot: 32 bytes a step where the processor has AVX2 (asked once), else 16.
namespace proviso::rules::ascii {
namespace {

// The ends of a needle: 0x20 in them makes letters equal in either case (and some other bytes too).
struct Frame {
  char first = 0;
  char last = 0;
  std::size_t size = 1;
};
Frame frame_of(std::string_view needle) {
  return {static_cast<char>(needle.front() | 0x20), static_cast<char>(needle.back() | 0x20),
          needle.size()};
}

#ifdef __x86_64__
const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;

__m128i load16(const char* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }
__attribute__((target("avx2"))) inline __m256i load32(const char* p) {
  return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(p));
}

// Places from `p` on, as bits, where the needle of a frame could begin.
__attribute__((target("avx2"))) inline unsigned places_avx2(const char* p, const Frame& frame) {
  const __m256i bit = _mm256_set1_epi8(0x20);
  const __m256i begin = _mm256_or_si256(load32(p), bit);
  const __m256i end = _mm256_or_si256(load32(p + frame.size - 1), bit);
  const __m256i both = _mm256_and_si256(_mm256_cmpeq_epi8(begin, _mm256_set1_epi8(frame.first)),
                                        _mm256_cmpeq_epi8(end, _mm256_set1_epi8(frame.last)));
  return static_cast<unsigned>(_mm256_movemask_epi8(both));
}
unsigned places_sse(const char* p, const Frame& frame) {
  const __m128i bit = _mm_set1_epi8(0x20);
  const __m128i begin = _mm_or_si128(load16(p), bit);
  const __m128i end = _mm_or_si128(load16(p + frame.size - 1), bit);
  const __m128i both = _mm_and_si128(_mm_cmpeq_epi8(begin, _mm_set1_epi8(frame.first)),
                                     _mm_cmpeq_epi8(end, _mm_set1_epi8(frame.last)));
  return static_cast<unsigned>(_mm_movemask_epi8(both));
}
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

namespace {

bool begins(const char* text, std::string_view needle) {
  return equal({text, needle.size()}, needle) == Equality::yes;
}

// The first of `places`, bits that count from `p`, where the needle begins; null where none does.
const char* first_of(unsigned places, const char* p, std::string_view needle) {
  for (; places != 0; places &= places - 1) {
    const char* at = p + std::countr_zero(places);
    if (begins(at, needle)) return at;
  }
  return nullptr;
}

#ifdef __x86_64__
// Looks at the places from `p` to `end`, at least a step of them; the last step overlaps.
__attribute__((target("avx2"))) const char* find_avx2(const char* p, const char* end,
                                                      std::string_view needle, const Frame& frame) {
  for (;; p += 32) {
    if (end - p < 32) p = end - 32;
    const unsigned places = places_avx2(p, frame);
    if (places != 0) {
      if (const char* at = first_of(places, p, needle)) return at;
    }
    if (end - p <= 32) return nullptr;
  }
}
const char* find_sse(const char* p, const char* end, std::string_view needle, const Frame& frame) {
  for (;; p += 16) {
    if (end - p < 16) p = end - 16;
    if (const char* at = first_of(places_sse(p, frame), p, needle)) return at;
    if (end - p <= 16) return nullptr;
  }
}
#endif

}  // namespace

std::size_t find(std::string_view text, std::string_view needle) {
  constexpr std::size_t kNowhere = std::string_view::npos;
  if (needle.size() > text.size()) return kNowhere;
  const char* p = text.data();
  const char* end = p + (text.size() - needle.size() + 1);
  const Frame frame = frame_of(needle);
#ifdef __x86_64__
  if (end - p >= 16) {
    const bool wide = kHasAvx2 && end - p >= 32;
    const char* at = wide ? find_avx2(p, end, needle, frame) : find_sse(p, end, needle, frame);
    return at != nullptr ? static_cast<std::size_t>(at - text.data()) : kNowhere;
  }
#endif
  for (; p < end; ++p) {
    const bool fits = (*p | 0x20) == frame.first && begins(p, needle);
    if (fits) return static_cast<std::size_t>(p - text.data());
  }
  return kNowhere;
}

namespace {

#ifdef __x86_64__
__attribute__((target("avx2"))) Survey survey_avx2(std::string_view text, std::string_view word,
                                                   const Frame& frame) {
  const __m256i slash = _mm256_set1_epi8('\\');
  const char* end = text.data() + text.size();
  const char* behind = word.empty() ? text.data() : end - word.size() + 1;  // places for the word
  unsigned beyond = 0;
  unsigned slashes = 0;
  bool found = false;
  for (const char* p = text.data(); p < end; p += 32) {
    const unsigned in_text = end - p >= 32 ? ~0U : (1U << (end - p)) - 1;
    const __m256i bytes = load32(p);
    beyond |= static_cast<unsigned>(_mm256_movemask_epi8(bytes)) & in_text;
    slashes |=
        static_cast<unsigned>(_mm256_movemask_epi8(_mm256_cmpeq_epi8(bytes, slash))) & in_text;
    if (p >= behind || found) continue;
    const unsigned places = places_avx2(p, frame);
    if (places == 0) continue;
    const char* at = first_of(places, p, word);
    found = at != nullptr && at < behind;
  }
  return {beyond != 0, slashes != 0, found};
}
#endif

}  // namespace

Survey survey(std::string_view text, std::string_view word) {
  if (text.size() < word.size()) word = {};
#ifdef __x86_64__
  if (kHasAvx2) {
    return survey_avx2(text, word, word.empty() ? Frame{} : frame_of(word));
  }
#endif
  constexpr std::uint64_t kBackslashes = std::uint64_t{'\\'} * kOnes;
  std::uint64_t all = 0;
  std::uint64_t zeros = 0;
  const char* p = text.data();
  std::size_t n = text.size();
  const auto take = [&](std::uint64_t w) {
    all |= w;
    zeros |= zero_bytes(w ^ kBackslashes);
  };
  for (; n >= 8; n -= 8, p += 8) take(load8(p));
  if (n > 0) take(load_few(p, n));
  return {beyond(all) != 0, zeros != 0, !word.empty() && contains(text, word)};
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
