// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/container/small_vector.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "model/effect.h"
#include "model/usage_event.h"

namespace proviso::signals {

/// A quantity of one unit.
struct Quantity {
  std::string unit;
  double value = 0;
  bool operator==(const Quantity&) const = default;
};

/// Use in one hour. To be added to what the store already has for the same key.
struct RollupCell {
  Time hour{};  ///< its beginning
  std::string subscription;
  std::string service;
  model::ActionClass action_class = model::ActionClass::other;
  std::string region;
  std::uint64_t count = 0;
  std::vector<Quantity> quantities;  ///< sorted by unit
  bool operator==(const RollupCell&) const = default;
};

/// A cell while it waits; dead after clear() and drain().
struct RollupView {
  std::int64_t hour = 0;  ///< hours since 1970-01-01 UTC
  std::string_view subscription;
  std::string_view service;
  model::ActionClass action_class = model::ActionClass::other;
  std::string_view region;
  std::uint64_t count = 0;
  struct Part {
    std::string_view unit;
    double value = 0;
  };
  std::span<const Part> quantities;  ///< in the order in which the units came
};

/// Adds up usage by hour, subscription, service, action class and region.
///
/// An event whose window covers several hours is shared out pro rata of time; counts stay integers
/// and their total exact (largest remainder, of equal remainders the earlier hour). Of a
/// window longer than kHoursMax only the last kHoursMax hours are kept, with their share. One
/// thread; no allocation for a cell that is already there.
class Rollup {
 public:
  static constexpr std::int64_t kHoursMax = 24 * 31;

  void add(const model::UsageEvent& event, model::ActionClass action_class);
  /// The cells since the last drain, sorted by key; the rollup is empty afterwards.
  std::vector<RollupCell> drain();
  /// The same without copies, in the order in which the cells came.
  void for_each(const std::function<void(const RollupView&)>& take) const;
  void clear();
  /// Cells waiting; drain when it grows beyond what memory should hold.
  [[nodiscard]] std::size_t cells() const { return cells_.size(); }

 private:
  struct Part {
    std::uint32_t unit = 0;  ///< in units_
    double value = 0;
  };
  struct Cell {
    std::string_view key;  ///< in blocks_
    std::uint64_t count = 0;
    boost::container::small_vector<Part, 2> quantities;
  };
  void add_to_hour(std::int64_t hour, const model::UsageEvent& event, model::ActionClass c,
                   std::uint64_t count, double share);
  Cell& cell_of(std::string_view key);
  std::string_view keep(std::string_view key);
  std::uint32_t unit_number(std::string_view unit);

  // A log of hours gives a cell for nearly every record: cells and keys lie one after the other,
  // and are let go together.
  std::vector<Cell> cells_;
  boost::unordered_flat_map<std::string_view, std::uint32_t, std::hash<std::string_view>> index_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_used_ = 0;
  std::vector<std::string> units_;
  std::string key_;
};

}  // namespace proviso::signals
