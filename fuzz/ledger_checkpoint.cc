// SPDX-License-Identifier: Apache-2.0
// The text of a checkpoint: what is read is written back as it was, up to extension lines.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ledger/checkpoint.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  const auto checkpoint = proviso::ledger::Checkpoint::parse(text);
  if (checkpoint) CHECK(text.starts_with(checkpoint->format()));
  return 0;
}
