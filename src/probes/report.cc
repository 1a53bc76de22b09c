// SPDX-License-Identifier: Apache-2.0
#include "probes/report.h"

#include <span>

namespace proviso::probes {
namespace {

constexpr std::string_view kKind = "probe";
constexpr Duration kKeepEvery = std::chrono::hours{24};

Json json_of(const Finding& finding) {
  Json::Object kept;
  for (const auto& [name, value] : finding.kept) kept.emplace(name, value);
  return Json::Object{{"name", finding.name},
                      {"role", to_string(finding.role)},
                      {"method", finding.method},
                      {"url", finding.url},
                      {"expected", finding.expected},
                      {"at", format_time(finding.at)},
                      {"duration_ms", finding.duration_ms},
                      {"status", finding.status},
                      {"headers", std::move(kept)},
                      {"problem", finding.problem}};
}

std::set<std::string> differing(const Report& report) {
  std::set<std::string> out;
  for (const Finding& finding : report.findings) {
    if (!finding.problem.empty()) out.insert(finding.name);
  }
  return out;
}

}  // namespace

Json to_json(const Report& report) {
  Json::Array findings;
  for (const Finding& finding : report.findings) findings.push_back(json_of(finding));
  return Json::Object{{"version", 1},
                      {"kind", kKind},
                      {"order", report.order.hex()},
                      {"plan", report.plan.hex()},
                      {"started_at", format_time(report.started_at)},
                      {"ended_at", format_time(report.ended_at)},
                      {"as_planned", report.as_planned()},
                      {"targets", std::move(findings)}};
}

std::string write_report(const Report& report, const ledger::NoteSigner* signer) {
  const std::string text = canonical_json(to_json(report)) + "\n";
  return signer == nullptr ? text : ledger::sign_note(*signer, text);
}

Result<Json> read_signed_report(std::string_view text, const ledger::NoteVerifier& key) {
  const ledger::Note note = TRY(ledger::open_note(text, std::span(&key, 1)));
  Json out = TRY(parse_json(note.text));
  const Json* const kind = out.find("kind");
  const bool is_report = kind != nullptr && kind->if_string() != nullptr &&
                         *kind->if_string() == kKind && canonical_json(out) + "\n" == note.text;
  if (!is_report) return fail(Errc::invalid_input, "this note is no report of a probe");
  return out;
}

bool Keeping::due(const Report& report) const {
  return !last_ || differing(report) != differing_ || report.started_at - *last_ >= kKeepEvery;
}

void Keeping::kept(const Report& report) {
  last_ = report.started_at;
  differing_ = differing(report);
}

}  // namespace proviso::probes
