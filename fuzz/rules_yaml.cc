// SPDX-License-Identifier: Apache-2.0
// Any bytes as a rule file: reader, checker and compiler refuse or accept, and never fall over.
#include <cstddef>
#include <cstdint>
#include <string>

#include "rules/load.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const proviso::rules::RulebookPolicy policy;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto loaded = proviso::rules::compile_rules({{"fuzz.yml", text}}, &policy);
  if (loaded.program) (void)loaded.program->dump();
  return 0;
}
