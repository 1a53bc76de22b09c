// SPDX-License-Identifier: Apache-2.0
#include "ledger/wal.h"

#include <gtest/gtest.h>

#include "base/encoding.h"

namespace proviso::ledger {
namespace {

TEST(Wal, WorkedExampleOfTheSpecification) {
  const std::vector<NewEntry> entries = {{"a", "hi"}};
  EXPECT_EQ(hex_encode(encode_frame(7, entries, "C\n")),
            "50564c3100000018000000000000000700000001016100026869000000024"
            "30a483ce14805c6d1b18dc197e13afc71ed");
}

}  // namespace
}  // namespace proviso::ledger
