// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/json.h"
#include "cases/record.h"
#include "model/catalogue.h"
#include "model/order.h"
#include "model/register.h"

namespace proviso::decisions {

/// What a restriction would have done to the last 30 days of recorded usage: per subscription and
/// service of the customer the requests that its strictest stage would have refused, limited and
/// let through, the quantities refused, and the services that it leaves alone. From the rollups; a
/// scope line that names resources counts the whole service, marked `"upper_bound":true`. A figure
/// beyond 2^53-1 stands there as 2^53-1, and its line is marked `"saturated":true`.
Result<Json> preview(cases::Database& database, const model::Register& reg,
                     const model::Restriction& restriction);

}  // namespace proviso::decisions
