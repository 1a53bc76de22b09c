// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "ledger/merkle.h"

namespace proviso::ledger {

/// A tree of RFC 6962 held whole in memory: for trees beside the log, of leaves that are all there.
/// About two hashes (64 bytes) a leaf. Immutable; any thread.
class LeafTree {
 public:
  explicit LeafTree(std::vector<Digest> leaf_hashes);
  [[nodiscard]] std::uint64_t size() const { return levels_.front().size(); }
  /// SHA-256("") where there is no leaf.
  [[nodiscard]] Digest root() const;
  /// What verify_inclusion() takes for this leaf. The caller sees that `index` is below size().
  [[nodiscard]] std::vector<Digest> path(std::uint64_t index) const;

 private:
  std::vector<std::vector<Digest>>
      levels_;  // the leaves first; a last one without sibling moves up
};

}  // namespace proviso::ledger
