// SPDX-License-Identifier: Apache-2.0
#include "gates/trusted_policy.h"

#include <string>
#include <utility>

namespace proviso::gates {

Result<ledger::WitnessPolicy> policy_for(const std::string& name, std::string_view text,
                                         const Result<ledger::NoteVerifier>& log_key) {
  auto policy = TRY(ledger::WitnessPolicy::parse(name, text));
  if (log_key && !policy.covers(*log_key)) {
    return fail(Errc::invalid_input, name + ": this witness policy is for other logs");
  }
  return policy;
}

Result<PolicyOrNone> trusted_policy(const model::TrustRoot& trust) {
  if (trust.witnesses.empty()) return PolicyOrNone();
  auto policy = TRY(policy_for("trust.witnesses", trust.witnesses,
                               ledger::NoteVerifier::parse(trust.ledger_key)));
  return PolicyOrNone(std::move(policy));
}

}  // namespace proviso::gates
