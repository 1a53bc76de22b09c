// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace proviso::gates::testing {

/// How often this thread has called operator new. Only in test programs.
std::size_t allocations();

}  // namespace proviso::gates::testing
