// SPDX-License-Identifier: Apache-2.0
// What comes from a gate: a line of refusals, and an hour's counts, signed or not. What is read is
// written again as the same text; the example of docs/formats/gate-counts.md stays readable.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "gates/counts_audit.h"
#include "gates/refusal.h"

namespace {

using proviso::gates::GateCounts;

void read_counts(std::string_view text) {
  const auto counts = proviso::gates::parse_counts(text);
  if (!counts) {
    CHECK(!counts.error().message.empty());
    return;
  }
  CHECK(proviso::gates::write_counts(*counts) == text);
  for (const auto& alarm : proviso::gates::judge_counts(*counts, {})) {
    CHECK(!alarm.error_class.empty() && !alarm.detail.empty());
  }
}

void read_line(std::string_view text) {
  const auto refusal = proviso::gates::parse_refusal(text);
  if (!refusal) {
    CHECK(!refusal.error().message.empty());
    return;
  }
  // Not the same bytes (a line may have other white space), but the same content from then on.
  const std::string line = proviso::gates::write_refusal(*refusal);
  const auto again = proviso::gates::parse_refusal(line);
  CHECK(again && proviso::gates::write_refusal(*again) == line);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const std::string_view text(copy.get(), size);
  read_line(text);
  read_counts(text);
  // As the note of nobody's: taken apart, and refused.
  CHECK(!proviso::gates::open_counts(text, {}));
  return 0;
}
