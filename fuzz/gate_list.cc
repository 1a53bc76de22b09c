// SPDX-License-Identifier: Apache-2.0
// A customer's list by a forger, from its text to its verdict, and the file of index keys. The
// trust root is that of docs/formats/examples, and so is the corpus; what is valid must be the list
// there.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "example.h"
#include "gates/verified_list.h"

namespace {

using proviso::gates::ListReport;

ListReport judge(std::string_view text) {
  return proviso::gates::verify_customer_list(text, proviso::fuzz::example_trust());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool example_is_proven = judge(proviso::fuzz::example("customer.list")).ok;
  CHECK(example_is_proven);
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const std::string_view text(copy.get(), size);
  const auto keys = proviso::model::parse_index_keys(text);
  if (keys) CHECK(!keys->keys.empty() && keys->keys.front().size() == 32);
  const ListReport report = judge(text);
  if (!report.ok) {
    CHECK(!report.error_class.empty() && !report.detail.empty());
    return 0;
  }
  CHECK(report.entries.size() == 2 && report.keys == 1 && report.covered == 7);
  CHECK(!proviso::gates::list_in_words(report).empty());
  return 0;
}
