// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cases/database.h"
#include "model/rollup.h"

namespace proviso::cases {

// Rollups on disk. A review adds to millions of cells, a preview reads one customer's: so each
// commit writes its cells as one segment of 64 rows (a bucket of subscriptions each, cells as text
// lines), and a reader merges the segments of its bucket. Writing costs about 60 bytes a cell and
// no look-up; reading one subscription costs 1/64 of what is stored.

using Subscriptions = std::set<std::string, std::less<>>;

/// A segment that is being put together; nothing is copied but into its lines.
class RollupSegment {
 public:
  /// Opens a line; `hour` in hours since 1970-01-01 UTC.
  void cell(std::string_view subscription, std::string_view service, std::string_view region,
            model::ActionClass action_class, std::int64_t hour, std::uint64_t count);
  /// Of the cell that was opened last.
  void quantity(std::string_view unit, double value);
  /// Inside a transaction.
  Result<void> write(Database& database);

 private:
  // Written into the store. Never change.
  static constexpr std::size_t kBuckets = 64;
  friend Result<std::vector<model::RollupCell>> read_rollups(Database& database,
                                                             const std::string& subscription);
  friend Result<void> visit_rollups(Database& database, const Subscriptions& subscriptions,
                                    const std::function<void(const model::RollupCell&)>& visit);
  static std::size_t bucket_of(std::string_view subscription);
  std::array<std::string, kBuckets> buckets_;
  std::string* open_ = nullptr;
};

/// Adds cells, inside a transaction. Cells of one key add up across segments.
Result<void> add_rollups(Database& database, std::span<const model::RollupCell> cells);
/// The cells of one subscription, merged, sorted by hour.
Result<std::vector<model::RollupCell>> read_rollups(Database& database,
                                                    const std::string& subscription);

/// Every stored cell of these subscriptions, one pass over what is stored and a bucket of it in
/// memory at a time. In no order, and not merged: one hour may come in several parts.
Result<void> visit_rollups(Database& database, const Subscriptions& subscriptions,
                           const std::function<void(const model::RollupCell&)>& visit);

/// subscription -> service -> its regions ("" where an event named none).
using ServiceUse = std::map<std::string, std::map<std::string, std::set<std::string>>>;
/// What these subscriptions ever used.
Result<ServiceUse> read_service_use(Database& database, const Subscriptions& subscriptions);

}  // namespace proviso::cases
