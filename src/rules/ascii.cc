// SPDX-License-Identifier: Apache-2.0
#include "rules/ascii.h"

namespace proviso::rules::ascii {

bool all_of(std::string_view text) {
  const char* p = text.data();
  std::size_t n = text.size();
  std::uint64_t all = 0;
  for (; n >= 32; n -= 32, p += 32) {
    all |= (load8(p) | load8(p + 8)) | (load8(p + 16) | load8(p + 24));
  }
  for (; n >= 8; n -= 8, p += 8) all |= load8(p);
  if (n > 0) all |= load_few(p, n);
  return beyond(all) == 0;
}

Equality equal(std::string_view text, std::string_view needle) {
  const char* p = text.data();
  const char* q = needle.data();
  std::size_t n = text.size();
  for (; n >= 8; n -= 8, p += 8, q += 8) {
    const std::uint64_t w = load8(p);
    if (beyond(w) != 0) return Equality::unknown;
    if (lower(w) != load8(q)) return Equality::no;
  }
  if (n == 0) return Equality::yes;
  const std::uint64_t w = load_few(p, n);
  if (beyond(w) != 0) return Equality::unknown;
  return lower(w) == load_few(q, n) ? Equality::yes : Equality::no;
}

}  // namespace proviso::rules::ascii
