// SPDX-License-Identifier: Apache-2.0
#include "cases/record.h"

#include "base/check.h"
#include "base/encoding.h"
#include "cases/counsel.h"
#include "cases/index_keys.h"
#include "model/sealed.h"

namespace proviso::cases {
namespace {

constexpr int kPublishBatch = 1000;
constexpr std::string_view kIndexSecret = "proviso/index/secret/v1\n";

std::string named_case(const Json& part) {
  const Json* id = part.find("case");
  return id != nullptr && id->if_string() != nullptr ? *id->if_string() : std::string();
}

}  // namespace

Record::Record(std::unique_ptr<Database> database, std::unique_ptr<ledger::Log> log,
               std::string origin, const std::string& hash_key, const Clock& clock, Random& random)
    : database_(std::move(database)),
      log_(std::move(log)),
      origin_(std::move(origin)),
      hash_(hash_key),
      index_secret_(sha256(kIndexSecret, hash_key).view()),
      clock_(clock),
      random_(random) {}

Result<std::unique_ptr<Record>> Record::open(std::unique_ptr<Database> database,
                                             std::unique_ptr<ledger::Log> log, std::string origin,
                                             const std::string& hash_key, const Clock& clock,
                                             Random& random) {
  std::unique_ptr<Record> record(
      new Record(std::move(database), std::move(log), std::move(origin), hash_key, clock, random));
  if (!record->log_) return record;
  // Before anything is appended; and after, since what a crash left pending may be in the ledger.
  TRY_VOID(record->check_same_age(Age::ledger_is_not_older));
  TRY_VOID(record->publish_pending());
  TRY_VOID(record->check_same_age(Age::same));
  return record;
}

// Entries are given indexes in the order of their rows, but for the genesis, which overtakes those
// of before the founding.
Result<void> Record::check_same_age(Age asked) {
  const auto rows = TRY(database_->query(
      "SELECT max(ledger_index) + 1 FROM (SELECT ledger_index FROM outbox WHERE ledger_index IS "
      "NOT NULL ORDER BY seq DESC LIMIT 2)"));
  const auto known = static_cast<std::uint64_t>(rows.front().integer(0));
  const std::uint64_t size = log_->size();
  const auto behind = [](std::string_view who, std::string_view whom, std::uint64_t from) {
    return fail(Errc::corrupt, std::string(who) + ": it is older than its " + std::string(whom) +
                                   ", and knows nothing of the entries from " +
                                   std::to_string(from) +
                                   " on, orders in force perhaps among them (put the newest one "
                                   "back: docs/formats/data-folder.md, Backup)");
  };
  if (known > size) return behind("ledger", "store", size);
  if (known < size && asked == Age::same) return behind("store", "ledger", known);
  return {};
}

Result<void> Record::change(const std::function<Result<void>()>& body) {
  // Of a change before this one that the ledger could not take: `body` may rest on it (R1).
  if (log_) TRY_VOID(publish_pending());
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
  std::string case_id = named_case(public_part);
  if (case_id.empty()) case_id = named_case(private_part);
  drafts_.push_back({.entry = model::new_entry(kind, change_time_, random_, std::move(public_part),
                                               std::move(private_part)),
                     .case_id = std::move(case_id),
                     .about = About::nobody,
                     .is_sealed = false,
                     .due = {},
                     .order = {}});
  return drafts_.back().entry.id;
}

model::EntryId Record::entry_about(const model::CaseId& id, std::string_view kind, Json public_part,
                                   Json private_part) {
  model::EntryId entry_id = entry(kind, std::move(public_part), std::move(private_part));
  drafts_.back().case_id = id.value;
  drafts_.back().about = id.value.empty() ? About::random : About::customer_of_case;
  return entry_id;
}

Result<void> Record::case_entry(const model::CaseId& id, std::string_view kind, Json public_part,
                                Json private_part) {
  entry_about(id, kind, std::move(public_part), std::move(private_part));
  Draft& draft = drafts_.back();
  if (!sealing_.on || !model::may_be_sealed(kind)) return {};
  const auto rows =
      TRY(database_->query("SELECT state, told_at FROM cases WHERE id=:p0", {id.value}));
  if (rows.empty()) return fail(Errc::corrupt, "store: an entry is about a case that is not there");
  const std::string& told = rows.front().text(1);
  if (!told.empty() && told <= format_time(change_time_)) return {};
  draft.is_sealed = true;
  if (!told.empty()) {
    const Time from = TRY(parse_time(told));
    draft.due = format_time(from + sealing_.open_after);
  } else if (rows.front().text(0) == "closed") {
    draft.due = format_time(change_time_ + sealing_.open_after);
  }
  return {};
}

Result<void> Record::let_open(const model::CaseId& id, Time from) {
  const std::string due = format_time(from + sealing_.open_after);
  for (Draft& draft : drafts_) {
    if (draft.is_sealed && draft.case_id == id.value && draft.due.empty()) draft.due = due;
  }
  return database_->run("UPDATE seals SET due=:p0 WHERE case_id=:p1 AND opened_entry='' AND due=''",
                        {due, id.value});
}

Result<void> Record::keep_sealed(const model::CaseId& id) {
  for (Draft& draft : drafts_) {
    if (draft.case_id == id.value && draft.order.empty()) draft.due.clear();
  }
  return database_->run(
      "UPDATE seals SET due='' WHERE case_id=:p0 AND opened_entry='' AND order_digest=''",
      {id.value});
}

Result<std::optional<model::OrderSeals>> Record::bind_seals(const model::CaseId& id,
                                                            const Digest& order, Time from) {
  const std::string due = format_time(from + sealing_.open_after);
  std::int64_t count = 0;
  for (Draft& draft : drafts_) {
    if (!draft.is_sealed || draft.case_id != id.value || !draft.order.empty()) continue;
    draft.due = due;
    draft.order = order.hex();
    ++count;
  }
  const auto rows = TRY(database_->query(
      "SELECT count(*) FROM seals WHERE case_id=:p0 AND opened_entry='' AND order_digest=''",
      {id.value}));
  count += rows.front().integer(0);
  TRY_VOID(
      database_->run("UPDATE seals SET order_digest=:p0, due=:p1 WHERE case_id=:p2 AND "
                     "opened_entry='' AND order_digest=''",
                     {order.hex(), due, id.value}));
  if (count == 0) return std::optional<model::OrderSeals>();
  return std::optional(
      model::OrderSeals{.count = count, .open_by = floor_second(from) + model::kOpenWithin});
}

Result<void> Record::write_outbox() {
  for (Draft& draft : drafts_) {
    model::EntryDraft& entry = draft.entry;
    const auto tag = TRY(take_tag(draft));
    if (tag) entry.public_part.if_object()->emplace(model::kAbout, tag->hex());
    std::string bytes = TRY(model::entry_bytes(entry, origin_));
    if (draft.is_sealed) {
      TRY_VOID(write_seal(draft, std::move(bytes)));
      continue;
    }
    const EntrySecret secret = TRY(kept_secret(draft));
    TRY_VOID(database_->run(
        "INSERT INTO outbox (entry, kind, bytes, private_part, salt, case_id, about) VALUES "
        "(:p0,:p1,:p2,:p3,:p4,:p5,:p6)",
        {entry.id.value, entry.kind, std::move(bytes), secret.private_part, secret.salts,
         draft.case_id, tag ? tag->hex() : ""}));
  }
  return {};
}

// As the store keeps it: of a case that counsel directs, in a box.
Result<EntrySecret> Record::kept_secret(const Draft& draft) {
  EntrySecret secret{.private_part = canonical_json(draft.entry.private_part),
                     .salts = hex_encode(draft.entry.salt + draft.entry.field_secret)};
  const auto counsel = TRY(counsel_of(*database_, draft.case_id));
  return counsel ? seal_secret(*counsel, secret) : secret;
}

// Rows of the outbox go into the ledger in their order, so numbers rise with the place in the log.
Result<std::optional<Digest>> Record::take_tag(const Draft& draft) {
  if (draft.about == About::nobody || draft.is_sealed) return std::optional<Digest>();
  if (draft.about == About::random) return TRY(Digest::from_bytes(random_.bytes(32)));
  const auto rows =
      TRY(database_->query("SELECT customer FROM cases WHERE id=:p0", {draft.case_id}));
  if (rows.empty()) return fail(Errc::corrupt, "store: an entry is about a case that is not there");
  return TRY(next_tag(*database_, index_secret_, rows.front().text(0)));
}

Result<void> Record::write_seal(const Draft& draft, std::string bytes) {
  if (bytes.size() > model::kSealedBytesMax) {
    return fail(Errc::exhausted, "an entry that is sealed holds at most 60000 bytes");
  }
  const EntrySecret secret = TRY(kept_secret(draft));
  return database_->run(
      "INSERT INTO seals (entry, kind, case_id, content, private_part, salt, due, order_digest) "
      "VALUES (:p0,:p1,:p2,:p3,:p4,:p5,:p6,:p7)",
      {draft.entry.id.value, draft.entry.kind, draft.case_id, std::move(bytes), secret.private_part,
       secret.salts, draft.due, draft.order});
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
