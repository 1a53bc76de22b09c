// SPDX-License-Identifier: Apache-2.0
#include "ledger/merkle.h"

#include <array>
#include <bit>
#include <cstring>
#include <string>
#include <utility>

#include "base/check.h"

namespace proviso::ledger {
namespace {

std::unexpected<Error> wrong_length() {
  return fail(Errc::invalid_input, "the proof has a wrong number of hashes for this tree");
}

// Folds `proof` onto `hash` as long as the node has a sibling to its left.
Digest fold_left(Digest hash, std::span<const Digest> proof) {
  for (const Digest& sibling : proof) hash = node_hash(sibling, hash);
  return hash;
}

// Folds the part of a path below the point where it meets the tree's right border: bit i of
// `index` says on which side the sibling of height i stands.
Digest fold_inner(Digest hash, EntryIndex index, std::span<const Digest> proof) {
  for (const Digest& sibling : proof) {
    hash = (index & 1U) != 0 ? node_hash(sibling, hash) : node_hash(hash, sibling);
    index >>= 1U;
  }
  return hash;
}

// The same, but only the siblings to the left: what the older tree consisted of.
Digest fold_inner_left(Digest hash, EntryIndex index, std::span<const Digest> proof) {
  for (const Digest& sibling : proof) {
    if ((index & 1U) != 0) hash = node_hash(sibling, hash);
    index >>= 1U;
  }
  return hash;
}

// The path from leaf `index` has `inner` hashes until it runs along the right border of a tree of
// `size`, and `border` after that, all of them left siblings.
struct PathShape {
  std::size_t inner;
  std::size_t border;
};
PathShape path_shape(EntryIndex index, std::uint64_t size) {
  const auto inner = static_cast<std::size_t>(std::bit_width(index ^ (size - 1)));
  return {inner, static_cast<std::size_t>(std::popcount(index >> inner))};
}

}  // namespace

Digest leaf_hash(std::string_view entry) { return sha256(std::string_view("\0", 1), entry); }

Digest node_hash(const Digest& left, const Digest& right) {
  std::array<char, 65> bytes{};
  bytes[0] = 1;
  std::memcpy(&bytes[1], left.bytes.data(), 32);
  std::memcpy(&bytes[33], right.bytes.data(), 32);
  return sha256({bytes.data(), bytes.size()});
}

Digest tree_root(std::span<const Digest> hashes) {
  Frontier frontier;
  for (const Digest& hash : hashes) frontier.push(hash, [](std::uint64_t, const Digest&) {});
  return frontier.root();
}

Result<void> verify_inclusion(EntryIndex index, std::uint64_t size, const Digest& leaf,
                              std::span<const Digest> proof, const Digest& root) {
  if (size > kTreeSizeMax) return fail(Errc::invalid_input, "the tree size is too large");
  if (index >= size) return fail(Errc::invalid_input, "the index is not below the tree size");
  const auto [inner, border] = path_shape(index, size);
  if (proof.size() != inner + border) return wrong_length();
  const Digest hash = fold_left(fold_inner(leaf, index, proof.first(inner)), proof.subspan(inner));
  if (hash != root) return fail(Errc::denied, "the proof does not lead to the root");
  return {};
}

Result<void> verify_consistency(std::uint64_t old_size, const Digest& old_root, std::uint64_t size,
                                const Digest& root, std::span<const Digest> proof) {
  if (size > kTreeSizeMax) return fail(Errc::invalid_input, "the tree size is too large");
  if (old_size == 0) return fail(Errc::invalid_input, "an empty old tree proves nothing");
  if (old_size > size) return fail(Errc::invalid_input, "the old tree is larger than the new one");
  if (old_size == size) {
    if (!proof.empty()) return wrong_length();
    if (old_root != root) return fail(Errc::denied, "two roots for one size");
    return {};
  }
  // The proof starts at the largest full subtree at the old tree's right end. If that is the whole
  // old tree, its hash is the old root and not repeated in the proof.
  const auto [inner_all, border] = path_shape(old_size - 1, size);
  const auto shift = static_cast<std::size_t>(std::countr_zero(old_size));
  const std::size_t inner = inner_all - shift;
  const bool starts_at_old_root = std::has_single_bit(old_size);
  const std::size_t start = starts_at_old_root ? 0 : 1;
  if (proof.size() != start + inner + border) return wrong_length();
  const Digest seed = starts_at_old_root ? old_root : proof[0];
  const auto path = proof.subspan(start);
  const EntryIndex at = (old_size - 1) >> shift;
  const Digest old_hash =
      fold_left(fold_inner_left(seed, at, path.first(inner)), path.subspan(inner));
  if (old_hash != old_root) return fail(Errc::denied, "the proof does not lead to the old root");
  const Digest hash = fold_left(fold_inner(seed, at, path.first(inner)), path.subspan(inner));
  if (hash != root) return fail(Errc::denied, "the proof does not lead to the root");
  return {};
}

Digest Frontier::root() const {
  if (peaks_.empty()) return sha256("");
  Digest hash = peaks_.back();
  for (std::size_t i = peaks_.size() - 1; i > 0; --i) hash = node_hash(peaks_[i - 1], hash);
  return hash;
}

Frontier Frontier::resume(std::uint64_t size, std::vector<Digest> peaks) {
  CHECK(static_cast<std::size_t>(std::popcount(size)) == peaks.size());
  Frontier frontier;
  frontier.size_ = size;
  frontier.peaks_ = std::move(peaks);
  return frontier;
}

}  // namespace proviso::ledger
