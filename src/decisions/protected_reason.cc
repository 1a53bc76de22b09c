// SPDX-License-Identifier: Apache-2.0
#include "decisions/protected_reason.h"

#include "cases/casework.h"

namespace proviso::decisions {

Result<void> bind_protected_reason(const std::string& reason, model::Restriction& restriction) {
  if (restriction.protected_classes.empty()) {
    if (reason.empty()) return {};
    return fail(
        Errc::invalid_input,
        "protected-reason: the customer is no protected subject (leave --protected-reason out)");
  }
  if (reason.empty()) {
    return fail(Errc::denied,
                "protected-reason: the customer is a protected subject (" +
                    restriction.protected_classes.front() +
                    "): say why it is restricted all the same (--protected-reason FILE, I15)");
  }
  TRY_VOID(cases::check_text(reason, "the reason against a protected subject"));
  restriction.protected_reason = sha256(reason);
  return {};
}

}  // namespace proviso::decisions
