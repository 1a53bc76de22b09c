// SPDX-License-Identifier: Apache-2.0
// The body of add-checkpoint: what is read is written the same, and a witness answers it.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/testing/faulty_file_system.h"
#include "witness/request.h"
#include "witness/witness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  namespace witness = proviso::witness;
  const auto request = witness::parse_add_checkpoint(text);
  if (request) CHECK(witness::format_add_checkpoint(*request) == text);

  using proviso::SigningKey;
  const auto key = [](char c) { return SigningKey::from_seed(std::string(32, c)).value(); };
  static const proviso::ManualClock kClock{proviso::from_unix_seconds(1'764'072'000)};
  proviso::testing::FaultyFileSystem fs;
  witness::Witness known({fs, "w"}, "fuzz.example/w", key('w'),
                         {{"log.example.com/terms", key('l').public_key()}}, kClock);
  const witness::Answer answer = known.add_checkpoint(text);
  CHECK(answer.status == 200 || (answer.status >= 400 && answer.status <= 422));
  CHECK(answer.status != 200 || known.seen("log.example.com/terms").has_value());
  (void)witness::parse_size_answer(text);
  return 0;
}
