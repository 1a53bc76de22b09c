// SPDX-License-Identifier: Apache-2.0
#include "ledger/leaf_tree.h"

#include <string>

#include <gtest/gtest.h>

namespace proviso::ledger {
namespace {

TEST(LeafTree, IsTheTreeOfTheLogAndProvesEachLeaf) {
  std::vector<Digest> leaves;
  for (std::uint64_t size = 0; size < 70; ++size) {
    const LeafTree tree(leaves);
    EXPECT_EQ(tree.size(), size);
    EXPECT_EQ(tree.root(), tree_root(leaves));
    for (std::uint64_t i = 0; i < size; ++i) {
      EXPECT_TRUE(verify_inclusion(i, size, leaves[i], tree.path(i), tree.root()))
          << i << " of " << size;
    }
    leaves.push_back(leaf_hash(std::to_string(size)));
  }
}

}  // namespace
}  // namespace proviso::ledger
