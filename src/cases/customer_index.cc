// SPDX-License-Identifier: Apache-2.0
#include "cases/customer_index.h"

#include <algorithm>

#include "ledger/leaf_tree.h"

namespace proviso::cases {

Result<std::vector<TagPlace>> tags_between(Database& db, std::uint64_t from, std::uint64_t to) {
  const auto rows = TRY(
      db.query("SELECT about, ledger_index FROM outbox WHERE about<>'' AND ledger_index>=:p0 AND "
               "ledger_index<:p1",
               {static_cast<std::int64_t>(from), static_cast<std::int64_t>(to)}));
  std::vector<TagPlace> out;
  out.reserve(rows.size());
  for (const SqlRow& row : rows) {
    const Digest tag = TRY(Digest::from_hex(row.text(0)));
    out.push_back({tag, static_cast<std::uint64_t>(row.integer(1))});
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::vector<Digest> index_leaf_hashes(const std::vector<TagPlace>& tags) {
  std::vector<Digest> out;
  out.reserve(tags.size());
  for (const TagPlace& place : tags) {
    out.push_back(ledger::leaf_hash(model::index_leaf(place.tag, place.index)));
  }
  return out;
}

Result<std::vector<IndexDone>> published_indexes(Database& db) {
  const auto rows = TRY(
      db.query("SELECT bytes, ledger_index FROM outbox WHERE kind='index-published' ORDER BY seq"));
  std::vector<IndexDone> out;
  for (const SqlRow& row : rows) {
    const model::Entry entry = TRY(model::parse_entry(row.text(0)));
    out.push_back({static_cast<std::uint64_t>(row.integer(1)),
                   TRY(model::parse_index_published(entry.public_part))});
  }
  return out;
}

Result<IndexDone> publish_index(Record& record) {
  Database& db = record.database();
  const std::uint64_t size = record.log() == nullptr ? 0 : record.log()->size();
  if (size == 0) {
    return fail(Errc::conflict, "the founding is not sealed (run: proviso roster seal)");
  }
  const auto before = TRY(published_indexes(db));
  const std::uint64_t after = model::begins_after(before.size() + 1);
  IndexDone done;
  done.published.from = after == 0 ? 0 : before[after - 1].published.to;
  done.published.to = size;
  const auto tags = TRY(tags_between(db, done.published.from, size));
  done.published.tags = tags.size();
  done.published.root = ledger::LeafTree(index_leaf_hashes(tags)).root();
  model::EntryId id;
  const auto body = [&]() -> Result<void> {
    id = record.entry(model::entry_kind::index_published,
                      model::index_published_to_json(done.published), Json::Object{});
    return {};
  };
  TRY_VOID(record.change(body));
  done.index = TRY(record.index_of(id));
  return done;
}

}  // namespace proviso::cases
