// SPDX-License-Identifier: Apache-2.0
#include "cases/customer_index.h"

#include <algorithm>

#include "ledger/leaf_tree.h"

namespace proviso::cases {
namespace {

// Over a log of `size` entries.
Result<model::IndexPublished> next_index(Database& db, std::uint64_t size) {
  const auto before = TRY(published_indexes(db));
  const std::uint64_t after = model::begins_after(before.size() + 1);
  const std::uint64_t from = after == 0 ? 0 : before[after - 1].published.to;
  const auto tags = TRY(tags_between(db, from, size));
  return model::IndexPublished{.from = from,
                               .to = size,
                               .tags = tags.size(),
                               .root = ledger::LeafTree(index_leaf_hashes(tags)).root()};
}

}  // namespace

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
  if (record.log() == nullptr || record.log()->size() == 0) {
    return fail(Errc::conflict, "the founding is not sealed (run: proviso roster seal)");
  }
  IndexDone done;
  model::EntryId id;
  // Inside the change all that the log has is marked with its index in the store (R1). A tag that
  // was missed would make an index that every verifier refuses, for ever.
  const auto body = [&]() -> Result<void> {
    done.published = TRY(next_index(record.database(), record.log()->size()));
    id = record.entry(model::entry_kind::index_published,
                      model::index_published_to_json(done.published), Json::Object{});
    return {};
  };
  TRY_VOID(record.change(body));
  done.index = TRY(record.index_of(id));
  return done;
}

}  // namespace proviso::cases
