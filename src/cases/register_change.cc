// SPDX-License-Identifier: Apache-2.0
#include "cases/register_change.h"

#include <algorithm>
#include <set>

#include "cases/index_keys.h"
#include "model/order.h"
#include "model/scope.h"

namespace proviso::cases {
namespace {

using Ids = std::set<std::string, std::less<>>;

Ids moved_subscriptions(const model::Register& before, const model::Register& after) {
  Ids moved;
  for (const auto& [id, subscription] : before.subscriptions()) {
    const model::Customer* old_one = before.customer_of(id);
    const model::Customer* new_one = after.customer_of(id);
    if (old_one != nullptr && (new_one == nullptr || new_one->id != old_one->id)) moved.insert(id);
  }
  return moved;
}

// Orders that may still cut: proposed ones while their case can be decided, and those in force that
// have not ended.
Result<Ids> subscriptions_of_orders(Record& record) {
  const auto rows = TRY(record.database().query(
      "SELECT o.canonical, o.state FROM orders o LEFT JOIN cases c ON c.id = o.case_id "
      "WHERE o.kind='restrict' AND (o.state='in_force' OR "
      "(o.state='proposed' AND coalesce(c.state,'') <> 'closed'))"));
  Ids ids;
  for (const SqlRow& row : rows) {
    const model::Order order = TRY(model::parse_order(row.text(0)));
    const model::Restriction& r = *order.restriction;
    if (r.until && *r.until <= record.now()) continue;
    for (const model::ScopeLine& line : r.scope) ids.insert(line.subscription.value);
  }
  return ids;
}

Result<Ids> subscriptions_of_cases(Database& database) {
  Ids ids;
  const auto signal_rows =
      TRY(database.query("SELECT s.document FROM signals s JOIN cases c ON c.id = s.case_id "
                         "WHERE c.state <> 'closed'"));
  for (const SqlRow& row : signal_rows) {
    const Json document = TRY(parse_json(row.text(0)));
    const Json* subscription = document.find("subscription");
    if (subscription != nullptr && subscription->if_string() != nullptr) {
      ids.insert(*subscription->if_string());
    }
  }
  const auto report_rows =
      TRY(database.query("SELECT r.about FROM reports r JOIN cases c ON c.id = r.case_id "
                         "WHERE c.state <> 'closed'"));
  for (const SqlRow& row : report_rows) ids.insert(model::normalise_id(row.text(0)));
  return ids;
}

struct Attachable {
  std::string case_id;
  std::string was;
  const model::Customer* customer = nullptr;
};

Result<std::vector<Attachable>> attachable(Database& database, const model::Register& after) {
  const auto rows =
      TRY(database.query("SELECT id, customer FROM cases WHERE substr(customer, 1, " +
                             std::to_string(model::kUnregistered.size()) + ")=:p0 ORDER BY id",
                         {std::string(model::kUnregistered)}));
  std::vector<Attachable> out;
  for (const SqlRow& row : rows) {
    const std::string subscription = row.text(1).substr(model::kUnregistered.size());
    const model::Customer* customer = after.customer_of(model::normalise_id(subscription));
    if (customer != nullptr) out.push_back({row.text(0), row.text(1), customer});
  }
  return out;
}

}  // namespace

std::vector<std::string> merged(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  std::sort(a.begin(), a.end());
  a.erase(std::unique(a.begin(), a.end()), a.end());
  return a;
}

std::string list_text(const std::vector<std::string>& items) {
  return canonical_json(Json::Array(items.begin(), items.end()));
}

Result<std::vector<std::string>> parse_list(const std::string& text) {
  const Json list = TRY(parse_json(text));
  std::vector<std::string> out;
  if (list.if_array() == nullptr) return fail(Errc::corrupt, "store: a list is damaged");
  for (const Json& item : *list.if_array()) {
    if (item.if_string() == nullptr) return fail(Errc::corrupt, "store: a list is damaged");
    out.push_back(*item.if_string());
  }
  return out;
}

Result<std::optional<std::string>> held_subscription(Record& record, const model::Register& before,
                                                     const model::Register& after) {
  const Ids moved = moved_subscriptions(before, after);
  if (moved.empty()) return std::optional<std::string>();
  Ids held = TRY(subscriptions_of_orders(record));
  held.merge(TRY(subscriptions_of_cases(record.database())));
  for (const std::string& id : moved) {
    if (held.contains(id)) return std::optional<std::string>(id);
  }
  return std::optional<std::string>();
}

Result<void> keep_protected_classes(Record& record, const model::Register& before,
                                    const model::Register& after) {
  Database& db = record.database();
  const auto rows = TRY(db.query("SELECT id, customer, protected_classes FROM cases"));
  for (const SqlRow& row : rows) {
    const model::Customer* had = before.customer(row.text(1));
    const model::Customer* has = after.customer(row.text(1));
    if (had == nullptr || has == nullptr) continue;
    // While the register has them, nothing need be kept.
    const auto now = merged(has->protected_classes, {});
    const auto all = merged(now, had->protected_classes);
    if (all == now) continue;
    const auto kept = TRY(parse_list(row.text(2)));
    TRY_VOID(db.run("UPDATE cases SET protected_classes=:p0 WHERE id=:p1",
                    {list_text(merged(kept, all)), row.text(0)}));
  }
  return {};
}

Result<std::size_t> attach_cases(Record& record, const model::Register& after) {
  const auto cases = TRY(attachable(record.database(), after));
  for (const Attachable& a : cases) {
    TRY_VOID(record.database().run("UPDATE cases SET customer=:p0 WHERE id=:p1",
                                   {a.customer->id.value, a.case_id}));
    TRY_VOID(record.case_entry(model::CaseId(a.case_id), model::entry_kind::case_attached,
                               Json::Object{{"case", a.case_id}},
                               Json::Object{{"customer", a.customer->id.value}, {"was", a.was}}));
    TRY_VOID(attach_index_key(record.database(), a.was, a.customer->id.value,
                              record.latest_entry().value));
  }
  return cases.size();
}

Result<std::size_t> attachable_cases(Database& database, const model::Register& after) {
  return TRY(attachable(database, after)).size();
}

}  // namespace proviso::cases
