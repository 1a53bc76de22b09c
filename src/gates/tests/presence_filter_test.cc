// SPDX-License-Identifier: Apache-2.0
#include "gates/presence_filter.h"

#include <vector>

#include <gtest/gtest.h>

namespace proviso::gates {
namespace {

std::vector<IdKey> some_keys(std::size_t count, SeededRandom& random) {
  std::vector<IdKey> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({random.next(), random.next(), true});
  return out;
}

TEST(PresenceFilter, HoldsWhatWasAddedAndLittleElse) {
  SeededRandom random(1);
  for (const std::size_t count : {1U, 2U, 100U, 100'000U}) {
    std::vector<std::uint64_t> words(PresenceFilter::words_for(count));
    const auto keys = some_keys(count, random);
    for (const IdKey& key : keys) PresenceFilter::add(words, key);
    const PresenceFilter filter(words);
    for (const IdKey& key : keys) ASSERT_TRUE(filter.may_hold(key));
    std::size_t wrong = 0;
    for (const IdKey& key : some_keys(100'000, random)) wrong += filter.may_hold(key) ? 1U : 0U;
    EXPECT_LT(wrong, 2'500U) << count;
  }
}

TEST(PresenceFilter, AnEmptyOneHoldsNothing) {
  SeededRandom random(2);
  const std::vector<std::uint64_t> words(PresenceFilter::words_for(0));
  for (const IdKey& key : some_keys(1000, random)) {
    EXPECT_FALSE(PresenceFilter(words).may_hold(key));
  }
}

}  // namespace
}  // namespace proviso::gates
