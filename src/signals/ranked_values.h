// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <vector>

namespace proviso::signals {

/// A multiset of numbers in order. Blocks of at most 128, so that adding and removing cost a search
/// and the move of a block, and finding by rank a walk over the blocks. No NaN. One thread.
class RankedValues {
 public:
  void insert(double value);
  /// The value must be there.
  void erase(double value);
  [[nodiscard]] std::size_t size() const { return size_; }
  /// From the least, beginning with 0; below size().
  [[nodiscard]] double at(std::size_t rank) const;
  /// Linear interpolation between the neighbours of rank p/100 * (n - 1); not empty.
  [[nodiscard]] double percentile(double p) const;
  [[nodiscard]] std::size_t heap_bytes() const;

 private:
  [[nodiscard]] std::size_t block_of(double value) const;
  std::vector<std::vector<double>> blocks_;  ///< none is empty
  std::size_t size_ = 0;
};

}  // namespace proviso::signals
