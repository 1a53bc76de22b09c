// SPDX-License-Identifier: Apache-2.0
// Signature lines as a witness answers with them, and a witness's key.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ledger/cosignature.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  namespace ledger = proviso::ledger;
  const auto lines = ledger::parse_signature_lines(text);
  if (lines) {
    CHECK(lines->size() <= ledger::kNoteSignaturesMax);
    std::string again;
    for (const auto& line : *lines) again += ledger::format_signature_line(line);
    CHECK(again == text);
  }
  static const ledger::CosignerKey kKnown{
      "fuzz.example/w", proviso::SigningKey::from_seed(std::string(32, 'f')).value().public_key()};
  const auto good = ledger::good_cosignature_line(text, "fuzz.example/log\n", kKnown);
  if (good) CHECK(lines.has_value() && !good->empty());
  const auto key = ledger::CosignerKey::parse(text);
  if (key) CHECK(key->format() == text);
  return 0;
}
