// SPDX-License-Identifier: Apache-2.0
// A signed note of unknown origin, and a verifier key.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ledger/note.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  static const proviso::ledger::NoteVerifier kKnown{
      "fuzz.example/log",
      proviso::SigningKey::from_seed(std::string(32, 'f')).value().public_key()};
  const auto note = proviso::ledger::open_note(text, {&kKnown, 1});
  if (note) CHECK(note->text.ends_with('\n') && text.starts_with(note->text));
  const auto key = proviso::ledger::NoteVerifier::parse(text);
  if (key) CHECK(key->format() == text);
  return 0;
}
