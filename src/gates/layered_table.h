// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gates/packed_table.h"

// What a gate enforces after deltas: a table that stays (the base), a small one of the orders that
// came since, and a bit for each order of the base that is gone. A delta costs as much as what has
// changed since the base, and the base's memory is shared by the gates that follow one another.
namespace proviso::gates {

/// A table, and where in it an order is by its digest: 4 bytes an order. Immutable.
class BaseTable {
 public:
  explicit BaseTable(PackedTable table);
  [[nodiscard]] const PackedTable& table() const { return table_; }
  /// By digest; more than one only where a snapshot holds what is not checked here.
  [[nodiscard]] std::optional<std::uint32_t> number_of(const Digest& order) const;

 private:
  PackedTable table_;
  std::vector<std::uint32_t> by_digest_;
};

/// An order that came by a delta, with what a table is built from.
struct AddedOrder {
  EnforcedOrder order;
  std::vector<model::ScopeLine> scope;
};
/// Shared: by the gates that follow one another.
using AddedOrders = std::vector<std::shared_ptr<const AddedOrder>>;

/// The steps that begin (I10): without those that make it stricter and begin later than this, in
/// seconds since 1970. An order that is in shadow stays so, where its gate may not begin to enforce
/// it.
std::vector<model::EffectStep> beginning(const std::vector<model::EffectStep>& steps,
                                         std::int64_t no_stricter_after);

/// A bit for each order of the base.
using Gone = std::vector<std::uint64_t>;

/// Orders are numbered: those of the base, then those added. Cheap to copy, immutable; any thread.
class LayeredTable {
 public:
  LayeredTable() = default;
  /// `added`: null where there are none. `gone`: empty where none is.
  LayeredTable(std::shared_ptr<const BaseTable> base, std::shared_ptr<const PackedTable> added,
               Gone gone, std::int64_t no_stricter_after);

  /// Where a subscription stands. False: nothing names it.
  struct Found {
    PackedTable::Record base = nullptr;
    PackedTable::Record added = nullptr;
    explicit operator bool() const noexcept { return base != nullptr || added != nullptr; }
  };
  [[nodiscard]] const KeySeed& seed() const noexcept { return table_->seed(); }
  [[nodiscard]] Found find(const IdKey& key, std::string_view id) const noexcept {
    return {table_->find(key, id), added_table_ == nullptr ? nullptr : added_table_->find(key, id)};
  }
  /// One of a batch that something names.
  struct Hit {
    std::size_t number = 0;  ///< in the batch
    Found found;
  };
  /// As find() for keys[i] and requests[i], all at once, so that they wait for memory together.
  /// Writes those that are found in ascending order, and what judge() reads of them is near then.
  /// As many keys as requests and room in `hits`, at most kBatch. Returns how many.
  static constexpr std::size_t kBatch = 32;  // as many as lines of memory can be on the way
  std::size_t find_batch(std::span<const IdKey> keys, std::span<const Request> requests,
                         std::span<Hit> hits) const noexcept;
  /// As PackedTable::judge(); `at.no_stricter_after` is not looked at.
  [[nodiscard]] Judgement judge(const Found& found, const Request& request, const ServiceKeys& keys,
                                Instants at) const noexcept;
  [[nodiscard]] Judgement judge(const Found& found, const Request& request,
                                Instants at) const noexcept {
    return judge(found, request, ServiceKeys::of(seed(), request), at);
  }

  /// One more than the highest number; some below it may be gone.
  [[nodiscard]] std::uint32_t order_count() const;
  [[nodiscard]] bool is_gone(std::uint32_t number) const;
  /// Without those that are gone.
  [[nodiscard]] std::uint64_t enforced_count() const { return enforced_; }
  /// With the schedule that is enforced: without the steps that do not begin (I10).
  [[nodiscard]] EnforcedOrder order(std::uint32_t number) const;
  [[nodiscard]] const Digest& digest_of(std::uint32_t number) const noexcept;
  /// Whether the order has no effect any more, whatever the time is of the two.
  [[nodiscard]] bool is_over(std::uint32_t number, Instants at) const;
  /// None where it is not enforced.
  [[nodiscard]] std::optional<std::uint32_t> number_of(const Digest& order) const;
  /// Memory that checks read.
  [[nodiscard]] std::size_t bytes() const;

  [[nodiscard]] const std::shared_ptr<const BaseTable>& base() const { return base_; }
  [[nodiscard]] const Gone& gone() const { return gone_; }

 private:
  std::shared_ptr<const BaseTable> base_;     // shared with the gate before
  std::shared_ptr<const PackedTable> added_;  // shared by copies
  const PackedTable* table_ = nullptr;        // base_->table()
  const PackedTable* added_table_ = nullptr;  // added_
  std::int64_t no_stricter_after_ = 0;
  std::uint32_t base_orders_ = 0;
  std::uint64_t enforced_ = 0;
  Gone gone_;
};

}  // namespace proviso::gates
