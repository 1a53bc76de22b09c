// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "base/huge_pages.h"
#include "signals/prefetch.h"

namespace proviso::signals {

/// From hashes to small numbers: open addressing, eight bytes a slot, at most three quarters full.
/// The caller holds what the numbers stand for and says whether a candidate is the one. Removing
/// shifts the followers back, so that nothing dead is left.
///
/// A hash's place is its share of the whole range, so a table can have any size: a large one grows
/// by a quarter (10.7 to 13.3 bytes a number), and moves in order from the old slots to the new.
/// One thread.
class SlotTable {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  /// The number under this hash for which `same(number)`; kNone where there is none.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same&& same) const {
    if (used_ == 0) return kNone;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = home(tag);; at = after(at)) {
      const Slot& slot = slots_[at];
      if (slot.id == kNone) return kNone;
      if (slot.tag == tag && same(slot.id)) return slot.id;
    }
  }
  /// A number that may be it: what find() looks at first. For bringing it into the cache.
  [[nodiscard]] std::uint32_t likely(std::uint64_t hash) const {
    return find(hash, [](std::uint32_t) { return true; });
  }
  /// The number must not be there under this hash.
  void insert(std::uint64_t hash, std::uint32_t id) {
    if ((used_ + 1) * 4 > slots_.size() * 3) grow();
    place({static_cast<std::uint32_t>(hash), id});
    ++used_;
  }
  /// The number must be there under this hash.
  void erase(std::uint64_t hash, std::uint32_t id) {
    const auto tag = static_cast<std::uint32_t>(hash);
    std::size_t hole = home(tag);
    while (slots_[hole].id != id || slots_[hole].tag != tag) hole = after(hole);
    for (std::size_t at = after(hole); slots_[at].id != kNone; at = after(at)) {
      if (steps(home(slots_[at].tag), at) < steps(hole, at)) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole].id = kNone;
    --used_;
  }
  /// Brings the slot of a hash into the cache.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) signals::prefetch(&slots_[home(static_cast<std::uint32_t>(hash))]);
  }
  void clear() {
    slots_.clear();
    used_ = 0;
  }
  [[nodiscard]] std::size_t size() const { return used_; }
  [[nodiscard]] std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint32_t tag = 0;
    std::uint32_t id = kNone;
  };
  static constexpr std::size_t kDoubledBelow = 4096;
  [[nodiscard]] std::size_t home(std::uint32_t tag) const {
    return (std::uint64_t{tag} * slots_.size()) >> 32U;
  }
  [[nodiscard]] std::size_t after(std::size_t at) const {
    return at + 1 == slots_.size() ? 0 : at + 1;
  }
  /// From one slot on to another.
  [[nodiscard]] std::size_t steps(std::size_t from, std::size_t to) const {
    return to >= from ? to - from : to + slots_.size() - from;
  }
  void place(Slot slot) {
    std::size_t at = home(slot.tag);
    while (slots_[at].id != kNone) at = after(at);
    slots_[at] = slot;
  }
  void grow() {
    const std::size_t size = slots_.size();
    std::vector<Slot, HugePages<Slot>> old(size < kDoubledBelow ? std::max<std::size_t>(2 * size, 8)
                                                                : size + size / 4);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id != kNone) place(slot);
    }
  }
  std::vector<Slot, HugePages<Slot>> slots_;
  std::size_t used_ = 0;
};

}  // namespace proviso::signals
