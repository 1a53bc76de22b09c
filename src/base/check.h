// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proviso {
/// Writes `expression` and its place to standard error and aborts. Called by CHECK only.
[[noreturn]] void check_failed(const char* expression, const char* file, int line);
}  // namespace proviso

// An invariant of ours. On in release builds. Never for what the outside world can cause.
#define CHECK(x)                                       \
  do {                                                 \
    if (!(x)) [[unlikely]]                             \
      ::proviso::check_failed(#x, __FILE__, __LINE__); \
  } while (false)
