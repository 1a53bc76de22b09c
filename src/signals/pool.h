// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/huge_pages.h"

namespace proviso::signals {

/// Objects by number, which never move; a number that was given back is used again. T is reset to
/// T{} when it is given back. The first 2 MiB come in small blocks, so that a small pool is small,
/// and what follows in blocks of a huge page each: with a million objects a look at one of them
/// would wait for the page table first. One thread.
template <class T>
class Pool {
 public:
  static constexpr std::size_t kSmall = 64;
  static constexpr std::size_t kLarge = HugePages<T>::kPage / sizeof(T);
  static_assert(kLarge % kSmall == 0 && HugePages<T>::kPage % sizeof(T) == 0);

  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t id = free_.back();
      free_.pop_back();
      return id;
    }
    if (next_ < kLarge && next_ % kSmall == 0) small_.push_back(std::make_unique<T[]>(kSmall));
    if (next_ >= kLarge && next_ % kLarge == 0) large_.emplace_back();
    return static_cast<std::uint32_t>(next_++);
  }
  void give_back(std::uint32_t id) {
    (*this)[id] = T{};
    free_.push_back(id);
  }
  T& operator[](std::uint32_t id) { return *const_cast<T*>(&std::as_const(*this)[id]); }
  const T& operator[](std::uint32_t id) const {
    if (id < kLarge) return small_[id / kSmall][id % kSmall];
    return large_[id / kLarge - 1].at(id % kLarge);
  }
  /// Numbers that were ever taken; some may be free.
  [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(next_); }

 private:
  /// A huge page of objects.
  class Block {
   public:
    Block() : objects_(HugePages<T>().allocate(kLarge)) {
      std::uninitialized_value_construct_n(objects_, kLarge);
    }
    Block(Block&& other) noexcept : objects_(std::exchange(other.objects_, nullptr)) {}
    Block& operator=(Block&&) = delete;
    ~Block() {
      if (objects_ == nullptr) return;
      std::destroy_n(objects_, kLarge);
      HugePages<T>().deallocate(objects_, kLarge);
    }
    [[nodiscard]] const T& at(std::size_t i) const { return objects_[i]; }

   private:
    T* objects_;
  };
  std::vector<std::unique_ptr<T[]>> small_;
  std::vector<Block> large_;
  std::vector<std::uint32_t> free_;
  std::size_t next_ = 0;
};

}  // namespace proviso::signals
