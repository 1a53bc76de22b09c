// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <string_view>
#include <vector>

#include "ledger/merkle.h"

namespace proviso::gates::testing {

/// A log that grows by many small steps, each of which is proven: RFC 6962 with the roots of all
/// full subtrees kept, so that a root or a proof costs its own length and not the log's.
class GrowingLog {
 public:
  void push(std::string_view entry) {
    frontier_.push(ledger::leaf_hash(entry), [this](std::uint64_t height, const Digest& root) {
      if (height == levels_.size()) levels_.emplace_back();
      levels_[height].push_back(root);
    });
  }
  [[nodiscard]] std::uint64_t size() const { return frontier_.size(); }
  [[nodiscard]] Digest root() const { return frontier_.root(); }
  /// Of entry `index` in the log as it is.
  [[nodiscard]] std::vector<Digest> path(std::uint64_t index) const {
    return path_in(0, size(), index);
  }
  /// That the log of `old_size` entries is the beginning of this one; empty where it is the same.
  [[nodiscard]] std::vector<Digest> consistency(std::uint64_t old_size) const {
    return subproof(0, size(), old_size, true);
  }

 private:
  // The largest power of two below `count`, which is 2 or more.
  static std::uint64_t split_of(std::uint64_t count) { return std::bit_floor(count - 1); }

  // Of the entries from `begin`, where a subtree begins, up to `end`.
  [[nodiscard]] Digest root_of(std::uint64_t begin, std::uint64_t end) const {
    const std::uint64_t count = end - begin;
    if (std::has_single_bit(count)) {
      const auto height = static_cast<std::size_t>(std::countr_zero(count));
      return levels_[height][begin >> height];
    }
    const std::uint64_t middle = begin + split_of(count);
    return ledger::node_hash(root_of(begin, middle), root_of(middle, end));
  }
  [[nodiscard]] std::vector<Digest> path_in(std::uint64_t begin, std::uint64_t end,
                                            std::uint64_t index) const {
    if (end - begin == 1) return {};
    const std::uint64_t middle = begin + split_of(end - begin);
    const bool left = index < middle;
    auto out = left ? path_in(begin, middle, index) : path_in(middle, end, index);
    out.push_back(left ? root_of(middle, end) : root_of(begin, middle));
    return out;
  }
  // Section 2.1.2: `whole` where the old tree, up to `old_end`, is one of its own.
  [[nodiscard]] std::vector<Digest> subproof(std::uint64_t begin, std::uint64_t end,
                                             std::uint64_t old_end, bool whole) const {
    if (old_end == end) {
      return whole ? std::vector<Digest>() : std::vector<Digest>{root_of(begin, end)};
    }
    const std::uint64_t middle = begin + split_of(end - begin);
    const bool left = old_end <= middle;
    auto out =
        left ? subproof(begin, middle, old_end, whole) : subproof(middle, end, old_end, false);
    out.push_back(left ? root_of(middle, end) : root_of(begin, middle));
    return out;
  }

  ledger::Frontier frontier_;
  std::vector<std::vector<Digest>> levels_;  // by height, the leaves first
};

}  // namespace proviso::gates::testing
