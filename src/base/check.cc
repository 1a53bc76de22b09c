// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace proviso {

void check_failed(const char* expression, const char* file, int line) {
  std::fprintf(stderr, "proviso: broken invariant: %s (%s:%d)\n", expression, file, line);
  std::abort();
}

}  // namespace proviso
