// SPDX-License-Identifier: Apache-2.0
#include "cases/counsel.h"

#include "base/encoding.h"
#include "cases/case_entries.h"

namespace proviso::cases {
namespace {

namespace kind = model::entry_kind;

// Rows whose private part is an entry's. The content of a leaf of kind `sealed` is what its opening
// will show to everyone; its salt is needed for that.
Result<void> seal_outbox(Database& db, const model::CaseId& id, const CounselPublicKey& key) {
  const auto rows =
      TRY(db.query("SELECT seq, private_part, salt FROM outbox WHERE kind<>'sealed' "
                   "AND " +
                       std::string(kEntriesOfCase),
                   {id.value, id.value, id.value, id.value}));
  for (const SqlRow& row : rows) {
    if (is_box(row.text(1))) continue;
    const EntrySecret box = seal_secret(key, {row.text(1), row.text(2)});
    TRY_VOID(db.run("UPDATE outbox SET private_part=:p0, salt=:p1, case_id=:p2 WHERE seq=:p3",
                    {box.private_part, box.salts, id.value, row.integer(0)}));
  }
  return {};
}

Result<void> seal_seals(Database& db, const model::CaseId& id, const CounselPublicKey& key) {
  const auto rows = TRY(
      db.query("SELECT seq, private_part, salt FROM seals WHERE case_id=:p0 AND private_part<>''",
               {id.value}));
  for (const SqlRow& row : rows) {
    if (is_box(row.text(1))) continue;
    const EntrySecret box = seal_secret(key, {row.text(1), row.text(2)});
    TRY_VOID(db.run("UPDATE seals SET private_part=:p0, salt=:p1 WHERE seq=:p2",
                    {box.private_part, box.salts, row.integer(0)}));
  }
  return {};
}

Result<void> seal_evidence(Database& db, const model::CaseId& id, const CounselPublicKey& key) {
  const auto rows = TRY(db.query(
      "SELECT digest, content FROM evidence WHERE case_id=:p0 AND content<>''", {id.value}));
  for (const SqlRow& row : rows) {
    if (is_box(row.text(1))) continue;
    TRY_VOID(db.run("UPDATE evidence SET content=:p0 WHERE case_id=:p1 AND digest=:p2",
                    {key.seal(row.text(1)), id.value, row.text(0)}));
  }
  return {};
}

// Nothing reads it but people with a database tool, so a reason that looks like a box is sealed
// twice at worst.
Result<void> seal_reason(Database& db, const model::CaseId& id, const CounselPublicKey& key) {
  const auto rows = TRY(
      db.query("SELECT closed_reason FROM cases WHERE id=:p0 AND closed_reason<>'' AND counsel=''",
               {id.value}));
  if (rows.empty()) return {};
  return db.run("UPDATE cases SET closed_reason=:p0 WHERE id=:p1",
                {key.seal(rows.front().text(0)), id.value});
}

Result<std::string> open_with(const std::vector<CounselKey>& keys, std::string_view box) {
  for (const CounselKey& key : keys) {
    auto plain = key.open(box);
    if (plain || plain.error().code != Errc::denied) return plain;
  }
  return fail(Errc::denied, keys.empty() ? "sealed to counsel's key (give it with --counsel-key)"
                                         : "sealed to another key of counsel, or damaged");
}

}  // namespace

Result<std::optional<CounselPublicKey>> counsel_of(Database& database, const std::string& case_id) {
  if (case_id.empty()) return std::optional<CounselPublicKey>();
  const auto rows = TRY(database.query("SELECT counsel FROM cases WHERE id=:p0", {case_id}));
  if (rows.empty() || rows.front().text(0).empty()) return std::optional<CounselPublicKey>();
  return std::optional(TRY(CounselPublicKey::from_hex(rows.front().text(0))));
}

EntrySecret seal_secret(const CounselPublicKey& key, const EntrySecret& secret) {
  if (secret.private_part == "{}") return secret;
  const Json both = Json::Object{{"private", secret.private_part}, {"salts", secret.salts}};
  return {.private_part = key.seal(canonical_json(both)), .salts = {}};
}

Result<EntrySecret> open_secret(const EntrySecret& kept, const std::vector<CounselKey>& keys) {
  if (!is_box(kept.private_part)) return kept;
  const std::string text = TRY(open_with(keys, kept.private_part));
  const Json both = TRY(parse_json(text));
  JsonReader reader(both, "box");
  EntrySecret out{.private_part = reader.string("private"), .salts = reader.string("salts")};
  TRY_VOID(reader.finish());
  return out;
}

Result<void> direct_case(Record& record, const model::CaseId& id, const CounselPublicKey& key) {
  Database& db = record.database();
  const auto rows = TRY(db.query("SELECT counsel FROM cases WHERE id=:p0", {id.value}));
  if (rows.empty()) return fail(Errc::not_found, "no such case (see: proviso case list)");
  const bool done_already = rows.front().text(0) == key.hex();
  TRY_VOID(db.query("PRAGMA secure_delete=ON"));
  const auto body = [&]() -> Result<void> {
    TRY_VOID(seal_outbox(db, id, key));
    TRY_VOID(seal_seals(db, id, key));
    TRY_VOID(seal_evidence(db, id, key));
    TRY_VOID(seal_reason(db, id, key));
    TRY_VOID(db.run("UPDATE cases SET counsel=:p0 WHERE id=:p1", {key.hex(), id.value}));
    return record.case_entry(id, kind::case_directed, Json::Object{{"case", id.value}},
                             Json::Object{{"key", key.id()}});
  };
  if (!done_already) TRY_VOID(record.change(body));
  TRY_VOID(db.overwrite_free_pages());
  if (done_already) return fail(Errc::conflict, "the case is sealed to this key already");
  return {};
}

Result<std::string> evidence_item(Record& record, const model::CaseId& id,
                                  const std::string& digest, const std::vector<CounselKey>& keys) {
  const auto rows = TRY(record.database().query(
      "SELECT content FROM evidence WHERE case_id=:p0 AND digest=:p1", {id.value, digest}));
  if (rows.empty()) {
    return fail(Errc::not_found, "the case has no such evidence (see: proviso case show)");
  }
  std::string content = rows.front().text(0);
  if (content.empty()) return fail(Errc::not_found, "the item was erased");
  if (is_box(content)) content = TRY(open_with(keys, content));
  const auto look = [&]() -> Result<void> {
    return record.case_entry(id, kind::usage_looked_at, Json::Object{},
                             Json::Object{{"case", id.value}});
  };
  TRY_VOID(record.change(look));
  return base64_decode(content);
}

}  // namespace proviso::cases
