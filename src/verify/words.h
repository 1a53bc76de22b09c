// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/json.h"
#include "gates/ledger_audit.h"
#include "ledger/verify_log.h"

// How `proviso verify` and `ledger-verify` tell what they found: one text for both, which
// console/verify has too.
namespace proviso::verify {

/// Whether there was a witness policy: then a report says who cosigned.
enum class Cosigners : std::uint8_t { not_asked_for, told };

/// In lines for people, where the log is valid.
std::string log_in_words(const ledger::LogReport& report, Cosigners cosigners);
std::string audit_in_words(const gates::AuditReport& report, Cosigners cosigners);
std::string cosigners_in_words(const std::vector<std::string>& names, Cosigners cosigners);

/// Members of --json besides those that every verdict has.
Json::Object log_members(const ledger::LogReport& report, Cosigners cosigners);
Json::Object audit_members(const gates::AuditReport& report, Cosigners cosigners);
/// Adds "cosigned_by" where it is told.
void add_cosigners(Json::Object& members, const std::vector<std::string>& names,
                   Cosigners cosigners);

}  // namespace proviso::verify
