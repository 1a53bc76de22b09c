// SPDX-License-Identifier: Apache-2.0
// Any text as a condition; the place of an error lies in the text.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "rules/condition.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto parsed = proviso::rules::parse_condition(text);
  const auto* error = std::get_if<proviso::rules::ConditionError>(&parsed);
  if (error != nullptr) CHECK(error->offset <= size && !error->message.empty());
  return 0;
}
