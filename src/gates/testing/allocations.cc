// SPDX-License-Identifier: Apache-2.0
#include "gates/testing/allocations.h"

#include <cstdlib>
#include <new>

namespace {
thread_local std::size_t count = 0;
}  // namespace

std::size_t proviso::gates::testing::allocations() { return count; }

// A file of their own: where the compiler could inline only one of the two, it would see a
// mismatch.
void* operator new(std::size_t size) {
  ++count;
  if (void* p = std::malloc(size)) return p;
  throw std::bad_alloc();
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
