// SPDX-License-Identifier: Apache-2.0
#include "verify/words.h"

#include <optional>
#include <string>

#include "base/time.h"
#include "gates/verified_list.h"

namespace proviso::verify {
namespace {

constexpr std::size_t kOverdueShown = 1000;

std::string number(std::uint64_t n) { return std::to_string(n); }

// The last second that nanoseconds since 1970 can hold.
constexpr std::int64_t kLastSecond = 9'223'372'036;

std::optional<std::string> told_time(const ledger::Cosigned& cosigned) {
  if (!cosigned.by_when || *cosigned.by_when > kLastSecond) return std::nullopt;
  return format_time(from_unix_seconds(*cosigned.by_when));
}

Json overdue_json(const gates::AuditReport& report) {
  Json::Array out;
  for (const gates::Overdue& o : report.overdue) {
    if (out.size() == kOverdueShown) break;
    out.emplace_back(
        Json::Object{{"due", format_time(o.due)}, {"entry", o.entry}, {"missing", o.missing}});
  }
  return out;
}

std::string seals_in_words(const gates::AuditReport& report) {
  const gates::SealCounts& seals = report.seals;
  if (seals.sealed == 0) return "";
  std::string out = "  " + number(seals.sealed) + " sealed entries: " + number(seals.opened) +
                    " opened (" + number(seals.covers) + " covers, " + number(seals.opened_late) +
                    " late), " + number(seals.sealed - seals.opened) + " not yet\n";
  for (std::size_t i = 0; i < report.overdue.size() && i < kOverdueShown; ++i) {
    const gates::Overdue& o = report.overdue[i];
    out +=
        "  OVERDUE: entry " + number(o.entry) + " should have been opened by " + format_time(o.due);
    if (o.missing != 1) out += " (" + std::to_string(o.missing) + " openings are missing)";
    out += "\n";
  }
  return out;
}

std::string index_in_words(const gates::IndexCounts& index) {
  if (index.tags == 0) return "";
  return "  " + number(index.tags) +
         " entries about customers; an index of them covers the first " + number(index.covered) +
         " entries\n";
}

}  // namespace

std::string cosigners_in_words(const ledger::Cosigned& cosigned, Cosigners cosigners) {
  if (cosigners == Cosigners::not_asked_for) return "";
  std::string out;
  for (const std::string& name : cosigned.names) out += (out.empty() ? "" : ", ") + name;
  const auto by_when = told_time(cosigned);
  return "cosigned by " + (out.empty() ? "nobody, as the policy allows" : out) +
         (by_when ? "; enough of them by " + *by_when : "") + "\n";
}

void add_cosigners(Json::Object& members, const ledger::Cosigned& cosigned, Cosigners cosigners) {
  if (cosigners == Cosigners::not_asked_for) return;
  members.emplace("cosigned_by", Json::Array(cosigned.names.begin(), cosigned.names.end()));
  const auto by_when = told_time(cosigned);
  members.emplace("cosigned_at", by_when ? Json(*by_when) : Json());
}

std::string log_in_words(const ledger::LogReport& report, Cosigners cosigners) {
  return "valid: " + number(report.size) + " entries, root " + report.root.hex() + "\n" +
         cosigners_in_words(report.cosigned, cosigners);
}

std::string audit_in_words(const gates::AuditReport& report, Cosigners cosigners) {
  return "valid: " + number(report.entries) + " entries; " + number(report.orders_in_force) +
         " restrictions in force, " + number(report.lifts) + " lifts, " +
         number(report.governance_orders) + " changes of who decides\n" + seals_in_words(report) +
         index_in_words(report.index) + cosigners_in_words(report.cosigned, cosigners);
}

Json items_json(const std::vector<gates::ListScan::Item>& items) {
  Json::Array out;
  for (const auto& item : items) out.emplace_back(gates::entry_in_words(item.index, item.entry));
  return out;
}

void add_listed(Json::Object& members, const gates::AuditReport& report) {
  Json::Array others;
  for (const std::uint64_t index : report.under_other_keys) others.emplace_back(index);
  members.emplace("listed", items_json(report.listed));
  members.emplace("under_other_keys", std::move(others));
}

std::string listed_in_words(const gates::AuditReport& report) {
  std::string out = number(report.listed.size()) + " entries under these index keys\n";
  for (const auto& item : report.listed) {
    out += "  " + gates::entry_in_words(item.index, item.entry) + "\n";
  }
  for (const std::uint64_t index : report.under_other_keys) {
    out += "  ASK: entry " + number(index) +
           " names a case or an order of these, and no key here finds it\n";
  }
  return out;
}

Json::Object log_members(const ledger::LogReport& report, Cosigners cosigners) {
  Json::Object out{{"entries", report.size}, {"root", report.root.hex()}};
  add_cosigners(out, report.cosigned, cosigners);
  return out;
}

Json::Object audit_members(const gates::AuditReport& report, Cosigners cosigners) {
  Json::Object out{{"entries", report.entries},
                   {"orders_in_force", report.orders_in_force},
                   {"lifts", report.lifts},
                   {"governance_orders", report.governance_orders},
                   {"not_in_snapshot", report.not_in_snapshot},
                   {"sealed", report.seals.sealed},
                   {"opened", report.seals.opened},
                   {"covers", report.seals.covers},
                   {"opened_late", report.seals.opened_late},
                   {"overdue", overdue_json(report)},
                   {"overdue_total", report.overdue.size()},
                   {"tags", report.index.tags},
                   {"index_entries", report.index.published},
                   {"indexed", report.index.covered}};
  add_cosigners(out, report.cosigned, cosigners);
  return out;
}

}  // namespace proviso::verify
