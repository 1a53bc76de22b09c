// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

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
/// "cosigned by oslo, cairo; enough of them by 2026-11-23T12:00:00Z". A time that no document of
/// ours can have (after 2262-04-11T23:47:16Z) is not told.
std::string cosigners_in_words(const ledger::Cosigned& cosigned, Cosigners cosigners);

/// Members of --json besides those that every verdict has.
Json::Object log_members(const ledger::LogReport& report, Cosigners cosigners);
Json::Object audit_members(const gates::AuditReport& report, Cosigners cosigners);
/// Adds "cosigned_by" and "cosigned_at" where they are told.
void add_cosigners(Json::Object& members, const ledger::Cosigned& cosigned, Cosigners cosigners);

/// Entries about a customer, each in one line.
Json items_json(const std::vector<gates::ListScan::Item>& items);
/// What a customer's index keys found in a whole log.
void add_listed(Json::Object& members, const gates::AuditReport& report);
std::string listed_in_words(const gates::AuditReport& report);

}  // namespace proviso::verify
