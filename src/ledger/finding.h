// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "ledger/checkpoint.h"
#include "ledger/verify_log.h"
#include "ledger/witness_policy.h"

// What those who judge logs share: something that is wrong, before it becomes a report.
namespace proviso::ledger {

/// The members are those of LogReport.
struct Finding {
  std::string error_class;
  std::string where;
  std::string detail;
};

std::unexpected<Finding> found(std::string error_class, std::string where, std::string detail);
/// The way to the file broke: that says nothing about the log.
std::unexpected<Finding> found_unreadable(const std::string& where, const Error& error);
LogReport report_of(const Finding& finding);

/// open_checkpoint(), its errors as PREFIX-format, PREFIX-signature and PREFIX-origin at `where`.
std::expected<Checkpoint, Finding> open_as(const std::string& prefix, const std::string& where,
                                           std::string_view text, const NoteVerifier& key,
                                           const std::string& origin);

/// Whether enough witnesses cosigned the note at `where`: else "cosignature" or "quorum". Without a
/// policy nobody is asked.
std::expected<Cosigned, Finding> judge_witnesses(const std::string& where, std::string_view note,
                                                 const WitnessPolicy* policy);

}  // namespace proviso::ledger
