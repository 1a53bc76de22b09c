// SPDX-License-Identifier: Apache-2.0
// A witness policy; what is read keeps to its limits, and more cosigners never make it less.
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/check.h"
#include "ledger/witness_policy.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Exactly sized, so that the address sanitizer sees every byte read beyond the end.
  const std::unique_ptr<char[]> copy(new char[size]);
  for (std::size_t i = 0; i < size; ++i) copy[i] = static_cast<char>(data[i]);
  const std::string_view text(copy.get(), size);
  const auto policy = proviso::ledger::WitnessPolicy::parse("p", text);
  if (!policy) {
    CHECK(policy.error().message.starts_with("p:"));
    return 0;
  }
  CHECK(policy->witnesses.size() + policy->groups.size() <= 1024);
  std::vector<std::size_t> cosigned;
  bool reached = policy->satisfied_by(cosigned);
  CHECK(reached == policy->quorum.empty());
  for (std::size_t i = 0; i < policy->witnesses.size(); ++i) {
    cosigned.push_back(i);
    const bool now = policy->satisfied_by(cosigned);
    CHECK(now || !reached);
    reached = now;
  }
  CHECK(reached);
  return 0;
}
