// SPDX-License-Identifier: Apache-2.0
// A customer's list by a forger, from its text to its verdict, and the file of index keys. The
// trust root is that of docs/formats/examples, and so is the corpus; what is valid must be the list
// there.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "base/file_system.h"
#include "gates/verified_list.h"

namespace {

const proviso::model::TrustRoot& trust() {
  static const auto root = proviso::model::parse_trust(
      proviso::real_file_system()
          .read(PROVISO_SOURCE_DIR "/docs/formats/examples/trust.json", 1U << 20U)
          .value());
  return root.value();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const std::string_view text(copy.get(), size);
  const auto keys = proviso::model::parse_index_keys(text);
  if (keys) CHECK(!keys->keys.empty() && keys->keys.front().size() == 32);
  const auto report = proviso::gates::verify_customer_list(text, trust());
  if (!report.ok) {
    CHECK(!report.error_class.empty() && !report.detail.empty());
    return 0;
  }
  CHECK(report.entries.size() == 2 && report.keys == 1 && report.covered == 7);
  CHECK(!proviso::gates::list_in_words(report).empty());
  return 0;
}
