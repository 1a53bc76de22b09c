// SPDX-License-Identifier: Apache-2.0
// Any bytes as a mapping file; one that loads must make a decoder that survives a small record.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "intake/decoder.h"

using namespace proviso;
using namespace proviso::intake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto policy = parse_field_policy("fuzz", text);
  if (!policy) return 0;
  auto decoder = Decoder::make(
      *policy,
      {.hash_key = "0123456789abcdef", .wanted = policy->keep, .subscription = "s", .format = ""});
  if (!decoder || policy->syntax == Syntax::csv) return 0;
  std::string record = R"({"id":"a","time":"2026-01-01T00:00:00Z","data":{"x":[{"y":1}]}})";
  const std::size_t length = record.size();
  record.append(64, ' ');
  model::UsageEvent event;
  decoder->decode({record.data(), length}, event);
  return 0;
}
