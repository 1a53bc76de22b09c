// SPDX-License-Identifier: Apache-2.0
// A gate snapshot by a forger: the bytes as they are, and as a body under a digest that fits. The
// trust root is that of docs/formats/examples, and so is the corpus; what loads must enforce
// nothing but the two orders that people signed there.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "example.h"
#include "gates/gate.h"

namespace {

using proviso::gates::Gate;

bool loads(std::string_view text) {
  const auto gate = Gate::load(text, proviso::fuzz::example_trust());
  if (!gate) {
    CHECK(!gate.error().message.empty());
    return false;
  }
  CHECK(gate->order_count() <= 2);
  CHECK(gate->snapshot_size() == 5);
  const auto verdict = gate->check({"sub-3", "object-storage", "PutObject", "", ""},
                                   proviso::parse_time("2026-11-12T00:00:00Z").value());
  CHECK(!verdict.restricted() && !verdict.refused());
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool example_loads = loads(proviso::fuzz::example("snapshot.json"));
  CHECK(example_loads);
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const std::string_view text(copy.get(), size);
  loads(text);
  loads(std::string(text) + "\n" + proviso::sha256(text).hex() + "\n");
  return 0;
}
