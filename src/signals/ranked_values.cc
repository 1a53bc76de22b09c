// SPDX-License-Identifier: Apache-2.0
#include "signals/ranked_values.h"

#include <algorithm>

namespace proviso::signals {
namespace {

constexpr std::size_t kBlockMax = 128;

}  // namespace

// The first block that ends at `value` or above; the last one where there is none.
std::size_t RankedValues::block_of(double value) const {
  const auto at =
      std::ranges::lower_bound(blocks_, value, {}, [](const auto& block) { return block.back(); });
  return static_cast<std::size_t>(at - blocks_.begin()) - (at == blocks_.end() ? 1 : 0);
}

void RankedValues::insert(double value) {
  ++size_;
  if (blocks_.empty()) return blocks_.push_back({value});
  const std::size_t at = block_of(value);
  std::vector<double>& block = blocks_[at];
  block.insert(std::ranges::upper_bound(block, value), value);
  if (block.size() <= kBlockMax) return;
  const auto middle = block.begin() + static_cast<std::ptrdiff_t>(kBlockMax / 2);
  std::vector<double> upper(middle, block.end());
  block.erase(middle, block.end());
  blocks_.insert(blocks_.begin() + static_cast<std::ptrdiff_t>(at) + 1, std::move(upper));
}

void RankedValues::erase(double value) {
  --size_;
  const std::size_t at = block_of(value);
  std::vector<double>& block = blocks_[at];
  block.erase(std::ranges::lower_bound(block, value));
  if (block.empty()) blocks_.erase(blocks_.begin() + static_cast<std::ptrdiff_t>(at));
}

double RankedValues::at(std::size_t rank) const {
  for (const std::vector<double>& block : blocks_) {
    if (rank < block.size()) return block[rank];
    rank -= block.size();
  }
  return 0;
}

double RankedValues::percentile(double p) const {
  const double rank = p / 100 * static_cast<double>(size_ - 1);
  const auto low = static_cast<std::size_t>(rank);
  const double below = at(low);
  if (low + 1 == size_) return below;
  return below + (at(low + 1) - below) * (rank - static_cast<double>(low));
}

std::size_t RankedValues::heap_bytes() const {
  std::size_t bytes = blocks_.capacity() * sizeof(std::vector<double>);
  for (const auto& block : blocks_) bytes += block.capacity() * sizeof(double);
  return bytes;
}

}  // namespace proviso::signals
