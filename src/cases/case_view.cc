// SPDX-License-Identifier: Apache-2.0
// What a reviewer is shown of a case.
#include <map>
#include <set>

#include "cases/casework.h"
#include "cases/counsel.h"

namespace proviso::cases {

using model::CaseId;

Result<Json> Casework::rows_json(std::string_view sql, const CaseId& id,
                                 const std::vector<std::string>& names) {
  const auto rows = TRY(record_.database().query(sql, {id.value}));
  Json::Array out;
  for (const SqlRow& row : rows) {
    Json::Object item;
    for (std::size_t i = 0; i < names.size(); ++i) item.emplace(names[i], row.text(i));
    out.emplace_back(std::move(item));
  }
  return Json(std::move(out));
}

// Findings by element, with whether they are corroborated: two independent groups of evidence
// support the element (design section 4). The latest verdict on an element is the one that counts.
Result<Json> Casework::findings_json(const CaseId& id) {
  Database& db = record_.database();
  const auto groups_rows =
      TRY(db.query("SELECT digest, independence FROM evidence WHERE case_id=:p0", {id.value}));
  std::map<std::string, std::string> group_of;
  for (const SqlRow& row : groups_rows) group_of[row.text(0)] = row.text(1);
  const auto rows = TRY(db.query(
      "SELECT element, verdict, evidence, made_at FROM findings WHERE case_id=:p0 ORDER BY seq",
      {id.value}));
  std::map<std::string, Json> by_element;
  std::map<std::string, std::set<std::string>> support;
  for (const SqlRow& row : rows) {
    const Json evidence = TRY(parse_json(row.text(2)));
    std::set<std::string>& groups = support[row.text(0)];
    if (row.text(1) != "supported") groups.clear();
    for (const Json& digest : *evidence.if_array()) {
      if (row.text(1) == "supported") groups.insert(group_of[*digest.if_string()]);
    }
    by_element[row.text(0)] = Json::Object{{"element", row.text(0)},
                                           {"verdict", row.text(1)},
                                           {"evidence", evidence},
                                           {"made_at", row.text(3)},
                                           {"corroborated", groups.size() >= 2}};
  }
  Json::Array out;
  for (auto& [element, finding] : by_element) out.push_back(std::move(finding));
  return Json(std::move(out));
}

Result<Json> Casework::show(const CaseId& id) {
  const CaseRow row = TRY(find(id));
  TRY_VOID(record_look(id));
  const auto signal_rows = TRY(record_.database().query(
      "SELECT digest, document, figures FROM signals WHERE case_id=:p0 ORDER BY id", {id.value}));
  Json::Array signal_list;
  for (const SqlRow& s : signal_rows) {
    Json document = TRY(parse_json(s.text(1)));
    const Json figures = TRY(parse_json(s.text(2)));
    document.if_object()->emplace("figures", figures);
    document.if_object()->emplace("digest", s.text(0));
    signal_list.push_back(std::move(document));
  }
  const Json evidence = TRY(rows_json(
      "SELECT digest, class, source, independence, added_at FROM evidence WHERE case_id=:p0 "
      "ORDER BY added_at, digest",
      id, {"digest", "class", "source", "independence", "added_at"}));
  const Json orders = TRY(rows_json(
      "SELECT digest, kind, state, proposed_at, in_force_at FROM orders WHERE case_id=:p0 "
      "ORDER BY proposed_at, digest",
      id, {"digest", "kind", "state", "proposed_at", "in_force_at"}));
  const Json findings = TRY(findings_json(id));
  const auto classes = TRY(protected_classes_of(row));
  const auto counsel = TRY(counsel_of(record_.database(), row.id.value));
  return Json(Json::Object{{"id", row.id.value},
                           {"counsel", counsel ? Json(counsel->id()) : Json(nullptr)},
                           {"customer", row.customer.value},
                           {"term_group", row.term_group},
                           {"state", row.state},
                           {"opened_at", row.opened_at},
                           {"protected_classes", Json::Array(classes.begin(), classes.end())},
                           {"signals", std::move(signal_list)},
                           {"evidence", evidence},
                           {"findings", findings},
                           {"orders", orders}});
}

}  // namespace proviso::cases
