// SPDX-License-Identifier: Apache-2.0
// A gate snapshot by a forger: the bytes as they are, and as a body under a digest that fits. The
// trust root is that of docs/formats/examples, and so is the corpus; what loads must enforce
// nothing but the two orders that people signed there.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "gates/gate.h"

namespace {

using proviso::Digest;
using proviso::gates::Gate;

// docs/formats/examples/trust.json
const proviso::model::TrustRoot kTrust{
    "ledger.example/proviso",
    "ledger.example/proviso+e8c1a1b0+AQj174Mg+eVxhK4HA6UO806IyDzehQ9x6euyF44Uq41h",
    Digest::from_hex("6d637ec474bd777c66a2a5a3f57aaa314e69cc9bdc029f9176e9e008dc3b922c").value()};

void check(std::string_view text) {
  const auto gate = Gate::load(text, kTrust);
  if (!gate) {
    CHECK(!gate.error().message.empty());
    return;
  }
  CHECK(gate->orders().size() <= 2);
  CHECK(gate->snapshot_size() == 5);
  const auto verdict = gate->check({"sub-3", "object-storage", "PutObject", "", ""},
                                   proviso::parse_time("2026-11-12T00:00:00Z").value());
  CHECK(verdict.order == nullptr && !verdict.refused());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  check(text);
  check(std::string(text) + "\n" + proviso::sha256(text).hex() + "\n");
  return 0;
}
