// SPDX-License-Identifier: Apache-2.0
#include "cases/erasure.h"

#include <array>

#include "cases/case_entries.h"

namespace proviso::cases {
namespace {

Result<std::int64_t> count(Database& db, std::string_view sql, const model::CaseId& id) {
  const auto rows = TRY(db.query(sql, {id.value}));
  return rows.front().integer(0);
}

Result<void> check_erasable(Database& db, const model::CaseId& id) {
  const auto rows = TRY(db.query("SELECT state FROM cases WHERE id=:p0", {id.value}));
  if (rows.empty()) return fail(Errc::not_found, "no such case (see: proviso case list)");
  if (rows.front().text(0) != "closed") {
    return fail(Errc::conflict, "the case is not closed (close it with: proviso case close)");
  }
  const auto in_force = TRY(count(
      db, "SELECT count(*) FROM orders WHERE case_id=:p0 AND kind='restrict' AND state='in_force'",
      id));
  if (in_force > 0) return fail(Errc::conflict, "an order about the case is in force (lift it)");
  const auto shut =
      TRY(count(db, "SELECT count(*) FROM seals WHERE case_id=:p0 AND opened_entry=''", id));
  if (shut > 0) {
    return fail(Errc::conflict,
                "entries about the case are still sealed, and could never be opened (open them "
                "with: proviso ledger open --case ID)");
  }
  return {};
}

Result<std::size_t> erase_entries(Database& db, const model::CaseId& id) {
  const std::string where(kEntriesOfCase);
  const std::vector<SqlValue> ids(4, id.value);
  const auto rows = TRY(db.query("SELECT count(*) FROM outbox WHERE " + where, ids));
  TRY_VOID(db.run("UPDATE outbox SET private_part='', salt='' WHERE " + where, ids));
  TRY_VOID(db.run("UPDATE seals SET content='', private_part='', salt='' WHERE case_id=:p0",
                  {id.value}));
  return static_cast<std::size_t>(rows.front().integer(0));
}

Result<void> erase_casework(Database& db, const model::CaseId& id) {
  constexpr std::array<std::string_view, 5> kStatements = {
      "UPDATE evidence SET content='', source='', independence='' WHERE case_id=:p0",
      "UPDATE reports SET about='' WHERE case_id=:p0",
      "UPDATE signals SET document='{}', figures='{}' WHERE case_id=:p0",
      "UPDATE orders SET reason='', protected_reason='' WHERE case_id=:p0",
      "UPDATE cases SET closed_reason='' WHERE id=:p0",
  };
  for (const std::string_view statement : kStatements) TRY_VOID(db.run(statement, {id.value}));
  return {};
}

}  // namespace

Result<std::size_t> erase_case(Record& record, const model::CaseId& id) {
  Database& db = record.database();
  TRY_VOID(check_erasable(db, id));
  TRY_VOID(db.query("PRAGMA secure_delete=ON"));
  std::size_t erased = 0;
  const auto body = [&]() -> Result<void> {
    erased = TRY(erase_entries(db, id));
    TRY_VOID(erase_casework(db, id));
    record.entry_about(
        id, model::entry_kind::private_erased,
        Json::Object{{"case", id.value}, {"entries", static_cast<std::int64_t>(erased)}},
        Json::Object{});
    return {};
  };
  TRY_VOID(record.change(body));
  // A crash here leaves old pages behind: erasing again, which finds nothing, overwrites them.
  TRY_VOID(db.overwrite_free_pages());
  return erased;
}

}  // namespace proviso::cases
