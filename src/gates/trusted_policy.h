// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string_view>

#include "ledger/witness_policy.h"
#include "model/genesis.h"

// Whose cosignatures a checkpoint must have (I2). Robust to untrusted input.
namespace proviso::gates {

using PolicyOrNone = std::optional<ledger::WitnessPolicy>;

/// The trust file's witness policy; none where it asks for no witness.
/// invalid_input, with the place in it: it cannot be read, or is for other logs.
Result<PolicyOrNone> trusted_policy(const model::TrustRoot& trust);

/// A policy that was given by hand for the log of `log_key`, which it has to name if it names any:
/// a wrong file must not judge a log. A key that cannot be read is not looked at; others report it.
/// Errors begin with `name`.
Result<ledger::WitnessPolicy> policy_for(const std::string& name, std::string_view text,
                                         const Result<ledger::NoteVerifier>& log_key);

}  // namespace proviso::gates
