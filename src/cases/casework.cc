// SPDX-License-Identifier: Apache-2.0
#include "cases/casework.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "base/uuid.h"
#include "cases/counsel.h"
#include "cases/register_change.h"
#include "model/scope.h"

namespace proviso::cases {
namespace {

using model::CaseId;
using model::CustomerId;
namespace kind = model::entry_kind;

constexpr std::array<std::string_view, 5> kEvidenceClasses = {"usage", "business-record",
                                                              "document", "press", "statement"};
constexpr std::array<std::string_view, 3> kVerdicts = {"supported", "not-supported",
                                                       "not-assessable"};
constexpr std::size_t kTextMax = 1U << 20U;

// Which class of evidence a report is, by who sent it.
std::string_view evidence_class_of(std::string_view source) {
  if (source == "press") return "press";
  if (source == "ngo" || source == "authority") return "document";
  if (source == "employee" || source == "customer" || source == "other") return "statement";
  return {};
}

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& words, std::string_view text) {
  return std::find(words.begin(), words.end(), text) != words.end();
}

Json strings_to_json(const std::vector<std::string>& items) {
  return Json::Array(items.begin(), items.end());
}

CaseRow to_case(const SqlRow& row) {
  return {CaseId(row.text(0)), CustomerId(row.text(1)), row.text(2), row.text(3), row.text(4)};
}

constexpr std::string_view kSelectCase =
    "SELECT id, customer, term_group, state, opened_at FROM cases ";

}  // namespace

Result<void> check_text(const std::string& text, std::string_view what) {
  if (text.empty()) return fail(Errc::invalid_input, std::string(what) + " is empty");
  if (text.size() > kTextMax) {
    return fail(Errc::exhausted, std::string(what) + " is longer than 1 MiB");
  }
  if (!is_utf8(text)) return fail(Errc::invalid_input, std::string(what) + " is not UTF-8 text");
  return {};
}

Result<void> Casework::add_signal(const SignalInput& signal) {
  Database& db = record_.database();
  const std::string document = canonical_json(signal.document);
  const std::string digest = sha256(document).hex();
  const auto known = TRY(db.query("SELECT case_id FROM signals WHERE id=:p0", {signal.id}));
  if (!known.empty()) {
    return db.run("UPDATE signals SET figures=:p0 WHERE id=:p1",
                  {canonical_json(signal.figures), signal.id});
  }
  const model::Customer* customer = register_.customer_of(signal.subscription.value);
  // A subscription that the register lacks still gets its case, under its own name: an unknown
  // customer is no reason to look away.
  const CustomerId id =
      customer != nullptr
          ? customer->id
          : CustomerId(std::string(model::kUnregistered) + signal.subscription.value);
  const CaseRow row = TRY(case_for(id, signal.term_group));
  TRY_VOID(
      db.run("INSERT INTO signals (id, case_id, digest, document, figures) "
             "VALUES (:p0,:p1,:p2,:p3,:p4)",
             {signal.id, row.id.value, digest, document, canonical_json(signal.figures)}));
  TRY_VOID(insert_evidence(row.id, digest, "usage", "rule", "provider-usage", document));
  TRY_VOID(record_.case_entry(row.id, kind::signal_raised, Json::Object{{"case", row.id.value}},
                              Json::Object{{"signal", signal.document}}));
  return reopen_if_closed(row, digest);
}

// The case of this customer and term group; else one that a report opened without a group; else a
// new one. Its id is a keyed hash and not random, so that a run that was killed opens the same
// case.
Result<CaseRow> Casework::case_for(const CustomerId& customer, const std::string& term_group) {
  Database& db = record_.database();
  const auto rows =
      TRY(db.query(std::string(kSelectCase) + "WHERE customer=:p0 AND term_group IN (:p1,'') "
                                              "ORDER BY term_group DESC, opened_at LIMIT 1",
                   {customer.value, term_group}));
  if (!rows.empty()) {
    CaseRow found = to_case(rows.front());
    if (found.term_group.empty() && !term_group.empty()) {
      found.term_group = term_group;
      TRY_VOID(
          db.run("UPDATE cases SET term_group=:p0 WHERE id=:p1", {term_group, found.id.value}));
    }
    return found;
  }
  const auto count = TRY(db.query("SELECT id FROM cases WHERE customer=:p0", {customer.value}));
  std::string hash = record_.keyed_hash("case\n" + customer.value + "\n" + term_group + "\n" +
                                        std::to_string(count.size()));
  hash.resize(32);
  hash[12] = '8';  // UUIDv8 (RFC 9562): made by a rule of our own
  hash[16] = 'a';
  for (const std::size_t at : {20U, 16U, 12U, 8U}) hash.insert(at, "-");
  CaseRow row{CaseId(hash), customer, term_group, std::string(case_state::open),
              format_time(record_.now())};
  TRY_VOID(
      db.run("INSERT INTO cases (id, customer, term_group, state, opened_at) "
             "VALUES (:p0,:p1,:p2,:p3,:p4)",
             {row.id.value, customer.value, term_group, row.state, row.opened_at}));
  TRY_VOID(
      record_.case_entry(row.id, kind::case_opened, Json::Object{{"case", row.id.value}},
                         Json::Object{{"customer", customer.value}, {"term_group", term_group}}));
  return row;
}

Result<void> Casework::reopen_if_closed(const CaseRow& row, const std::string& evidence) {
  if (row.state != case_state::closed) return {};
  // A new review, of which nobody has been told.
  TRY_VOID(record_.database().run("UPDATE cases SET state='open', told_at='' WHERE id=:p0",
                                  {row.id.value}));
  TRY_VOID(record_.keep_sealed(row.id));
  return record_.case_entry(row.id, kind::case_reopened, Json::Object{{"case", row.id.value}},
                            Json::Object{{"evidence", evidence}});
}

Result<Casework::Report> Casework::add_report(const std::string& source, const std::string& about,
                                              const std::string& text) {
  const std::string_view evidence_class = evidence_class_of(source);
  if (evidence_class.empty()) {
    return fail(Errc::invalid_input,
                "source: not press, ngo, employee, customer, authority or other");
  }
  TRY_VOID(check_text(text, "the report"));
  const model::Customer* customer = register_.customer_of(model::normalise_id(about));
  if (customer == nullptr) customer = register_.customer(about);
  if (customer == nullptr) {
    return fail(Errc::not_found,
                "about: neither a customer nor a subscription of the register "
                "(load it with: proviso register load FILE.jsonl)");
  }
  Report report{
      .id = uuid_v7(record_.now(), record_.random()), .digest = sha256(text).hex(), .case_id = {}};
  const auto body = [&]() -> Result<void> {
    Database& db = record_.database();
    // A report says nothing of a term: it joins the customer's latest case, or opens one.
    const auto rows = TRY(
        db.query(std::string(kSelectCase) + "WHERE customer=:p0 ORDER BY opened_at DESC LIMIT 1",
                 {customer->id.value}));
    const CaseRow row = rows.empty() ? TRY(case_for(customer->id, "")) : to_case(rows.front());
    report.case_id = row.id;
    TRY_VOID(db.run(
        "INSERT INTO reports (id, case_id, source, about, digest, received_at) "
        "VALUES (:p0,:p1,:p2,:p3,:p4,:p5)",
        {report.id, row.id.value, source, about, report.digest, format_time(record_.now())}));
    TRY_VOID(insert_evidence(row.id, report.digest, std::string(evidence_class), "report:" + source,
                             "report:" + source + ":" + report.digest.substr(0, 8), text));
    // Not even its digest is public: who knows the text of a report could else learn that it came
    // in.
    TRY_VOID(record_.case_entry(row.id, kind::report_received, Json::Object{},
                                Json::Object{{"case", row.id.value},
                                             {"digest", report.digest},
                                             {"source", source},
                                             {"about", about}}));
    return reopen_if_closed(row, report.digest);
  };
  TRY_VOID(record_.change(body));
  return report;
}

Result<void> Casework::insert_evidence(const CaseId& id, const std::string& digest,
                                       const std::string& evidence_class, const std::string& source,
                                       const std::string& independence,
                                       const std::string& content) {
  const auto counsel = TRY(counsel_of(record_.database(), id.value));
  const std::string text = base64_encode(content);
  return record_.database().run(
      "INSERT OR IGNORE INTO evidence (case_id, digest, class, source, independence, added_at, "
      "content) VALUES (:p0,:p1,:p2,:p3,:p4,:p5,:p6)",
      {id.value, digest, evidence_class, source, independence, format_time(record_.now()),
       counsel ? counsel->seal(text) : text});
}

Result<std::string> Casework::add_evidence(const CaseId& id, const std::string& evidence_class,
                                           const std::string& independence,
                                           const std::string& content) {
  if (!one_of(kEvidenceClasses, evidence_class)) {
    return fail(Errc::invalid_input,
                "class: not usage, business-record, document, press or statement");
  }
  const CaseRow row = TRY(find(id));
  // A closed case takes evidence too: it is what the case is then reopened with.
  if (content.empty()) return fail(Errc::invalid_input, "the evidence is empty");
  std::string digest = sha256(content).hex();
  const std::string group = independence.empty() ? evidence_class : independence;
  const auto known = TRY(record_.database().query(
      "SELECT class, independence FROM evidence WHERE case_id=:p0 AND digest=:p1",
      {id.value, digest}));
  if (!known.empty() && known.front().text(0) == evidence_class && known.front().text(1) == group) {
    return digest;  // nothing new
  }
  if (!known.empty()) {
    return fail(Errc::conflict, "the case has this item already, as " + known.front().text(0) +
                                    " of group " + printable(known.front().text(1)));
  }
  const auto body = [&]() -> Result<void> {
    TRY_VOID(insert_evidence(id, digest, evidence_class, "reviewer", group, content));
    if (row.state == case_state::open) TRY_VOID(set_state(id, case_state::in_review));
    return record_.case_entry(
        id, kind::evidence_added, Json::Object{{"case", id.value}},
        Json::Object{{"digest", digest}, {"class", evidence_class}, {"group", group}});
  };
  TRY_VOID(record_.change(body));
  return digest;
}

Result<void> Casework::require_evidence(const CaseId& id, const std::string& digest) {
  const auto rows = TRY(record_.database().query(
      "SELECT digest FROM evidence WHERE case_id=:p0 AND digest=:p1", {id.value, digest}));
  if (rows.empty()) {
    return fail(Errc::not_found,
                "evidence: the case has none with this digest (see: proviso case "
                "show)");
  }
  return {};
}

bool Casework::knows_element(const CaseRow& row, const std::string& element) const {
  for (const model::Term& term : terms_.all()) {
    if (!row.term_group.empty() && term.group != row.term_group) continue;
    for (const model::TermElement& e : term.elements) {
      if (e.id == element) return true;
    }
  }
  return false;
}

Result<void> Casework::add_finding(const CaseId& id, const std::string& element,
                                   const std::string& verdict,
                                   const std::vector<std::string>& evidence) {
  if (!one_of(kVerdicts, verdict)) {
    return fail(Errc::invalid_input, "verdict: not supported, not-supported or not-assessable");
  }
  const CaseRow row = TRY(find(id));
  if (row.state == case_state::closed) {
    return fail(Errc::conflict, "the case is closed (reopen it with: proviso case reopen)");
  }
  if (!knows_element(row, element)) {
    return fail(Errc::invalid_input, "element: the terms of this case have none of that id");
  }
  if (verdict == "supported" && evidence.empty()) {
    return fail(Errc::invalid_input, "a supported finding names its evidence (--evidence DIGEST)");
  }
  for (const std::string& digest : evidence) TRY_VOID(require_evidence(id, digest));
  const auto body = [&]() -> Result<void> {
    TRY_VOID(record_.database().run(
        "INSERT INTO findings (case_id, element, verdict, evidence, made_at) "
        "VALUES (:p0,:p1,:p2,:p3,:p4)",
        {id.value, element, verdict, canonical_json(strings_to_json(evidence)),
         format_time(record_.now())}));
    if (row.state == case_state::open) TRY_VOID(set_state(id, case_state::in_review));
    return record_.case_entry(
        id, kind::finding_made, Json::Object{{"case", id.value}},
        Json::Object{
            {"element", element}, {"verdict", verdict}, {"evidence", strings_to_json(evidence)}});
  };
  return record_.change(body);
}

Result<void> Casework::set_state(const CaseId& id, std::string_view state) {
  return record_.database().run("UPDATE cases SET state=:p0 WHERE id=:p1",
                                {std::string(state), id.value});
}

Result<void> Casework::close(const CaseId& id, const std::string& reason) {
  const CaseRow row = TRY(find(id));
  if (row.state == case_state::closed) return fail(Errc::conflict, "the case is closed already");
  TRY_VOID(check_text(reason, "the reason"));
  const auto body = [&]() -> Result<void> {
    const auto counsel = TRY(counsel_of(record_.database(), id.value));
    TRY_VOID(
        record_.database().run("UPDATE cases SET state='closed', closed_reason=:p0 WHERE id=:p1",
                               {counsel ? counsel->seal(reason) : reason, id.value}));
    TRY_VOID(record_.case_entry(id, kind::case_closed, Json::Object{{"case", id.value}},
                                Json::Object{{"reason", sha256(reason).hex()}}));
    return record_.let_open(id, record_.change_time());
  };
  return record_.change(body);
}

Result<void> Casework::reopen(const CaseId& id, const std::string& evidence) {
  const CaseRow row = TRY(find(id));
  TRY_VOID(require_evidence(id, evidence));
  if (row.state != case_state::closed) return {};  // a new signal or report has reopened it already
  return record_.change([&] { return reopen_if_closed(row, evidence); });
}

Result<std::vector<CaseRow>> Casework::list() {
  const auto rows =
      TRY(record_.database().query(std::string(kSelectCase) + "ORDER BY opened_at, id"));
  std::vector<CaseRow> out;
  for (const SqlRow& row : rows) out.push_back(to_case(row));
  return out;
}

Result<CaseRow> Casework::find(const CaseId& id) {
  const auto rows =
      TRY(record_.database().query(std::string(kSelectCase) + "WHERE id=:p0", {id.value}));
  if (rows.empty()) {
    return fail(Errc::not_found, "no such case (see: proviso case list)");
  }
  return to_case(rows.front());
}

Result<std::vector<std::string>> Casework::evidence_of(const CaseId& id) {
  const auto rows = TRY(record_.database().query(
      "SELECT digest FROM evidence WHERE case_id=:p0 ORDER BY digest", {id.value}));
  std::vector<std::string> out;
  for (const SqlRow& row : rows) out.push_back(row.text(0));
  return out;
}

Result<std::vector<std::string>> Casework::cited_evidence_of(const CaseId& id) {
  const auto rows = TRY(record_.database().query(
      "SELECT evidence FROM findings WHERE case_id=:p0 AND verdict='supported'", {id.value}));
  std::vector<std::string> out;
  for (const SqlRow& row : rows) {
    const auto cited = TRY(parse_list(row.text(0)));
    out = merged(std::move(out), cited);
  }
  return out;
}

Result<std::vector<std::string>> Casework::protected_classes_of(const CaseRow& row) {
  const auto rows = TRY(
      record_.database().query("SELECT protected_classes FROM cases WHERE id=:p0", {row.id.value}));
  if (rows.empty()) return fail(Errc::not_found, "no such case (see: proviso case list)");
  const auto kept = TRY(parse_list(rows.front().text(0)));
  const model::Customer* customer = register_.customer(row.customer.value);
  return merged(kept,
                customer != nullptr ? customer->protected_classes : std::vector<std::string>());
}

Result<void> Casework::record_look(const CaseId& id) {
  const auto look = [&]() -> Result<void> {
    return record_.case_entry(id, kind::usage_looked_at, Json::Object{},
                              Json::Object{{"case", id.value}});
  };
  return record_.change(look);
}

}  // namespace proviso::cases
