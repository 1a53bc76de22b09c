// SPDX-License-Identifier: Apache-2.0
#pragma once

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
/// thread; no allocation for a cell that is already there. See rollup.cc.
class Rollup {
 public:
  static constexpr std::int64_t kHoursMax = 24 * 31;

  /// Where the cells of one (subscription, service, action class, region) are. A caller that keeps
  /// one for each spares the look-up; it stays valid, and is filled anew after clear().
  struct Place {
    std::uint64_t era = 0;  ///< 0: not yet looked up
    std::uint32_t stream = 0;
  };

  void add(const model::UsageEvent& event, model::ActionClass action_class);
  /// `place` must be only ever given with events of the same four.
  void add(const model::UsageEvent& event, model::ActionClass action_class, Place& place);
  /// Fetches what add() will write. Changes nothing; worth it some tens of events ahead.
  void prefetch(const Place& place) const;
  /// The cells since the last drain, sorted by key; the rollup is empty afterwards.
  std::vector<RollupCell> drain();
  /// The same without copies, in the order in which the cells came.
  void for_each(const std::function<void(const RollupView&)>& take) const;
  void clear();
  /// Cells waiting; drain when it grows beyond what memory should hold.
  [[nodiscard]] std::size_t cells() const { return cells_.size(); }

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Part {
    std::uint32_t unit = 0;      ///< in units_
    std::uint32_t next = kNone;  ///< of the same cell, in parts_
    double value = 0;
  };
  struct Cell {
    std::int64_t hour = 0;
    std::uint64_t count = 0;
    std::uint32_t stream = 0;
    std::uint32_t parts = kNone;  ///< the first one, in parts_
  };
  struct Stream {
    std::string_view key;  ///< in blocks_
    std::int64_t newest_hour = 0;
    std::uint32_t newest = kNone;  ///< its cell
  };
  struct CellKey {
    std::uint32_t stream;
    std::int64_t hour;
    bool operator==(const CellKey&) const = default;
  };
  struct CellKeyHash {
    std::size_t operator()(const CellKey& k) const;
  };

  std::uint32_t stream_of(const model::UsageEvent& event, model::ActionClass c);
  void add_shares(std::uint32_t stream, const model::UsageEvent& event, std::int64_t start,
                  std::int64_t end);
  void add_to_hour(std::uint32_t stream, std::int64_t hour, const model::UsageEvent& event,
                   std::uint64_t count, double share);
  std::uint32_t cell_of(std::uint32_t stream, std::int64_t hour);
  std::uint32_t new_cell(std::uint32_t stream, std::int64_t hour);
  void index_all();
  void add_part(Cell& cell, std::uint32_t unit, double value);
  std::string_view keep(std::string_view key);
  std::uint32_t unit_number(std::string_view unit);

  std::vector<Cell> cells_;
  std::vector<Part> parts_;
  std::vector<Stream> streams_;
  boost::unordered_flat_map<std::string_view, std::uint32_t, std::hash<std::string_view>>
      stream_at_;
  bool is_indexed_ = false;
  boost::unordered_flat_map<CellKey, std::uint32_t, CellKeyHash> cell_at_;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t block_used_ = 0;
  std::vector<std::string> units_;
  boost::unordered_flat_map<std::string, std::uint32_t> unit_at_;
  std::string key_;
  std::uint64_t era_ = 1;
};

}  // namespace proviso::signals
