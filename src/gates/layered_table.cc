// SPDX-License-Identifier: Apache-2.0
#include "gates/layered_table.h"

#include <algorithm>
#include <array>
#include <bit>
#include <numeric>

namespace proviso::gates {

using model::EffectStep;
using model::HeldEffect;

// As the checks of packed_table.cc go through them.
std::vector<EffectStep> beginning(const std::vector<EffectStep>& steps,
                                  std::int64_t no_stricter_after) {
  std::vector<EffectStep> out;
  HeldEffect held;
  for (const EffectStep& step : steps) {
    const HeldEffect next = step.held();
    if (unix_seconds(step.from) > no_stricter_after &&
        model::stricter(next.enforced(), held.enforced())) {
      continue;
    }
    held = next;
    out.push_back(step);
  }
  return out;
}

BaseTable::BaseTable(PackedTable table)
    : table_(std::move(table)), by_digest_(table_.order_count()) {
  std::iota(by_digest_.begin(), by_digest_.end(), 0U);
  std::sort(by_digest_.begin(), by_digest_.end(), [&](std::uint32_t a, std::uint32_t b) {
    return table_.digest_of(a) < table_.digest_of(b);
  });
}

std::optional<std::uint32_t> BaseTable::number_of(const Digest& order) const {
  const auto at = std::lower_bound(
      by_digest_.begin(), by_digest_.end(), order,
      [&](std::uint32_t a, const Digest& wanted) { return table_.digest_of(a) < wanted; });
  if (at == by_digest_.end() || table_.digest_of(*at) != order) return std::nullopt;
  return *at;
}

LayeredTable::LayeredTable(std::shared_ptr<const BaseTable> base,
                           std::shared_ptr<const PackedTable> added, Gone gone,
                           std::int64_t no_stricter_after)
    : base_(std::move(base)),
      added_(std::move(added)),
      table_(&base_->table()),
      added_table_(added_.get()),
      no_stricter_after_(no_stricter_after),
      base_orders_(static_cast<std::uint32_t>(base_->table().order_count())),
      enforced_(order_count()),
      gone_(std::move(gone)) {
  for (const std::uint64_t word : gone_) enforced_ -= static_cast<unsigned>(std::popcount(word));
}

std::size_t LayeredTable::find_batch(std::span<const IdKey> keys, std::span<const Request> requests,
                                     std::span<Hit> hits) const noexcept {
  const auto each_table = [&](const auto& step) {
    step(*table_);
    if (added_table_ != nullptr) step(*added_table_);
  };
  std::array<std::uint8_t, kBatch> likely;  // those that pass a filter: few
  std::size_t count = 0;
  each_table([&](const PackedTable& table) {
    for (const IdKey& key : keys) table.prefetch(key);
  });
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const bool added = added_table_ != nullptr && added_table_->may_hold(keys[i]);
    likely[count] = static_cast<std::uint8_t>(i);
    count += table_->may_hold(keys[i]) || added ? 1U : 0U;  // no branch to guess
  }
  each_table([&](const PackedTable& table) {
    for (std::size_t i = 0; i < count; ++i) table.prefetch_bucket(keys[likely[i]]);
  });
  each_table([&](const PackedTable& table) {
    for (std::size_t i = 0; i < count; ++i) table.prefetch_record(keys[likely[i]]);
  });
  std::size_t found = 0;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t number = likely[i];
    Hit& hit = hits[found];
    hit = {number, find(keys[number], requests[number].subscription)};
    if (!hit.found) continue;
    if (hit.found.base != nullptr) table_->prefetch_orders(hit.found.base);
    if (hit.found.added != nullptr) added_table_->prefetch_orders(hit.found.added);
    ++found;
  }
  return found;
}

Judgement LayeredTable::judge(const Found& found, const Request& request, const ServiceKeys& keys,
                              Instants at) const noexcept {
  at.no_stricter_after = no_stricter_after_;
  Judgement out;
  if (found.base != nullptr) {
    out = table_->judge(found.base, request, keys, at, gone_.empty() ? nullptr : gone_.data());
  }
  if (found.added != nullptr) {
    const Judgement added = added_table_->judge(found.added, request, keys, at);
    out.add(added, base_orders_);
    out.shadow.add(added.shadow, base_orders_);
  }
  return out;
}

std::uint32_t LayeredTable::order_count() const {
  const std::size_t added = added_table_ == nullptr ? 0 : added_table_->order_count();
  return base_orders_ + static_cast<std::uint32_t>(added);
}

bool LayeredTable::is_gone(std::uint32_t number) const {
  return number < base_orders_ && !gone_.empty() && gates::is_gone(gone_.data(), number);
}

EnforcedOrder LayeredTable::order(std::uint32_t number) const {
  EnforcedOrder out =
      number < base_orders_ ? table_->order(number) : added_table_->order(number - base_orders_);
  out.schedule = beginning(out.schedule, no_stricter_after_);
  return out;
}

const Digest& LayeredTable::digest_of(std::uint32_t number) const noexcept {
  return number < base_orders_ ? table_->digest_of(number)
                               : added_table_->digest_of(number - base_orders_);
}

bool LayeredTable::is_over(std::uint32_t number, Instants at) const {
  const auto from = number < base_orders_ ? table_->over_from(number)
                                          : added_table_->over_from(number - base_orders_);
  return from && *from <= std::min(at.one, at.other);
}

std::optional<std::uint32_t> LayeredTable::number_of(const Digest& order) const {
  for (std::uint32_t i = order_count(); i > base_orders_; --i) {
    if (digest_of(i - 1) == order) return i - 1;
  }
  const auto number = base_->number_of(order);
  return number && is_gone(*number) ? std::nullopt : number;
}

std::size_t LayeredTable::bytes() const {
  return table_->bytes() + (added_table_ == nullptr ? 0 : added_table_->bytes()) +
         gone_.size() * sizeof(gone_[0]);
}

}  // namespace proviso::gates
