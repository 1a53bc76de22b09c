// SPDX-License-Identifier: Apache-2.0
#include "server/rulebook.h"

namespace proviso::server {

rules::RulebookPolicy rulebook_policy(const intake::FieldPolicies& policies,
                                      const model::Terms* terms) {
  rules::RulebookPolicy policy;
  policy.refuse_field = [&policies](const rules::LogSource&,
                                    std::string_view field) -> std::optional<std::string> {
    if (policies.keeps(field)) return std::nullopt;
    return "no field policy keeps this field, so no usage event carries it (I1)";
  };
  if (terms != nullptr) {
    policy.term_exists = [terms](std::string_view id) { return terms->find(id) != nullptr; };
  }
  return policy;
}

rules::Loaded load_rulebook(const std::vector<std::string>& paths,
                            const intake::FieldPolicies& policies, const model::Terms* terms) {
  const rules::RulebookPolicy policy = rulebook_policy(policies, terms);
  return rules::load_rules(paths, &policy);
}

}  // namespace proviso::server
