// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "signals/prefetch.h"

namespace proviso::signals {

/// From hashes to small numbers: open addressing, eight bytes a slot, at most three quarters full.
/// The caller holds what the numbers stand for and says whether a candidate is the one. Removing
/// shifts the followers back, so that nothing dead is left. One thread.
class SlotTable {
 public:
  static constexpr std::uint32_t kNone = 0xFFFFFFFFU;

  /// The number under this hash for which `same(number)`; kNone where there is none.
  template <class Same>
  [[nodiscard]] std::uint32_t find(std::uint64_t hash, Same&& same) const {
    if (used_ == 0) return kNone;
    const auto tag = static_cast<std::uint32_t>(hash);
    for (std::size_t at = tag & mask();; at = (at + 1) & mask()) {
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
    std::size_t hole = tag & mask();
    while (slots_[hole].id != id || slots_[hole].tag != tag) hole = (hole + 1) & mask();
    for (std::size_t at = (hole + 1) & mask(); slots_[at].id != kNone; at = (at + 1) & mask()) {
      const std::size_t home = slots_[at].tag & mask();
      if (((at - home) & mask()) < ((at - hole) & mask())) continue;
      slots_[hole] = slots_[at];
      hole = at;
    }
    slots_[hole].id = kNone;
    --used_;
  }
  /// Brings the slot of a hash into the cache.
  void prefetch(std::uint64_t hash) const {
    if (!slots_.empty()) signals::prefetch(&slots_[static_cast<std::uint32_t>(hash) & mask()]);
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
  [[nodiscard]] std::size_t mask() const { return slots_.size() - 1; }
  void place(Slot slot) {
    std::size_t at = slot.tag & mask();
    while (slots_[at].id != kNone) at = (at + 1) & mask();
    slots_[at] = slot;
  }
  void grow() {
    std::vector<Slot> old(slots_.empty() ? 8 : slots_.size() * 2);
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.id != kNone) place(slot);
    }
  }
  std::vector<Slot> slots_;
  std::size_t used_ = 0;
};

}  // namespace proviso::signals
