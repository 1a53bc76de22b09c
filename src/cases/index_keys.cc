// SPDX-License-Identifier: Apache-2.0
#include "cases/index_keys.h"

namespace proviso::cases {
namespace {

// The key that a customer's new entries go under.
constexpr std::string_view kOwn =
    "SELECT name, next FROM index_keys WHERE customer=:p0 AND attached_by=''";

// Names that are made here have a line feed, which no id of the register has. substr() counts
// characters, and an id may have some of several bytes.
Result<std::string> new_name(Database& db, const std::string& customer) {
  const auto used =
      TRY(db.query("SELECT 1 FROM index_keys WHERE name=:p0 OR substr(name,1,length(:p1))=:p2",
                   {customer, customer + "\n", customer + "\n"}));
  return used.empty() ? customer : customer + "\n" + std::to_string(used.size());
}

}  // namespace

Result<Digest> next_tag(Database& db, std::string_view secret, const std::string& customer) {
  const auto rows = TRY(db.query(kOwn, {customer}));
  std::string name;
  std::int64_t number = 0;
  if (rows.empty()) {
    name = TRY(new_name(db, customer));
    TRY_VOID(db.run("INSERT INTO index_keys (name, customer, next) VALUES (:p0,:p1,1)",
                    {name, customer}));
  } else {
    name = rows.front().text(0);
    number = rows.front().integer(1);
    TRY_VOID(db.run("UPDATE index_keys SET next=next+1 WHERE name=:p0", {name}));
  }
  return model::IndexTags(model::index_key(secret, name)).of(static_cast<std::uint64_t>(number));
}

Result<void> attach_index_key(Database& db, const std::string& was, const std::string& customer,
                              const std::string& attached_by) {
  return db.run(
      "UPDATE index_keys SET customer=:p0, attached_by=:p1 WHERE customer=:p2 AND attached_by=''",
      {customer, attached_by, was});
}

Result<std::vector<IndexKey>> index_keys_of(Database& db, std::string_view secret,
                                            const std::string& customer) {
  std::vector<IndexKey> out;
  const auto own = TRY(db.query(kOwn, {customer}));
  const std::string name = own.empty() ? TRY(new_name(db, customer)) : own.front().text(0);
  out.push_back({model::index_key(secret, name),
                 own.empty() ? 0 : static_cast<std::uint64_t>(own.front().integer(1))});
  const auto attached = TRY(db.query(
      "SELECT k.name, k.next FROM index_keys k WHERE k.customer=:p0 AND k.attached_by<>'' AND "
      "(EXISTS (SELECT 1 FROM outbox o WHERE o.entry=k.attached_by) OR EXISTS "
      "(SELECT 1 FROM seals s WHERE s.entry=k.attached_by AND s.opened_entry<>'')) "
      "ORDER BY k.name",
      {customer}));
  for (const SqlRow& row : attached) {
    out.push_back(
        {model::index_key(secret, row.text(0)), static_cast<std::uint64_t>(row.integer(1))});
  }
  return out;
}

}  // namespace proviso::cases
