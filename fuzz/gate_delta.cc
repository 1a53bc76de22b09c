// SPDX-License-Identifier: Apache-2.0
// A gate delta by a forger, on the gate of docs/formats/examples/snapshot.json: the bytes as they
// are, and as a body under a digest that fits. What is taken adds nothing but the one order that
// people signed there. And the bytes as a journal of deltas.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/testing/faulty_file_system.h"
#include "example.h"
#include "gates/delta_journal.h"
#include "gates/gate.h"

namespace {

using proviso::gates::Gate;

const Gate& example_gate() {
  static const auto gate =
      Gate::load(proviso::fuzz::example("snapshot.json"), proviso::fuzz::example_trust());
  return gate.value();
}

bool is_taken(std::string_view text) {
  const auto delta = proviso::model::parse_delta(text);
  if (!delta) {
    CHECK(!delta.error().message.empty());
    return false;
  }
  const auto gate = Gate::continued(example_gate(), *delta, proviso::fuzz::example_trust());
  if (!gate) {
    CHECK(!gate.error().message.empty());
    return false;
  }
  CHECK(gate->table().enforced_count() <= 3);
  CHECK(gate->snapshot_size() == 5 || gate->snapshot_size() == 7);
  const auto verdict = gate->check({"sub-3", "object-storage", "PutObject", "", ""},
                                   proviso::parse_time("2026-11-12T00:00:00Z").value());
  CHECK(!verdict.restricted() && !verdict.refused());
  return true;
}

void read_as_journal(std::string_view text) {
  proviso::testing::FaultyFileSystem fs;
  fs.files()["/deltas"] = "proviso-gate-deltas 1 x\n" + std::string(text);
  proviso::gates::DeltaJournal journal("/deltas", fs);
  const auto kept = journal.read("x");
  CHECK(kept.problem.empty() || !journal.append("one\n"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool example_is_taken = is_taken(proviso::fuzz::example("delta.json"));
  CHECK(example_is_taken);
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  std::copy_n(data, size, copy.get());
  const std::string_view text(copy.get(), size);
  is_taken(text);
  is_taken(std::string(text) + "\n" + proviso::sha256(text).hex() + "\n");
  read_as_journal(text);
  return 0;
}
