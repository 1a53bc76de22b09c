// SPDX-License-Identifier: Apache-2.0
// Our JSON reader on arbitrary bytes. What it accepts must have one canonical text, and that text
// must read back as the same value: else two readers of one signature could see two orders.
#include "base/json.h"

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // A buffer of exactly this size, so that a read beyond it is seen.
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto value = proviso::parse_json(text);
  if (!value) return 0;
  const std::string canonical = proviso::canonical_json(*value);
  const auto again = proviso::parse_json(canonical);
  CHECK(again && *again == *value && proviso::canonical_json(*again) == canonical);
  return 0;
}
