// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace proviso::signals {

/// Brings a line of memory into the cache while other work goes on. The empty statement keeps the
/// call: GCC 12 takes a function that does nothing but prefetch for one without effect.
inline void prefetch(const void* at) {
  __asm__ volatile("" : : "r"(at));
  __builtin_prefetch(at, 1);
}

}  // namespace proviso::signals
