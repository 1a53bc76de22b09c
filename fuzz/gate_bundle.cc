// SPDX-License-Identifier: Apache-2.0
// An order bundle by a forger, from its text to its verdict. The trust root is that of
// docs/formats/examples, and so is the corpus; what is valid must be the order that people signed
// there.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "example.h"
#include "gates/verified_bundle.h"

namespace {

using proviso::gates::BundleReport;

BundleReport judge(std::string_view text) {
  return proviso::gates::verify_order_bundle(text, proviso::fuzz::example_trust());
}

const BundleReport& example() {
  static const BundleReport report = judge(proviso::fuzz::example("order.bundle"));
  CHECK(report.ok);
  return report;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const BundleReport& signed_there = example();
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const BundleReport report = judge({copy.get(), size});
  if (!report.ok) {
    CHECK(!report.error_class.empty() && !report.detail.empty());
    return 0;
  }
  CHECK(report.digest == signed_there.digest && report.entry_index == 4);
  CHECK(report.checkpoint_size == 5 && report.checkpoint_root == signed_there.checkpoint_root);
  CHECK(report.standing.valid == 2 && report.standing.needed == 2);
  return 0;
}
