// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "intake/field_policy.h"
#include "model/terms.h"
#include "rules/load.h"

namespace proviso::server {

/// What a rulebook demands. `policies` and `terms` must stay alive while it is used.
rules::RulebookPolicy rulebook_policy(const intake::FieldPolicies& policies,
                                      const model::Terms* terms);

/// Loads rules as a rulebook: each rule reads only fields that the policies keep (I1), names no
/// subscription (I14) and is tied to terms that exist. `terms` may be null: any term goes.
rules::Loaded load_rulebook(const std::vector<std::string>& paths,
                            const intake::FieldPolicies& policies, const model::Terms* terms);

}  // namespace proviso::server
