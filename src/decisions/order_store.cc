// SPDX-License-Identifier: Apache-2.0
#include "decisions/order_store.h"

#include <map>

namespace proviso::decisions {
namespace {

constexpr std::string_view kSelect =
    "SELECT digest, orders.case_id, canonical, reason, proposal, state, in_force_entry, "
    "in_force_at, protected_reason FROM orders ";

Result<OrderRow> to_order(cases::Database& database, const cases::SqlRow& row) {
  OrderRow out{.digest = row.text(0),
               .signed_order = {},
               .case_id = row.text(1),
               .reason = row.text(3),
               .protected_reason = row.text(8),
               .state = row.text(5),
               .in_force_entry = row.text(6),
               .in_force_at = row.text(7)};
  out.signed_order.canonical = row.text(2);
  if (sha256(out.signed_order.canonical).hex() != out.digest) {
    return fail(Errc::corrupt, "store: an order is not the one that its digest names (I3)");
  }
  out.signed_order.order = TRY(model::parse_order(row.text(2)));
  if (!row.text(4).empty()) {
    const Json proposal = TRY(parse_json(row.text(4)));
    out.signed_order.proposal = TRY(model::signature_from_json(proposal, "proposal"));
  }
  const auto approvals = TRY(database.query(
      "SELECT signature FROM approvals WHERE order_digest=:p0 ORDER BY seq", {out.digest}));
  for (const cases::SqlRow& approval : approvals) {
    const Json value = TRY(parse_json(approval.text(0)));
    model::Signature signature = TRY(model::signature_from_json(value, "approval"));
    out.signed_order.approvals.push_back(std::move(signature));
  }
  return out;
}

Result<std::string> read_meta(cases::Database& database, const std::string& name) {
  const auto rows = TRY(database.query("SELECT value FROM meta WHERE name=:p0", {name}));
  if (rows.empty()) {
    return fail(Errc::conflict,
                "the founding is not sealed (add people with: proviso roster add, "
                "then run: proviso roster seal)");
  }
  return rows.front().text(0);
}

}  // namespace

Result<OrderRow> read_order(cases::Database& database, const std::string& digest) {
  const auto rows = TRY(database.query(std::string(kSelect) + "WHERE digest=:p0", {digest}));
  if (rows.empty()) return fail(Errc::not_found, "no order with this digest");
  return to_order(database, rows.front());
}

Result<std::vector<OrderRow>> read_orders(cases::Database& database, std::string_view where) {
  const auto rows = TRY(database.query(std::string(kSelect) + std::string(where)));
  std::vector<OrderRow> out;
  for (const cases::SqlRow& row : rows) {
    OrderRow order = TRY(to_order(database, row));
    out.push_back(std::move(order));
  }
  return out;
}

Result<void> store_scope(cases::Database& database, const std::string& digest,
                         const model::Restriction& restriction) {
  for (const model::ScopeLine& line : restriction.scope) {
    TRY_VOID(database.run(
        "INSERT INTO order_scope (order_digest, subscription, service) VALUES (:p0,:p1,:p2)",
        {digest, line.subscription.value, line.service.value}));
  }
  return {};
}

Result<std::vector<PastOrder>> past_orders_naming(cases::Database& database,
                                                  const std::vector<model::ScopeLine>& scope) {
  std::map<std::string, PastOrder> by_digest;
  for (const model::ScopeLine& line : scope) {
    const auto rows = TRY(
        database.query("SELECT o.digest, o.canonical, o.in_force_at, coalesce(l.in_force_at, '') "
                       "FROM order_scope s JOIN orders o ON o.digest = s.order_digest "
                       "LEFT JOIN orders l ON l.digest = o.ended_by "
                       "WHERE s.subscription=:p0 AND s.service=:p1 AND o.in_force_at <> ''",
                       {line.subscription.value, line.service.value}));
    for (const cases::SqlRow& row : rows) {
      if (by_digest.contains(row.text(0))) continue;
      PastOrder past;
      past.order = TRY(model::parse_order(row.text(1)));
      past.in_force_at = TRY(parse_time(row.text(2)));
      if (!row.text(3).empty()) past.lifted_at = TRY(parse_time(row.text(3)));
      by_digest.emplace(row.text(0), std::move(past));
    }
  }
  std::vector<PastOrder> out;
  for (auto& [digest, past] : by_digest) out.push_back(std::move(past));
  return out;
}

Result<void> store_document(cases::Database& database, std::string_view kind,
                            const std::string& content, const Digest& digest) {
  return database.run(
      "INSERT OR IGNORE INTO documents (digest, kind, content) VALUES (:p0,:p1,:p2)",
      {digest.hex(), std::string(kind), content});
}

Result<std::string> read_document(cases::Database& database, const Digest& digest) {
  const auto rows =
      TRY(database.query("SELECT content FROM documents WHERE digest=:p0", {digest.hex()}));
  if (rows.empty()) return fail(Errc::corrupt, "store: a document that an order names is missing");
  std::string content = rows.front().text(0);
  if (sha256(content) != digest) {
    return fail(Errc::corrupt, "store: a document is not the one that its digest names (I1)");
  }
  return content;
}

Result<model::Genesis> read_genesis(cases::Database& database) {
  const std::string text = TRY(read_meta(database, "genesis"));
  const Json document = TRY(parse_json(text));
  return model::genesis_from_json(document);
}

Result<model::Governance> read_governance(cases::Database& database) {
  const model::Genesis genesis = TRY(read_genesis(database));
  model::Governance governance = model::Governance::from(genesis);
  const auto rows =
      TRY(read_orders(database,
                      "JOIN outbox ON outbox.entry = orders.in_force_entry "
                      "WHERE orders.kind NOT IN ('restrict','lift') ORDER BY outbox.seq"));
  for (const OrderRow& row : rows) {
    const Time at = TRY(parse_time(row.in_force_at));
    TRY_VOID(governance.apply(row.signed_order, at));
  }
  return governance;
}

Result<std::string> read_genesis_entry(cases::Database& database) {
  return read_meta(database, "genesis_entry");
}

}  // namespace proviso::decisions
