// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

namespace proviso::signals {

/// Objects by number, in blocks that never move; a number that was given back is used again. T is
/// reset to T{} when it is given back. One thread.
template <class T, std::size_t kBlock = 1024>
class Pool {
 public:
  std::uint32_t take() {
    if (!free_.empty()) {
      const std::uint32_t id = free_.back();
      free_.pop_back();
      return id;
    }
    if (next_ == blocks_.size() * kBlock) blocks_.push_back(std::make_unique<T[]>(kBlock));
    return static_cast<std::uint32_t>(next_++);
  }
  void give_back(std::uint32_t id) {
    (*this)[id] = T{};
    free_.push_back(id);
  }
  T& operator[](std::uint32_t id) { return blocks_[id / kBlock][id % kBlock]; }
  const T& operator[](std::uint32_t id) const { return blocks_[id / kBlock][id % kBlock]; }
  /// Numbers that were ever taken; some may be free.
  [[nodiscard]] std::uint32_t end() const { return static_cast<std::uint32_t>(next_); }

 private:
  std::vector<std::unique_ptr<T[]>> blocks_;
  std::vector<std::uint32_t> free_;
  std::size_t next_ = 0;
};

}  // namespace proviso::signals
