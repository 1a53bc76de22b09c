// SPDX-License-Identifier: Apache-2.0
// Any bytes through the JSON formats: byte 0 picks the format (or none), the rest is the input. No
// crash, and no more events than lines.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "intake/usage_reader.h"

using namespace proviso;
using namespace proviso::intake;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto policies =
      load_field_policies(real_file_system(), PROVISO_SOURCE_DIR "/contract/field_policy");
  if (!policies || size == 0) return 0;
  DecodeOptions options{
      .hash_key = "0123456789abcdef", .wanted = {}, .subscription = "s", .format = ""};
  std::size_t pick = data[0] % (policies->all().size() + 1);
  for (const auto& [format, policy] : policies->all()) {
    if (pick-- == 0 && policy.syntax == Syntax::json) options.format = format;
    options.wanted.insert(options.wanted.end(), policy.keep.begin(), policy.keep.end());
  }
  auto source = ByteSource::from_memory("fuzz", std::string(data + 1, data + size));
  auto reader = UsageReader::open(std::move(*source), *policies, options);
  if (!reader) return 0;
  model::UsageEvent event;
  Reject reject;
  for (std::size_t records = 0;; ++records) {
    if (records > 2 * size + 2) std::abort();
    const auto outcome = reader->next(event, reject);
    if (!outcome || *outcome == Outcome::end) return 0;
    if (*outcome == Outcome::event && event.subscription.empty()) std::abort();
  }
}
