// SPDX-License-Identifier: Apache-2.0
#include "http/gunzip.h"

#include <gtest/gtest.h>

#include "http/representation.h"

namespace proviso::http {
namespace {

TEST(Gunzip, GivesBackWhatWasCompressed) {
  for (const std::size_t size : {0U, 1U, 1000U, 65536U, 65537U, 300'000U}) {
    std::string text;
    for (std::size_t i = 0; i < size; ++i) text.push_back(static_cast<char>(i * i / 7));
    const auto out = gunzip(compress(text, Encoding::gzip), size);
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_TRUE(*out == text) << size;
  }
}

TEST(Gunzip, StopsAtItsLimit) {
  const std::string bomb = compress(std::string(50'000'000, 'x'), Encoding::gzip);
  EXPECT_LT(bomb.size(), 100'000U);
  EXPECT_EQ(gunzip(bomb, 1'000'000).error().code, Errc::exhausted);
}

TEST(Gunzip, RefusesWhatIsCutChangedOrLonger) {
  const std::string good = compress("entry " + std::string(2000, 'e'), Encoding::gzip);
  ASSERT_TRUE(gunzip(good, 5000));
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_FALSE(gunzip(good.substr(0, size), 5000)) << size;
  }
  EXPECT_FALSE(gunzip(good + "x", 5000));
  std::string changed = good;
  changed[good.size() - 6] ^= 1;  // its checksum
  EXPECT_FALSE(gunzip(changed, 5000));
}

}  // namespace
}  // namespace proviso::http
