// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
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

/// Adds up usage by hour, subscription, service, action class and region.
///
/// An event whose window covers several hours is shared out pro rata of time; counts stay integers
/// and their total exact (largest remainder, of equal remainders the earlier hour). Windows longer
/// than kHoursMax count in full in their last kHoursMax hours. One thread; no allocation for a cell
/// that is already there.
class Rollup {
 public:
  static constexpr std::int64_t kHoursMax = 24 * 31;

  void add(const model::UsageEvent& event, model::ActionClass action_class);
  /// The cells since the last drain, sorted by key; the rollup is empty afterwards.
  std::vector<RollupCell> drain();
  /// Cells waiting; drain when it grows beyond what memory should hold.
  [[nodiscard]] std::size_t cells() const { return cells_.size(); }

 private:
  struct Cell {
    std::uint64_t count = 0;
    std::vector<Quantity> quantities;
  };
  void add_to_hour(std::int64_t hour, const model::UsageEvent& event, model::ActionClass c,
                   std::uint64_t count, double share);
  struct KeyHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view key) const noexcept;
  };
  struct KeyEqual {
    using is_transparent = void;
    bool operator()(std::string_view a, std::string_view b) const noexcept { return a == b; }
  };
  boost::unordered_flat_map<std::string, Cell, KeyHash, KeyEqual> cells_;
  std::string key_;
};

}  // namespace proviso::signals
