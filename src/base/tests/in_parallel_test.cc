// SPDX-License-Identifier: Apache-2.0
#include "base/in_parallel.h"

#include <atomic>
#include <stdexcept>
#include <vector>

#include <gtest/gtest.h>

namespace proviso {
namespace {

TEST(InParallel, DoesEachOnce) {
  for (const std::size_t count : {0U, 1U, 63U, 64U, 65U, 128U, 1000U, 10'000U}) {
    std::vector<std::atomic<int>> done(count);
    in_parallel(count, [&](std::size_t i) { ++done[i]; });
    for (const auto& times : done) ASSERT_EQ(times, 1);
  }
}

TEST(InParallel, ThrowsWhatItsBodyThrows) {
  std::atomic<std::size_t> done = 0;
  EXPECT_THROW(in_parallel(10'000,
                           [&](std::size_t i) {
                             if (i == 5000) throw std::runtime_error("no memory");
                             ++done;
                           }),
               std::runtime_error);
  EXPECT_LT(done, 10'000U);
}

}  // namespace
}  // namespace proviso
