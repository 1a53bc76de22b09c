// SPDX-License-Identifier: Apache-2.0
#include "ledger/finding.h"

#include <utility>

namespace proviso::ledger {

std::unexpected<Finding> found(std::string error_class, std::string where, std::string detail) {
  return std::unexpected(Finding{std::move(error_class), std::move(where), std::move(detail)});
}

std::unexpected<Finding> found_unreadable(const std::string& where, const Error& error) {
  return found("unreadable", where, error.message);
}

LogReport report_of(const Finding& finding) {
  LogReport report;
  report.error_class = finding.error_class;
  report.where = finding.where;
  report.detail = finding.detail;
  return report;
}

std::expected<Checkpoint, Finding> open_as(const std::string& prefix, const std::string& where,
                                           std::string_view text, const NoteVerifier& key,
                                           const std::string& origin) {
  auto checkpoint = open_checkpoint(text, key, origin);
  if (checkpoint) return *checkpoint;
  const Error& error = checkpoint.error();
  const char* kind = error.code == Errc::denied     ? "-signature"
                     : error.code == Errc::conflict ? "-origin"
                                                    : "-format";
  return found(prefix + kind, where, error.message);
}

std::expected<Cosigned, Finding> judge_witnesses(const std::string& where, std::string_view note,
                                                 const WitnessPolicy* policy) {
  Cosigned out;
  if (policy == nullptr) return out;
  const auto quorum = judge_cosignatures(note, *policy);
  if (!quorum) return found("cosignature", where, quorum.error().message);
  if (!quorum->reached) {
    return found("quorum", where, describe(*quorum, *policy) + ", which is not enough");
  }
  for (const std::size_t i : quorum->cosigners) out.names.push_back(policy->witnesses[i].name);
  out.by_when = quorum->by_when;
  return out;
}

}  // namespace proviso::ledger
