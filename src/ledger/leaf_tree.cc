// SPDX-License-Identifier: Apache-2.0
#include "ledger/leaf_tree.h"

#include <utility>

#include "base/check.h"

namespace proviso::ledger {

// Pairing from below, where a last node without sibling moves up as it is, is the tree of RFC 6962:
// its left part is always the largest full one that is smaller than the whole.
LeafTree::LeafTree(std::vector<Digest> leaf_hashes) {
  levels_.push_back(std::move(leaf_hashes));
  while (levels_.back().size() > 1) {
    const std::vector<Digest>& below = levels_.back();
    std::vector<Digest> level;
    level.reserve((below.size() + 1) / 2);
    for (std::size_t i = 0; i + 1 < below.size(); i += 2) {
      level.push_back(node_hash(below[i], below[i + 1]));
    }
    if (below.size() % 2 != 0) level.push_back(below.back());
    levels_.push_back(std::move(level));
  }
}

Digest LeafTree::root() const {
  return levels_.back().empty() ? sha256("") : levels_.back().front();
}

std::vector<Digest> LeafTree::path(std::uint64_t index) const {
  CHECK(index < size());
  std::vector<Digest> out;
  for (const std::vector<Digest>& level : levels_) {
    const std::uint64_t sibling = index ^ 1U;
    if (sibling < level.size()) out.push_back(level[sibling]);
    index /= 2;
  }
  return out;
}

}  // namespace proviso::ledger
