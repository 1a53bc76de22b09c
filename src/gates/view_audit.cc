// SPDX-License-Identifier: Apache-2.0
#include "gates/view_audit.h"

#include <unordered_map>

#include "gates/ledger_audit.h"
#include "ledger/verify_log.h"
#include "model/disclosure.h"
#include "model/sealed.h"

namespace proviso::gates {
namespace {

using Commitments = std::unordered_map<std::string, Digest>;

// Of each entry by its id, those inside openings as well. The log has been judged.
Result<Commitments> commitments_of(FileSystem& fs, const std::string& log_dir, std::uint64_t size) {
  Commitments out;
  const auto visit = [&](std::uint64_t, std::string_view bytes) -> Result<void> {
    const model::Entry entry = TRY(model::parse_entry(bytes));
    out.emplace(entry.id.value, entry.private_commitment);
    if (entry.kind != model::entry_kind::opened) return {};
    const model::Opening opening = TRY(model::parse_opening(entry.public_part));
    const auto inner = model::parse_entry(canonical_json(opening.content));
    if (inner) out.emplace(inner->id.value, inner->private_commitment);
    return {};
  };
  TRY_VOID(ledger::for_each_entry(fs, ledger::public_log_dir(fs, log_dir), 0, size, visit));
  return out;
}

Result<std::uint64_t> read_head(std::string_view line, const model::TrustRoot& trust,
                                ViewReport& report) {
  const Json document = TRY(parse_json(line));
  JsonReader head(document, "head");
  if (head.integer("version") != 1) head.fail_at("version", "must be 1");
  report.audience = head.string("audience");
  const std::string ledger = head.string("ledger");
  const std::int64_t entries = head.integer("entries");
  head.string("made_at");
  head.string("profile");
  head.string_or("customer", "");
  if (entries < 0) head.fail_at("entries", "is negative");
  TRY_VOID(head.finish());
  if (ledger != trust.ledger) return fail(Errc::denied, "the view is of another ledger");
  return static_cast<std::uint64_t>(entries);
}

Result<void> check_line(std::string_view line, const Commitments& log, ViewReport& report) {
  const Json document = TRY(parse_json(line));
  const model::Disclosure disclosure = TRY(model::disclosure_from_json(document));
  const auto entry = log.find(disclosure.entry.value);
  if (entry == log.end()) return fail(Errc::denied, "the ledger has no such entry, or not open");
  TRY_VOID(model::check_disclosure(disclosure, entry->second));
  ++report.entries;
  report.fields += disclosure.shown.size();
  return {};
}

std::string_view next_line(std::string_view& rest) {
  const std::size_t end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

Result<void> check_lines(std::string_view view, const Commitments& log,
                         const model::TrustRoot& trust, std::uint64_t& line, ViewReport& report) {
  line = 1;
  const std::uint64_t entries = TRY(read_head(next_line(view), trust, report));
  while (!view.empty()) {
    ++line;
    TRY_VOID(check_line(next_line(view), log, report));
  }
  if (report.entries != entries) return fail(Errc::denied, "the view is cut, or has too much");
  return {};
}

}  // namespace

ViewReport audit_view(FileSystem& fs, const std::string& log_dir, const model::TrustRoot& trust,
                      std::string_view view) {
  ViewReport report;
  const AuditReport log = audit_ledger(fs, log_dir, trust);
  report.error_class = log.error_class;
  report.where = log.where;
  report.detail = log.detail;
  if (!log.ok) return report;
  const auto commitments = commitments_of(fs, log_dir, log.entries);
  if (!commitments) {
    report.error_class = "unreadable";
    report.detail = commitments.error().message;
    return report;
  }
  std::uint64_t line = 0;
  const auto checked = check_lines(view, *commitments, trust, line, report);
  report.ok = checked.has_value();
  if (report.ok) return report;
  report.error_class = "view";
  report.where = "line " + std::to_string(line);
  report.detail = checked.error().message;
  return report;
}

}  // namespace proviso::gates
