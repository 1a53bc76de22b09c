// SPDX-License-Identifier: Apache-2.0
#include "server/usage_flows.h"

#include <algorithm>
#include <cstring>
#include <functional>

namespace proviso::server {
namespace {

constexpr std::size_t kCellsMin = 1024;
constexpr std::size_t kBlockBytes = 1U << 20U;

}  // namespace

FlowTable::Slot FlowTable::slot_of(const model::UsageEvent& event, std::vector<char>& key) {
  const std::string_view texts[] = {event.subscription, event.service,         event.operation,
                                    event.region,       event.resource_type,   event.status,
                                    event.provider,     event.service_category};
  std::size_t size = sizeof texts / sizeof texts[0] * sizeof(std::uint16_t);
  for (const std::string_view text : texts) size += text.size();
  key.resize(size);
  char* out = key.data();
  for (const std::string_view text : texts) {  // at most model::kIdBytesMax each
    const auto length = static_cast<std::uint16_t>(text.size());
    std::memcpy(out, &length, sizeof length);
    out += sizeof length;
    if (!text.empty()) std::memcpy(out, text.data(), text.size());
    out += text.size();
  }
  return {std::hash<std::string_view>{}({key.data(), key.size()})};
}

void FlowTable::prefetch(Slot slot) const {
  if (!cells_.empty()) __builtin_prefetch(&cells_[begin_of(slot.hash)]);
}

void FlowTable::prefetch_flow(Slot slot) const {
  if (cells_.empty()) return;
  const Cell& cell = cells_[begin_of(slot.hash)];
  if (cell.flow != 0) __builtin_prefetch(&entries_[cell.flow - 1U]);
}

Flow* FlowTable::find(Slot slot, std::string_view key) {
  if (cells_.empty()) return nullptr;
  for (std::size_t i = begin_of(slot.hash);; i = (i + 1) & (cells_.size() - 1)) {
    const Cell& cell = cells_[i];
    if (cell.flow == 0) return nullptr;
    if (cell.hash != slot.hash) continue;
    Entry& entry = entries_[cell.flow - 1U];
    if (entry.key == key) return &entry.flow;
  }
}

Flow* FlowTable::put(Slot slot, std::string_view key, const Flow& flow) {
  if (entries_.size() == kFlowsMax) clear();
  if (4 * (entries_.size() + 1) > 3 * cells_.size()) grow();
  entries_.push_back({flow, keep(key)});
  place(slot.hash, static_cast<std::uint32_t>(entries_.size()));
  return &entries_.back().flow;
}

void FlowTable::place(std::uint64_t hash, std::uint32_t flow) {
  std::size_t i = begin_of(hash);
  while (cells_[i].flow != 0) i = (i + 1) & (cells_.size() - 1);
  cells_[i] = {hash, flow};
}

void FlowTable::grow() {
  const auto old = std::move(cells_);
  cells_.assign(std::max(kCellsMin, 2 * old.size()), Cell{});
  for (const Cell& cell : old) {
    if (cell.flow != 0) place(cell.hash, cell.flow);
  }
}

std::string_view FlowTable::keep(std::string_view key) {
  if (blocks_.empty() || block_used_ + key.size() > kBlockBytes) {
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(kBlockBytes));
    block_used_ = 0;
  }
  char* at = blocks_.back().get() + block_used_;
  std::memcpy(at, key.data(), key.size());
  block_used_ += key.size();
  return {at, key.size()};
}

void FlowTable::clear() {
  cells_.clear();
  entries_.clear();
  blocks_.clear();
  block_used_ = 0;
}

}  // namespace proviso::server
