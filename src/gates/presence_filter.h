// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

#include "gates/id_key.h"

// Which subscriptions a table may hold: for nearly every request this is all that is read of it.
//
// A Bloom filter in which all bits of a key lie in one word of 64 (Putze, Sanders and Singler,
// 2007): one load and no second one that waits for it. With 12 bits to a key, three of them set, 1
// to 2 of 100 keys that are not there pass, and are then looked for in vain. 100,000 subscriptions
// take 150 KB, which stay in the cache of a core where 1.4 MB of buckets do not; 5 million take 7.5
// MB, which stay in that of the processor where 71 MB do not.
namespace proviso::gates {

class PresenceFilter {
 public:
  /// How many words for so many keys.
  static constexpr std::uint64_t words_for(std::uint64_t keys) { return keys * 12 / 64 + 1; }

  PresenceFilter() = default;
  /// `words` outlive it; at least one. With all bits 0 it holds nothing.
  explicit PresenceFilter(std::span<const std::uint64_t> words)
      : words_(words.data()), count_(words.size()) {}

  static void add(std::span<std::uint64_t> words, const IdKey& key) {
    words[place_of(key, words.size())] |= bits_of(key);
  }
  /// False: it was not added. True: it probably was.
  [[nodiscard]] bool may_hold(const IdKey& key) const noexcept {
    const std::uint64_t bits = bits_of(key);
    return (words_[place_of(key, count_)] & bits) == bits;
  }
  void prefetch(const IdKey& key) const noexcept {
    __builtin_prefetch(words_ + place_of(key, count_));
  }

 private:
  static std::uint64_t place_of(const IdKey& key, std::uint64_t count) {
    __extension__ using u128 = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<u128>(key.a) * count) >> 64U);
  }
  // From the half of `b` that tags (table_layout.h) are not made of.
  static std::uint64_t bits_of(const IdKey& key) {
    return (1ULL << (key.b >> 58U)) | (1ULL << ((key.b >> 52U) & 63U)) |
           (1ULL << ((key.b >> 46U) & 63U));
  }

  const std::uint64_t* words_ = nullptr;
  std::uint64_t count_ = 0;
};

}  // namespace proviso::gates
