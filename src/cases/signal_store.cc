// SPDX-License-Identifier: Apache-2.0
#include "cases/signal_store.h"

namespace proviso::cases {
namespace {

constexpr std::size_t kPrefixMin = 8;

Result<SignalRow> to_row(const SqlRow& row) {
  return SignalRow{.id = row.text(0),
                   .case_id = row.text(1),
                   .document = TRY(parse_json(row.text(2))),
                   .figures = TRY(parse_json(row.text(3)))};
}

Result<std::vector<SignalRow>> to_rows(const std::vector<SqlRow>& rows) {
  std::vector<SignalRow> out;
  for (const SqlRow& row : rows) out.push_back(TRY(to_row(row)));
  return out;
}

bool is_prefix(const std::string& id) {
  return id.size() >= kPrefixMin && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

std::string text_of(const Json& document, std::string_view name) {
  const Json* value = document.find(name);
  return value != nullptr && value->if_string() != nullptr ? *value->if_string() : "";
}

}  // namespace

Result<std::vector<SignalRow>> list_signals(Database& database, SignalKind kind) {
  const auto rows =
      TRY(database.query(kind == SignalKind::shadow
                             ? "SELECT id, '', document, figures FROM shadow_signals ORDER BY id"
                             : "SELECT id, case_id, document, figures FROM signals ORDER BY id"));
  return to_rows(rows);
}

Result<SignalRow> find_signal(Database& database, const std::string& id) {
  if (!is_prefix(id)) {
    return fail(Errc::not_found, "a signal's id is 8 to 32 digits (see: proviso signal list)");
  }
  const auto rows = TRY(database.query(
      "SELECT id, case_id, document, figures FROM signals WHERE id LIKE :p0 UNION ALL "
      "SELECT id, '', document, figures FROM shadow_signals WHERE id LIKE :p1",
      {id + "%", id + "%"}));
  if (rows.empty()) return fail(Errc::not_found, "no such signal (see: proviso signal list)");
  if (rows.size() > 1)
    return fail(Errc::invalid_input, "several signals begin so (give more of it)");
  return to_row(rows.front());
}

Result<void> put_shadow_signal(Database& database, const SignalInput& signal) {
  const auto known = TRY(database.query("SELECT id FROM shadow_signals WHERE id=:p0", {signal.id}));
  if (!known.empty()) {
    return database.run("UPDATE shadow_signals SET figures=:p0 WHERE id=:p1",
                        {canonical_json(signal.figures), signal.id});
  }
  return database.run(
      "INSERT INTO shadow_signals (id, rule, subscription, document, figures) "
      "VALUES (:p0,:p1,:p2,:p3,:p4)",
      {signal.id, text_of(signal.document, "rule"), signal.subscription.value,
       canonical_json(signal.document), canonical_json(signal.figures)});
}

}  // namespace proviso::cases
