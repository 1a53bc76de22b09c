// SPDX-License-Identifier: Apache-2.0
// A tlog-proof text; what is read can be written and read again.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ledger/proof.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  const auto proof = proviso::ledger::parse_tlog_proof(text);
  if (!proof) return 0;
  const std::string again =
      proviso::ledger::format_tlog_proof({proof->index, 0, proof->hashes}, proof->checkpoint);
  CHECK(proviso::ledger::parse_tlog_proof(again).value() == *proof);
  return 0;
}
