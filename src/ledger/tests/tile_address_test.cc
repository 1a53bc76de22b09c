// SPDX-License-Identifier: Apache-2.0
#include "ledger/tile_address.h"

#include <gtest/gtest.h>

namespace proviso::ledger {
namespace {

TEST(TileAddress, ReadsWhatItWrites) {
  for (const char* path : {"tile/0/000", "tile/0/005", "tile/63/x001/000", "tile/0/x001/x234/067",
                           "tile/1/000.p/1", "tile/2/x001/234.p/255", "tile/entries/000",
                           "tile/entries/x999/999.p/17", "tile/0/x001/x000/x000/x000/x000/000"}) {
    const auto address = TileAddress::parse(path);
    ASSERT_TRUE(address) << path;
    EXPECT_EQ(address->path(), path);
  }
  EXPECT_EQ(TileAddress::parse("tile/3/x001/x234/067.p/9").value(),
            (TileAddress{.level = 3, .n = 1'234'067, .width = 9}));
  EXPECT_FALSE(TileAddress::parse("tile/entries/000").value().level);
}

TEST(TileAddress, RefusesEveryOtherText) {
  for (const char* path : {"",
                           "tile",
                           "tile/",
                           "tile/0",
                           "tile/0/",
                           "tile/0/0",
                           "tile/0/00",
                           "tile/0/0000",
                           "tile/00/000",
                           "tile/64/000",
                           "tile/-1/000",
                           "tile/a/000",
                           "tile/0/x000/005",
                           "tile/0/x01/005",
                           "tile/0/x001",
                           "tile/0/001/005",
                           "tile/0/000/",
                           "tile/0/000.p",
                           "tile/0/000.p/",
                           "tile/0/000.p/0",
                           "tile/0/000.p/01",
                           "tile/0/000.p/256",
                           "tile/0/000/5",
                           "tile/0/000.p/5/6",
                           "tile/0/x001.p/234",
                           "tile/0/../000",
                           "tile/entries/../../checkpoint",
                           "tile/entries/000.p/+5",
                           "tile/entries",
                           "checkpoint",
                           "tile/0/ 00",
                           "tile/0/000 ",
                           "tile/0/x001/x000/x000/x000/x000/x000/000",
                           "tile/data/000",
                           "tile/18446744073709551616/000",
                           "tile/0/000.p/18446744073709551615"}) {
    EXPECT_FALSE(TileAddress::parse(path)) << path;
  }
}

}  // namespace
}  // namespace proviso::ledger
