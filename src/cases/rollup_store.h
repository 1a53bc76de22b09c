// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string>
#include <vector>

#include "cases/database.h"
#include "model/rollup.h"

namespace proviso::cases {

// Rollups on disk. A review adds to millions of cells, a preview reads one customer's: so each
// commit writes its cells as one segment of 64 rows (a bucket of subscriptions each, cells as text
// lines), and a reader merges the segments of its bucket. Writing costs about 60 bytes a cell and
// no look-up; reading one subscription costs 1/64 of what is stored.

/// Adds cells, inside a transaction. Cells of one key add up across segments.
Result<void> add_rollups(Database& database, std::span<const model::RollupCell> cells);
/// The cells of one subscription, merged, sorted by hour.
Result<std::vector<model::RollupCell>> read_rollups(Database& database,
                                                    const std::string& subscription);

}  // namespace proviso::cases
