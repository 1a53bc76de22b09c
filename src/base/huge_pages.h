// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <new>

#include <sys/mman.h>

namespace proviso {

/// An allocator for large tables that are looked into at random: asks the kernel for huge pages, so
/// that a look-up does not also wait for the page table. Small blocks are like any others. Where
/// there are no huge pages nothing changes. Any thread.
template <class T>
struct HugePages {
  using value_type = T;
  static constexpr std::size_t kPage = 2U << 20U;

  HugePages() = default;
  template <class U>
  HugePages(const HugePages<U>& /*other*/) {}  // NOLINT(google-explicit-constructor): containers

  T* allocate(std::size_t count) {
    const std::size_t bytes = count * sizeof(T);
    if (bytes < kPage) return static_cast<T*>(::operator new(bytes));
    void* const memory = ::operator new(bytes, std::align_val_t(kPage));
    ::madvise(memory, bytes, MADV_HUGEPAGE);  // a wish: it may be refused
    return static_cast<T*>(memory);
  }
  void deallocate(T* memory, std::size_t count) {
    if (count * sizeof(T) < kPage) {
      ::operator delete(memory);
    } else {
      ::operator delete(memory, std::align_val_t(kPage));
    }
  }
  bool operator==(const HugePages&) const = default;
};

}  // namespace proviso
