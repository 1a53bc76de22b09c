// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ascii.h"

namespace proviso::rules {

/// The names that are wanted of an event, as a tree of object keys: a record is read once, and at
/// each key one look says whether anything in it is wanted.
///
/// `a.b` is wanted twice: as the top-level key "a.b" itself, and as `b` in `a`. Immutable, any
/// thread.
class FieldTree {
 public:
  struct Name {
    std::string text;
    bool top_level_only = false;  ///< no path, though it may have dots
  };
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};

  struct Node {
    std::uint32_t number = 0;
    std::uint32_t field = kNone;  ///< an index into the names
    bool literal = false;         ///< the field's name as it is, which comes before its path
    bool has_children = false;
    std::uint32_t slots_begin = 0;
    std::uint32_t slots_mask = 0;
    /// Bit n: some child's key has n bytes (63: that or more).
    std::uint64_t sizes = 0;
  };

  explicit FieldTree(std::span<const Name> names);

  [[nodiscard]] const Node& root() const { return nodes_[0]; }
  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  /// The child of `node` under `key`, or null.
  [[nodiscard]] const Node* child(const Node& node, std::string_view key) const {
    const std::size_t bit = key.size() < 63 ? key.size() : 63;
    if ((node.sizes >> bit & 1U) == 0) return nullptr;
    const Ends ends = ends_of(key);
    for (std::uint64_t at = hash_of(ends);; ++at) {
      const Slot& slot = slots_[node.slots_begin + (at & node.slots_mask)];
      if (slot.node == kNone) return nullptr;
      if (slot.ends == ends && (key.size() <= 16 || same_middle(slot, key))) {
        return &nodes_[slot.node];
      }
    }
  }

 private:
  /// The first and last eight bytes of a key, and its size: up to 16 bytes they are all of it.
  struct Ends {
    std::uint64_t first = 0;
    std::uint64_t last = 0;
    std::uint64_t size = 0;
    bool operator==(const Ends&) const = default;
  };
  struct Slot {
    Ends ends;
    std::uint32_t node = kNone;
    std::uint32_t key = 0;  ///< in keys_
  };
  static Ends ends_of(std::string_view key) {
    const std::size_t n = key.size();
    if (n >= 8) return {ascii::load8(key.data()), ascii::load8(key.data() + n - 8), n};
    return {n > 0 ? ascii::load_few(key.data(), n) : 0, 0, n};
  }
  // The children of a node are few: a weak hash will do.
  static std::uint64_t hash_of(const Ends& ends) {
    return (ends.first * 0x9E3779B97F4A7C15U + ends.last * 0xC2B2AE3D27D4EB4FU + ends.size) >> 40U;
  }
  [[nodiscard]] bool same_middle(const Slot& slot, std::string_view key) const {
    return std::memcmp(keys_.data() + slot.key, key.data(), key.size()) == 0;
  }

  std::vector<Node> nodes_;
  std::vector<Slot> slots_;
  std::string keys_;
};

}  // namespace proviso::rules
