// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "signals/pool.h"
#include "signals/prefetch.h"
#include "signals/slot_table.h"

namespace proviso::signals {

/// The values of a group-by, as a small number.
enum class GroupId : std::uint32_t {};
constexpr std::uint32_t index(GroupId id) { return static_cast<std::uint32_t>(id); }

/// Each group once, however many windows and waiting events speak of it: 64 bytes, the text within
/// where it takes at most 48. A group lives as long as somebody holds it. One thread.
class GroupTable {
 public:
  explicit GroupTable(std::uint64_t seed) : seed_(seed) {}
  [[nodiscard]] std::uint64_t hash_of(std::string_view bytes) const;
  /// The group of these bytes, held once more; `hash` is hash_of(bytes).
  GroupId hold(std::string_view bytes, std::uint64_t hash);
  GroupId hold(std::string_view bytes) { return hold(bytes, hash_of(bytes)); }
  /// Bring what hold() will look at into the cache: first the slot, then the group.
  void prefetch_slot(std::uint64_t hash) const { table_.prefetch(hash); }
  void prefetch_group(std::uint64_t hash) const {
    const std::uint32_t id = table_.likely(hash);
    if (id != SlotTable::kNone) prefetch(&groups_[id]);
  }
  void hold(GroupId id) { ++groups_[index(id)].holders; }
  void let_go(GroupId id);
  /// Good until the group is let go.
  [[nodiscard]] std::string_view bytes(GroupId id) const { return groups_[index(id)].bytes(); }
  /// Depends on the bytes and the seed alone.
  [[nodiscard]] std::uint64_t hash(GroupId id) const { return groups_[index(id)].hash; }
  [[nodiscard]] std::size_t size() const { return table_.size(); }

 private:
  struct alignas(64) Group {
    static constexpr std::size_t kInline = 40;
    std::uint64_t hash = 0;
    std::uint32_t holders = 0;
    std::uint32_t size = 0;
    std::unique_ptr<char[]> heap;
    std::array<char, kInline> text{};
    [[nodiscard]] std::string_view bytes() const {
      return {size <= kInline ? text.data() : heap.get(), size};
    }
  };
  std::uint64_t seed_;
  Pool<Group> groups_;
  SlotTable table_;
};

/// How the bytes of a group are made: for each value '0' (null) or '1', its length, its text.
void append_group_value(std::string& bytes, bool is_null, std::string_view text);
/// Takes the first value off; false at the end.
bool take_group_value(std::string_view& bytes, bool& is_null, std::string_view& text);

}  // namespace proviso::signals
