// SPDX-License-Identifier: Apache-2.0
#include "gates/id_key.h"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace proviso::gates {
namespace {

KeySeed seed_of(std::uint64_t number) {
  SeededRandom random(number);
  return KeySeed::random(random);
}

const std::string kGuid = "0f8fad5b-d9cb-469f-a165-70867728950e";

std::string upper(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'a' && c <= 'f' ? c - 32 : c);
  return text;
}

TEST(IdKey, AGuidIsTheSameInEitherCase) {
  const KeySeed seed = seed_of(1);
  const IdKey key = key_of(seed, kGuid);
  EXPECT_TRUE(key.guid);
  EXPECT_EQ(key_of(seed, upper(kGuid)), key);
}

TEST(IdKey, EachDigitOfAGuidCounts) {
  const KeySeed seed = seed_of(1);
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  for (std::size_t i = 0; i < kGuid.size(); ++i) {
    if (kGuid[i] == '-') continue;
    for (const char digit : std::string("0123456789abcdef")) {
      std::string id = kGuid;
      id[i] = digit;
      const IdKey key = key_of(seed, id);
      EXPECT_TRUE(key.guid) << id;
      seen.emplace(key.a, key.b);
    }
  }
  EXPECT_EQ(seen.size(), 32U * 15U + 1U);
}

// Whatever is no GUID to the byte keeps its case: "AB…-" with one letter beyond f is another id.
TEST(IdKey, WhatIsNoGuidKeepsItsCase) {
  const KeySeed seed = seed_of(1);
  for (std::size_t i = 0; i < kGuid.size(); ++i) {
    for (const char wrong : std::string("gG/:@`-_ \x7f\xc3")) {
      if (wrong == kGuid[i]) continue;
      std::string id = kGuid;
      id[i] = wrong;
      EXPECT_FALSE(key_of(seed, id).guid) << id;
      EXPECT_NE(key_of(seed, id), key_of(seed, upper(id))) << id;
    }
  }
  for (const std::string& id :
       {kGuid.substr(1), kGuid + "0", std::string(), std::string("SUB-1")}) {
    EXPECT_FALSE(key_of(seed, id).guid) << id;
  }
  EXPECT_NE(key_of(seed, "sub-1"), key_of(seed, "SUB-1"));
}

// Of every length from 0 to 300: each byte counts, and so does the length.
TEST(IdKey, EachByteOfAnyIdCounts) {
  const KeySeed seed = seed_of(2);
  std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
  std::size_t asked = 0;
  for (std::size_t size = 0; size <= 300; ++size) {
    std::string id(size, 'x');
    for (std::size_t i = 0; i <= size; ++i) {
      if (i < size) id[i] = 'y';
      const IdKey key = key_of(seed, id);
      seen.emplace(key.a, key.b);
      ++asked;
      if (i < size) id[i] = 'x';
    }
  }
  EXPECT_EQ(seen.size(), asked);
}

TEST(IdKey, RestsOnTheSeed) {
  for (const std::string& id : {kGuid, std::string("sub-1"), std::string()}) {
    EXPECT_NE(key_of(seed_of(1), id), key_of(seed_of(2), id)) << id;
    EXPECT_EQ(key_of(seed_of(3), id), key_of(seed_of(3), id)) << id;
  }
}

// Ids that count up fill buckets as chance does: neither half of the key shows a pattern.
TEST(IdKey, SpreadsIdsThatCountUp) {
  const KeySeed seed = seed_of(4);
  for (const char* form : {"sub-", "0f8fad5b-d9cb-469f-a165-7086772"}) {
    std::vector<int> by_a(256);
    std::vector<int> by_b(256);
    for (int i = 10000; i < 10000 + 65536; ++i) {
      const IdKey key = key_of(seed, form + std::to_string(i));
      ++by_a[key.a >> 56U];
      ++by_b[key.b & 0xffU];
    }
    for (const auto& counts : {by_a, by_b}) {
      // 256 in each on average, standard deviation 16: beyond six of them once in 2 million runs.
      EXPECT_GT(*std::min_element(counts.begin(), counts.end()), 160) << form;
      EXPECT_LT(*std::max_element(counts.begin(), counts.end()), 352) << form;
    }
  }
}

}  // namespace
}  // namespace proviso::gates
