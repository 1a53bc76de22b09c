// SPDX-License-Identifier: Apache-2.0
// An order bundle by a forger, from its text to its verdict. The trust root is that of
// docs/formats/examples, and so is the corpus; what is valid must be the order that people signed
// there.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string_view>

#include "base/check.h"
#include "gates/verified_bundle.h"

namespace {

using proviso::Digest;

// docs/formats/examples/trust.json
const proviso::model::TrustRoot kTrust{
    "ledger.example/proviso",
    "ledger.example/proviso+e8c1a1b0+AQj174Mg+eVxhK4HA6UO806IyDzehQ9x6euyF44Uq41h",
    Digest::from_hex("6d637ec474bd777c66a2a5a3f57aaa314e69cc9bdc029f9176e9e008dc3b922c").value()};
constexpr std::string_view kOrder =
    "961439a739a530ed9efc07667fc28c36a2918483e50f1f1922ba5e518bee7255";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const auto report = proviso::gates::verify_order_bundle({copy.get(), size}, kTrust);
  if (!report.ok) {
    CHECK(!report.error_class.empty() && !report.detail.empty());
    return 0;
  }
  CHECK(report.digest.hex() == kOrder && report.entry_index == 4 && report.checkpoint_size == 5);
  CHECK(report.standing.valid == 2 && report.standing.needed == 2);
  return 0;
}
