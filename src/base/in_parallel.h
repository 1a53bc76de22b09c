// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>

namespace proviso {

/// Calls `body(i)` for each i below `count`, on as many threads as there are processors; on this
/// thread alone where there is little to do. `body` is called from several threads at once. What it
/// throws (memory that is missing) is thrown here when all have ended.
void in_parallel(std::size_t count, const std::function<void(std::size_t)>& body);

}  // namespace proviso
