// SPDX-License-Identifier: Apache-2.0
#include "cases/sealing.h"

#include <algorithm>
#include <optional>

#include "base/encoding.h"
#include "model/sealed.h"

namespace proviso::cases {
namespace {

constexpr std::size_t kBatch = 500;
constexpr std::string_view kSlotMeta = "sealing_slot";

// What one place of a slot takes: a row of `seals` that waited, or nothing, which is a cover.
struct Place {
  std::int64_t seq = 0;
  std::string content;
};

Result<std::vector<Place>> waiting(Database& db, std::size_t count) {
  const auto rows =
      TRY(db.query("SELECT seq, content FROM seals WHERE sealed_entry='' ORDER BY "
                   "seq LIMIT " +
                   std::to_string(count)));
  std::vector<Place> out;
  for (const SqlRow& row : rows) out.push_back({row.integer(0), row.text(1)});
  return out;
}

// Fisher-Yates. Which place is a cover must not follow from where it stands.
void shuffle(std::vector<Place>& places, Random& random) {
  for (std::size_t i = places.size(); i > 1; --i) {
    std::uint32_t number = 0;
    for (const char byte : random.bytes(4)) {
      number = (number << 8U) | static_cast<std::uint8_t>(byte);
    }
    std::swap(places[i - 1], places[number % i]);
  }
}

Result<std::int64_t> add_cover(Record& record, const std::string& content) {
  Database& db = record.database();
  const std::string name = "cover-" + hex_encode(record.random().bytes(16));
  TRY_VOID(
      db.run("INSERT INTO seals (entry, kind, case_id, content, private_part, salt) "
             "VALUES (:p0,'cover','',:p1,'','')",
             {name, content}));
  const auto rows = TRY(db.query("SELECT seq FROM seals WHERE entry=:p0", {name}));
  return rows.front().integer(0);
}

// Inside a change. The leaf's id and time are those of now: when the sealed entry was made stands
// only inside it.
Result<void> append_place(Record& record, Place place) {
  if (place.content.empty()) {
    place.content = canonical_json(model::cover_content());
    place.seq = TRY(add_cover(record, place.content));
  }
  const Time open_by = floor_second(record.change_time()) + record.sealing().open_by;
  Json content = TRY(parse_json(place.content));
  const model::EntryId id =
      record.entry(model::entry_kind::sealed, model::sealed_public(open_by), std::move(content));
  return record.database().run("UPDATE seals SET sealed_entry=:p0, open_by=:p1 WHERE seq=:p2",
                               {id.value, format_time(open_by), place.seq});
}

Result<std::int64_t> last_slot(Database& db) {
  const auto rows =
      TRY(db.query("SELECT value FROM meta WHERE name=:p0", {std::string(kSlotMeta)}));
  return rows.empty() ? std::int64_t{-1} : rows.front().integer(0);
}

Result<void> set_last_slot(Database& db, std::int64_t slot) {
  return db.run("INSERT OR REPLACE INTO meta (name, value) VALUES (:p0,:p1)",
                {std::string(kSlotMeta), std::to_string(slot)});
}

Result<SlotDone> append_places(Record& record, std::vector<Place> places,
                               std::optional<std::int64_t> slot) {
  SlotDone done;
  for (const Place& place : places) ++(place.content.empty() ? done.covers : done.sealed);
  shuffle(places, record.random());
  const auto body = [&]() -> Result<void> {
    for (Place& place : places) TRY_VOID(append_place(record, std::move(place)));
    return slot ? set_last_slot(record.database(), *slot) : Result<void>{};
  };
  // A crash in here: the transaction is whole or nothing; what is whole has its salts and contents
  // in the store before the first leaf is in the ledger, and is appended by the next open().
  TRY_VOID(record.change(body));
  return done;
}

// Sealing was switched off: what waits still has to be committed to.
Result<SlotDone> append_rest(Record& record) {
  SlotDone done;
  while (true) {
    auto places = TRY(waiting(record.database(), kBatch));
    if (places.empty()) return done;
    const SlotDone some = TRY(append_places(record, std::move(places), std::nullopt));
    done.sealed += some.sealed;
  }
}

struct Due {
  std::int64_t seq;
  model::Opening opening;
  model::CaseId case_id;  ///< empty for a cover
};

Result<std::vector<Due>> due_now(Record& record) {
  const Time now = record.now();
  const auto rows = TRY(record.database().query(
      "SELECT s.seq, s.sealed_entry, s.content, s.order_digest, o.salt, s.case_id FROM seals s "
      "JOIN outbox o ON o.entry = s.sealed_entry WHERE s.opened_entry='' AND o.ledger_index IS NOT "
      "NULL AND ((s.due<>'' AND s.due<=:p0) OR s.open_by<=:p1) ORDER BY s.seq LIMIT " +
          std::to_string(kBatch),
      {format_time(now), format_time(now + kOpenEarly)}));
  std::vector<Due> out;
  for (const SqlRow& row : rows) {
    model::Opening opening;
    opening.opens = model::EntryId(row.text(1));
    opening.content = TRY(parse_json(row.text(2)));
    if (!row.text(3).empty()) opening.order = TRY(Digest::from_hex(row.text(3)));
    opening.salt = TRY(hex_decode(row.text(4)));
    out.push_back({row.integer(0), std::move(opening), model::CaseId(row.text(5))});
  }
  return out;
}

Result<void> open_some(Record& record, const std::vector<Due>& some) {
  const auto body = [&]() -> Result<void> {
    for (const Due& due : some) {
      const model::EntryId id =
          record.entry_about(due.case_id, model::entry_kind::opened,
                             model::opening_public(due.opening), Json::Object{});
      TRY_VOID(record.database().run("UPDATE seals SET opened_entry=:p0 WHERE seq=:p1",
                                     {id.value, due.seq}));
    }
    return {};
  };
  return record.change(body);
}

Result<void> check_founded(Database& db) {
  const auto rows = TRY(db.query("SELECT 1 FROM meta WHERE name='genesis'"));
  if (!rows.empty()) return {};
  return fail(Errc::conflict, "the founding is not sealed (run: proviso roster seal)");
}

}  // namespace

Result<SlotDone> append_slot(Record& record) {
  TRY_VOID(check_founded(record.database()));
  const SealingPolicy& policy = record.sealing();
  if (!policy.on) return append_rest(record);
  const std::int64_t slot =
      unix_seconds(record.now()) /
      std::max<std::int64_t>(
          1, std::chrono::duration_cast<std::chrono::seconds>(policy.every).count());
  const std::int64_t last = TRY(last_slot(record.database()));
  if (slot <= last) return SlotDone{};
  auto places = TRY(waiting(record.database(), policy.per_slot));
  places.resize(policy.per_slot);
  return append_places(record, std::move(places), slot);
}

Result<std::size_t> open_due(Record& record) {
  std::size_t count = 0;
  while (true) {
    const auto some = TRY(due_now(record));
    if (some.empty()) return count;
    TRY_VOID(open_some(record, some));
    count += some.size();
  }
}

Result<std::size_t> open_case(Record& record, const model::CaseId& id) {
  Database& db = record.database();
  const auto rows = TRY(db.query("SELECT state, told_at FROM cases WHERE id=:p0", {id.value}));
  if (rows.empty()) return fail(Errc::not_found, "no such case (see: proviso case list)");
  const std::string now = format_time(record.now());
  const std::string& told = rows.front().text(1);
  const bool is_told = !told.empty() && told <= now;
  if (!is_told && rows.front().text(0) != "closed") {
    return fail(Errc::conflict,
                "the case's customer is still under review and has not been told (I11); what is "
                "sealed opens after an order has effect, or the case is closed");
  }
  // What still waits for its slot opens after it.
  TRY_VOID(
      db.run("UPDATE seals SET due=:p0 WHERE case_id=:p1 AND opened_entry=''", {now, id.value}));
  return open_due(record);
}

}  // namespace proviso::cases
