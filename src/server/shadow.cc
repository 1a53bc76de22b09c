// SPDX-License-Identifier: Apache-2.0
#include "server/shadow.h"

#include <algorithm>

#include "server/documents.h"
#include "server/review_state.h"
#include "server/rule_setting.h"

namespace proviso::server {
namespace {

std::string since_name(const rules::RuleInfo& rule) {
  return "shadow_since:" + rule.definition.hex();
}

std::string text_of(const Json& value, std::string_view name) {
  const Json* found = value.find(name);
  return found != nullptr && found->if_string() != nullptr ? *found->if_string() : "";
}

Result<SignalSpan> span_of(const cases::SignalRow& row) {
  return SignalSpan{.id = row.id,
                    .subscription = text_of(row.document, "subscription"),
                    .from = TRY(parse_time(text_of(row.figures, "from"))),
                    .to = TRY(parse_time(text_of(row.figures, "to")))};
}

bool same_find(const SignalSpan& a, const SignalSpan& b) {
  return a.subscription == b.subscription && a.from <= b.to && b.from <= a.to;
}

bool is_in(const SignalSpan& one, const std::vector<SignalSpan>& others) {
  return std::ranges::any_of(others, [&](const SignalSpan& o) { return same_find(one, o); });
}

// Signals of a rule that went on at `since` or later; of one version where `definition` is given.
Result<std::vector<SignalSpan>> spans(const std::vector<cases::SignalRow>& rows,
                                      const std::string& rule, const std::string& definition,
                                      Time since) {
  std::vector<SignalSpan> out;
  for (const cases::SignalRow& row : rows) {
    if (text_of(row.document, "rule") != rule) continue;
    const Json* version = row.document.find("rule_version");
    const bool other = !definition.empty() &&
                       (version == nullptr || text_of(*version, "definition") != definition);
    if (other) continue;
    SignalSpan span = TRY(span_of(row));
    if (span.to >= since) out.push_back(std::move(span));
  }
  return out;
}

}  // namespace

SpanDifference compare_spans(const std::vector<SignalSpan>& old_ones,
                             const std::vector<SignalSpan>& new_ones) {
  SpanDifference out;
  for (const SignalSpan& one : old_ones) {
    if (!is_in(one, new_ones)) out.only_old.push_back(one);
  }
  for (const SignalSpan& one : new_ones) {
    if (is_in(one, old_ones)) {
      ++out.both;
    } else {
      out.only_new.push_back(one);
    }
  }
  return out;
}

Result<std::vector<ShadowReport>> compare_shadows(DataFolder& folder,
                                                  const rules::Program& program) {
  cases::Database& database = folder.record().database();
  std::vector<ShadowReport> out;
  const bool any = std::ranges::any_of(program.rules(), &rules::RuleInfo::shadow);
  if (!any) return out;
  const auto raised = TRY(cases::list_signals(database, cases::SignalKind::raised));
  const auto shadows = TRY(cases::list_signals(database, cases::SignalKind::shadow));
  for (const rules::RuleInfo& rule : program.rules()) {
    if (!rule.shadow || !rule.signals_alone) continue;
    ShadowReport report{
        .rule = rule.label(), .title = rule.title, .shadow_of = {}, .since = {}, .difference = {}};
    report.since =
        from_unix_seconds(static_cast<std::int64_t>(TRY(read_counter(database, since_name(rule)))));
    const auto mine = TRY(spans(shadows, rule.label(), rule.definition.hex(), Time::min()));
    std::vector<SignalSpan> theirs;
    if (const auto of = program.find(rule.shadow_of)) {
      report.shadow_of = program.rule(*of).label();
      theirs = TRY(spans(raised, report.shadow_of, "", report.since));
    }
    report.difference = compare_spans(theirs, mine);
    out.push_back(std::move(report));
  }
  return out;
}

Result<std::shared_ptr<const rules::Program>> folder_program(DataFolder& folder) {
  const RuleSetting setting = TRY(folder_setting(folder.paths()));
  const auto files = TRY(rulebook_files(folder.paths().rulebook()));
  return load_program(files, setting);
}

Result<void> note_shadows(cases::Database& database, const rules::Program& program, Time newest) {
  for (const rules::RuleInfo& rule : program.rules()) {
    if (!rule.shadow) continue;
    const std::string name = since_name(rule);
    const auto known = TRY(database.query("SELECT value FROM meta WHERE name=:p0", {name}));
    if (!known.empty()) continue;
    TRY_VOID(write_counter(database, name, static_cast<std::uint64_t>(unix_seconds(newest))));
  }
  return {};
}

Json spans_json(const std::vector<SignalSpan>& spans, const Pseudonyms& names) {
  Json::Array out;
  for (const SignalSpan& s : spans) {
    out.emplace_back(Json::Object{{"signal", s.id},
                                  {"subscription", names.of(s.subscription)},
                                  {"from", format_time_exact(s.from)},
                                  {"to", format_time_exact(s.to)}});
  }
  return out;
}

}  // namespace proviso::server
