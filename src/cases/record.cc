// SPDX-License-Identifier: Apache-2.0
#include "cases/record.h"

#include "base/check.h"
#include "base/encoding.h"

namespace proviso::cases {
namespace {

constexpr int kPublishBatch = 1000;

}  // namespace

Record::Record(std::unique_ptr<Database> database, std::unique_ptr<ledger::Log> log,
               std::string origin, const std::string& hash_key, const Clock& clock, Random& random)
    : database_(std::move(database)),
      log_(std::move(log)),
      origin_(std::move(origin)),
      hash_(hash_key),
      clock_(clock),
      random_(random) {}

Result<std::unique_ptr<Record>> Record::open(std::unique_ptr<Database> database,
                                             std::unique_ptr<ledger::Log> log, std::string origin,
                                             const std::string& hash_key, const Clock& clock,
                                             Random& random) {
  std::unique_ptr<Record> record(
      new Record(std::move(database), std::move(log), std::move(origin), hash_key, clock, random));
  if (record->log_) TRY_VOID(record->publish_pending());
  return record;
}

Result<void> Record::change(const std::function<Result<void>()>& body) {
  drafts_.clear();
  change_time_ = clock_.now();
  const auto whole = [&]() -> Result<void> {
    TRY_VOID(body());
    return write_outbox();
  };
  TRY_VOID(database_->transact(whole));
  // A crash here leaves pending outbox rows: the next open() appends them before anything else.
  return publish_pending();
}

model::EntryId Record::entry(std::string_view kind, Json public_part, Json private_part) {
  drafts_.push_back(model::new_entry(kind, change_time_, random_, std::move(public_part),
                                     std::move(private_part)));
  return drafts_.back().id;
}

Result<void> Record::write_outbox() {
  for (const model::EntryDraft& draft : drafts_) {
    std::string bytes = TRY(model::entry_bytes(draft, origin_));
    TRY_VOID(database_->run(
        "INSERT INTO outbox (entry, kind, bytes, private_part, salt) VALUES (:p0,:p1,:p2,:p3,:p4)",
        {draft.id.value, draft.kind, std::move(bytes), canonical_json(draft.private_part),
         hex_encode(draft.salt)}));
  }
  return {};
}

Result<void> Record::publish_pending() {
  while (true) {
    const bool more = TRY(publish_some());
    if (!more) return {};
  }
}

// Returns whether there may be more.
Result<bool> Record::publish_some() {
  // The genesis is the ledger's first entry, whatever was done while the founding was still open:
  // until it is there, other entries wait (R1).
  const std::vector<SqlRow> genesis =
      TRY(database_->query("SELECT entry FROM outbox WHERE kind='genesis' LIMIT 1"));
  if (genesis.empty()) return false;
  const std::vector<SqlRow> rows =
      TRY(database_->query("SELECT seq, entry, bytes FROM outbox WHERE ledger_index IS NULL ORDER "
                           "BY kind<>'genesis', seq LIMIT " +
                           std::to_string(kPublishBatch)));
  if (rows.empty()) return false;
  if (!log_) return fail(Errc::conflict, "the founding is not sealed (run: proviso roster seal)");
  std::vector<ledger::NewEntry> entries;
  for (const SqlRow& row : rows) entries.push_back({row.text(1), row.text(2)});
  const auto indexes = TRY(log_->append(entries));
  CHECK(indexes.size() == rows.size());
  // A crash here appends the same entries again, and the ledger answers with their old index (R2).
  const auto mark = [&]() -> Result<void> {
    for (std::size_t i = 0; i < rows.size(); ++i) {
      TRY_VOID(database_->run("UPDATE outbox SET ledger_index=:p0 WHERE seq=:p1",
                              {static_cast<std::int64_t>(indexes[i]), rows[i].integer(0)}));
    }
    return {};
  };
  TRY_VOID(database_->transact(mark));
  return rows.size() == kPublishBatch;
}

std::string Record::keyed_hash(std::string_view text) const { return hash_(text).hex(); }

Result<std::uint64_t> Record::index_of(const model::EntryId& id) {
  const std::vector<SqlRow> rows = TRY(database_->query(
      "SELECT ledger_index FROM outbox WHERE entry=:p0 AND ledger_index IS NOT NULL", {id.value}));
  if (rows.empty()) return fail(Errc::not_found, "no such entry in the ledger");
  return static_cast<std::uint64_t>(rows.front().integer(0));
}

}  // namespace proviso::cases
