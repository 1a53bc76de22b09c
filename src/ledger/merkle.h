// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/digest.h"
#include "base/result.h"

// The tree of RFC 6962 section 2.1 with SHA-256. Pure functions; any thread.
namespace proviso::ledger {

/// Position of an entry in the log, from 0.
using EntryIndex = std::uint64_t;

/// More entries than this are refused everywhere, so that sums of sizes cannot overflow.
inline constexpr std::uint64_t kTreeSizeMax = std::uint64_t{1} << 62U;
/// Longest path in a tree of kTreeSizeMax, and so the most hashes in a proof.
inline constexpr std::size_t kProofHashesMax = 63;

Digest leaf_hash(std::string_view entry);
Digest node_hash(const Digest& left, const Digest& right);
/// The root over these leaf hashes (or roots of equal full subtrees); SHA-256("") for none.
Digest tree_root(std::span<const Digest> hashes);

/// Whether `proof` leads from the leaf at `index` to the `root` of a tree of `size` leaves.
/// `invalid_input` where the numbers cannot be, `denied` where the hashes do not lead there.
Result<void> verify_inclusion(EntryIndex index, std::uint64_t size, const Digest& leaf,
                              std::span<const Digest> proof, const Digest& root);

/// Whether the tree of `old_size` is the beginning of the tree of `size`. An old size of 0 proves
/// nothing and is refused, as is an old size that is larger. Errors as verify_inclusion().
Result<void> verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t size,
                                const Digest& root, std::span<const Digest> proof);

/// A tree that grows: the roots of its full subtrees, largest first. A leaf costs one hash on
/// average, the root at most 62.
class Frontier {
 public:
  /// Adds a leaf. `made(height, hash)` is told each full subtree that this completes, from the
  /// leaf itself (height 0) upwards.
  template <class Made>
  void push(Digest hash, Made&& made) {
    std::uint64_t height = 0;
    made(height, hash);
    for (std::uint64_t left = size_; (left & 1U) != 0; left >>= 1U) {
      hash = node_hash(peaks_.back(), hash);
      peaks_.pop_back();
      made(++height, hash);
    }
    peaks_.push_back(hash);
    ++size_;
  }
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] Digest root() const;
  /// Resumes at a known state: one peak per 1-bit of `size`, largest subtree first.
  static Frontier resume(std::uint64_t size, std::vector<Digest> peaks);

 private:
  std::uint64_t size_ = 0;
  std::vector<Digest> peaks_;
};

}  // namespace proviso::ledger
