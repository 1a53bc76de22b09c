// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cases/record.h"
#include "model/register.h"
#include "model/terms.h"

namespace proviso::cases {

/// A rule fired for a subscription: what a case is opened about. `document` is what was known
/// when it opened (rule, title, author, terms, group, subscription); `figures` change while it goes
/// on (from, to, value, firings).
struct SignalInput {
  std::string id;  ///< the same for the same signal, whatever is learnt of it later
  model::SubscriptionId subscription;
  std::string term_group;
  Json document;
  Json figures;
};

/// `open → in_review → proposed → decided → closed`; a closed case reopens.
namespace case_state {
inline constexpr std::string_view open = "open";
inline constexpr std::string_view in_review = "in_review";
inline constexpr std::string_view proposed = "proposed";
inline constexpr std::string_view decided = "decided";
inline constexpr std::string_view closed = "closed";
}  // namespace case_state

struct CaseRow {
  model::CaseId id;
  model::CustomerId customer;
  std::string term_group;
  std::string state;
  std::string opened_at;
};

/// A text that people wrote and that others will be shown: UTF-8, not empty, at most 1 MiB.
Result<void> check_text(const std::string& text, std::string_view what);

/// What people and rules do to cases. Every change is one store transaction and its ledger entries.
/// Errors: not_found (no such case, subscription, evidence), conflict (a closed case),
/// invalid_input.
class Casework {
 public:
  Casework(Record& record, const model::Register& reg, const model::Terms& terms)
      : record_(record), register_(reg), terms_(terms) {}

  /// Inside a Record::change: opens or joins the case of this customer and term group, and adds the
  /// signal as evidence of class `usage`. A known signal only gets its figures updated. A closed
  /// case reopens.
  Result<void> add_signal(const SignalInput& signal);

  struct Report {
    std::string id;
    std::string digest;
    model::CaseId case_id;
  };
  /// `about`: a customer or subscription of the register. The text becomes evidence of the case.
  Result<Report> add_report(const std::string& source, const std::string& about,
                            const std::string& text);

  /// `evidence_class`: usage, business-record, document, press, statement. Returns its digest.
  Result<std::string> add_evidence(const model::CaseId& id, const std::string& evidence_class,
                                   const std::string& independence, const std::string& content);
  /// `verdict`: supported, not-supported, not-assessable; every digest must be evidence of the
  /// case.
  Result<void> add_finding(const model::CaseId& id, const std::string& element,
                           const std::string& verdict, const std::vector<std::string>& evidence);
  Result<void> close(const model::CaseId& id, const std::string& reason);
  Result<void> reopen(const model::CaseId& id, const std::string& evidence);
  /// Inside a Record::change.
  Result<void> set_state(const model::CaseId& id, std::string_view state);

  Result<std::vector<CaseRow>> list();
  Result<CaseRow> find(const model::CaseId& id);
  /// Everything about a case. Is a look at usage, and so an entry (I14).
  Result<Json> show(const model::CaseId& id);
  /// I14: on record before anybody is shown the usage behind a case.
  Result<void> record_look(const model::CaseId& id);
  Result<std::vector<std::string>> evidence_of(const model::CaseId& id);
  /// Of these, what a finding names as support. Sorted.
  Result<std::vector<std::string>> cited_evidence_of(const model::CaseId& id);
  /// I15: what the customer is protected as, now or at any time since the case was opened. Sorted.
  Result<std::vector<std::string>> protected_classes_of(const CaseRow& row);

 private:
  Result<CaseRow> case_for(const model::CustomerId& customer, const std::string& term_group);
  Result<void> insert_evidence(const model::CaseId& id, const std::string& digest,
                               const std::string& evidence_class, const std::string& source,
                               const std::string& independence, const std::string& content);
  Result<void> require_evidence(const model::CaseId& id, const std::string& digest);
  Result<void> reopen_if_closed(const CaseRow& row, const std::string& evidence);
  Result<Json> findings_json(const model::CaseId& id);
  Result<Json> rows_json(std::string_view sql, const model::CaseId& id,
                         const std::vector<std::string>& names);
  [[nodiscard]] bool knows_element(const CaseRow& row, const std::string& element) const;

  Record& record_;
  const model::Register& register_;
  const model::Terms& terms_;
};

}  // namespace proviso::cases
