// SPDX-License-Identifier: Apache-2.0
#include "decisions/orders.h"

#include <algorithm>
#include <set>
#include <thread>

#include "base/encoding.h"
#include "decisions/emergency.h"
#include "decisions/envelope.h"
#include "decisions/governance_check.h"
#include "decisions/order_store.h"
#include "decisions/protected_reason.h"
#include "decisions/publishable.h"
#include "decisions/scope_check.h"
#include "decisions/suspension.h"

namespace proviso::decisions {
namespace {

namespace kind = model::entry_kind;
using model::OrderKind;

constexpr Duration kJustNow = std::chrono::minutes{5};

}  // namespace

Result<Orders> Orders::open(cases::Record& record, cases::Casework& casework,
                            const model::Register& reg) {
  model::Governance governance = TRY(read_governance(record.database()));
  const std::string catalogue_text =
      TRY(read_document(record.database(), governance.documents().catalogue));
  const Json catalogue_json = TRY(parse_json(catalogue_text));
  model::Catalogue catalogue = TRY(model::Catalogue::parse(catalogue_json));
  const std::string terms_text =
      TRY(read_document(record.database(), governance.documents().terms));
  const Json terms_json = TRY(parse_json(terms_text));
  model::Terms terms = TRY(model::Terms::parse(terms_json));
  return Orders(record, casework, reg, std::move(governance), std::move(catalogue),
                std::move(terms));
}

model::Order Orders::blank(OrderKind order_kind, const std::string& reason) const {
  model::Order order;
  order.kind = order_kind;
  order.ledger = record_.origin();
  order.nonce = hex_encode(record_.random().bytes(16));
  order.proposed_at = floor_second(record_.now());
  order.reason = sha256(reason);
  return order;
}

Result<model::Restriction> Orders::restriction_of(const Proposal& proposal) {
  const cases::CaseRow row = TRY(casework_.find(proposal.case_id));
  if (row.state == cases::case_state::closed) {
    return fail(Errc::conflict, "the case is closed (reopen it with: proviso case reopen)");
  }
  const cases::ServiceUse use = TRY(known_scope_use(row.customer, proposal.scope));
  model::Restriction r{.case_id = row.id,
                       .scope = proposal.scope,
                       .stages = proposal.stages,
                       .until = proposal.until,
                       .review = proposal.review,
                       .terms = {},
                       .evidence = TRY(evidence_for(row)),
                       .origin = proposal.origin,
                       .protected_classes = {},
                       .protected_reason = std::nullopt,
                       .closes_export = false,
                       .emergency = proposal.emergency,
                       .ratifies = proposal.ratifies,
                       .rollout = proposal.rollout,
                       .agreements_not_affected = {},
                       .services_not_affected = {},
                       .not_affected_rest = {},
                       .catalogue = catalogue_.digest(),
                       .terms_document = terms_.digest()};
  r.terms = TRY(terms_of(row, proposal));
  r.protected_classes = TRY(casework_.protected_classes_of(row));
  TRY_VOID(bind_protected_reason(proposal.protected_reason, r));
  r.closes_export = model::closes_export(r, catalogue_);
  fill_not_affected(row.customer, register_, use, r);
  if (r.not_affected_rest) {
    // What is only counted there must be there to be shown. Without its order it says nothing.
    const auto all = not_affected(row.customer, register_, use, r.scope);
    TRY_VOID(store_document(record_.database(), "not-affected", model::not_affected_text(all),
                            r.not_affected_rest->all));
  }
  return r;
}

// The whole case, or of a case with more than an order can name, what its findings rest on.
Result<std::vector<std::string>> Orders::evidence_for(const cases::CaseRow& row) {
  auto all = TRY(casework_.evidence_of(row.id));
  if (all.size() <= model::kEvidenceMax) return all;
  auto cited = TRY(casework_.cited_evidence_of(row.id));
  if (!cited.empty()) return cited;
  return fail(Errc::conflict, "the case has " + std::to_string(all.size()) +
                                  " items of evidence: say in findings which of them the order "
                                  "rests on (proviso case finding)");
}

// The terms that the order cites, one of them at least from what the case is about.
Result<std::vector<model::TermRef>> Orders::terms_of(const cases::CaseRow& row,
                                                     const Proposal& proposal) {
  std::vector<model::TermRef> out;
  bool about_the_case = row.term_group.empty();
  for (const std::string& id : proposal.terms) {
    const model::Term* term = terms_.find(id);
    if (term == nullptr) {
      return fail(Errc::invalid_input, "term: the terms in force have none of that id");
    }
    if (std::any_of(out.begin(), out.end(), [&](const auto& t) { return t.id == term->id; })) {
      return fail(Errc::invalid_input, "term: stands twice");
    }
    about_the_case = about_the_case || term->group == row.term_group;
    out.push_back({term->id, term->version});
  }
  if (!about_the_case) {
    return fail(Errc::denied, "term: the case is about other terms, of group " +
                                  printable(row.term_group) + " (name one of those)");
  }
  return out;
}

// I3: what the customer's subscriptions ever used, once the scope is found to be exact and known.
Result<cases::ServiceUse> Orders::known_scope_use(const model::CustomerId& customer,
                                                  const std::vector<model::ScopeLine>& scope) {
  TRY_VOID(model::check_scope(scope));
  TRY_VOID(check_customer(customer, scope, register_));
  cases::Subscriptions subscriptions;
  for (const model::Subscription* s : register_.subscriptions_of(customer)) {
    subscriptions.insert(s->id.value);
  }
  auto use = TRY(cases::read_service_use(record_.database(), subscriptions));
  TRY_VOID(check_known(scope, catalogue_, use));
  return use;
}

// I5: checked when it is proposed, and again when it comes into force: another one may have done so
// in between.
Result<void> Orders::check_chain(const model::Order& order) {
  auto time = order.restriction ? suspension_time(*order.restriction) : std::nullopt;
  if (!time) return {};
  // It suspends nothing before it is in force.
  time->from = std::max(time->from, floor_second(record_.now()));
  const auto others = TRY(past_suspensions(record_.database(), time->scope));
  return check_no_chain(*time, others);
}

// Emergencies, and what goes on with one: again when the signatures come in.
Result<void> Orders::check_emergency(const OrderRow& row, const model::Signature& approval) {
  const auto& r = row.signed_order.order.restriction;
  if (!r) return {};
  TRY_VOID(check_no_repeat(record_.database(), *r, record_.now()));
  if (!r->ratifies) return {};
  const OrderRow emergency = TRY(find(*r->ratifies));
  return check_others_sign(emergency, governance_, approval);
}

// A stage that lies in the past is a mistake (a year mistyped) that would cut at once. One that
// began while the proposal was being made is now.
Result<void> Orders::check_stages(const Proposal& proposal, Time proposed_at) {
  for (const model::Stage& stage : proposal.stages) {
    if (stage.from >= proposed_at - kJustNow) continue;
    return fail(Errc::invalid_input,
                "stage: " + to_string(stage.effect) + " from " + format_time(stage.from) +
                    " lies in the past (without @FROM it begins when the order is in force)");
  }
  return {};
}

Result<Digest> Orders::propose(const Proposal& proposal, const Signer& key) {
  TRY_VOID(cases::check_text(proposal.reason, "the reason"));
  model::SignedOrder order;
  order.order = blank(OrderKind::restrict_use, proposal.reason);
  TRY_VOID(check_stages(proposal, order.order.proposed_at));
  order.order.restriction = TRY(restriction_of(proposal));
  order.canonical = model::canonical_order(order.order);
  // Read it back as a gate will: what a gate would refuse is not proposed.
  TRY_VOID(model::parse_order(order.canonical));
  TRY_VOID(check_chain(order.order));
  TRY_VOID(check_no_repeat(record_.database(), *order.order.restriction, record_.now()));
  if (proposal.ratifies) {
    const OrderRow emergency = TRY(find(*proposal.ratifies));
    TRY_VOID(check_ratifies(*order.order.restriction, emergency));
  }
  order.proposal = {key.public_key().id(),
                    TRY(key.try_sign(model::proposal_message(order.canonical)))};
  TRY_VOID(model::standing(order, governance_.authority()));
  TRY_VOID(check_on_call(order, governance_.authority()));
  TRY_VOID(store_proposed(order, proposal.case_id.value,
                          {.reason = proposal.reason, .of_protected = proposal.protected_reason}));
  return sha256(order.canonical);
}

Result<Digest> Orders::propose_change(OrderKind order_kind, const Json& change,
                                      const std::string& document, const std::string& reason,
                                      const Signer& key) {
  TRY_VOID(cases::check_text(reason, "the reason"));
  model::SignedOrder order;
  order.order = blank(order_kind, reason);
  order.order.change = change;
  TRY_VOID(model::changed_authority(order.order, governance_.authority()));
  order.canonical = model::canonical_order(order.order);
  order.proposal = {key.public_key().id(),
                    TRY(key.try_sign(model::proposal_message(order.canonical)))};
  TRY_VOID(model::standing(order, governance_.authority()));
  if (!document.empty()) {
    const Digest digest = TRY(Digest::from_hex(*change.find("digest")->if_string()));
    TRY_VOID(store_document(record_.database(), to_string(order_kind), document, digest));
  }
  TRY_VOID(store_proposed(order, "", {.reason = reason, .of_protected = {}}));
  return sha256(order.canonical);
}

Result<Digest> Orders::propose_lift(const Digest& lifted, const std::string& reason) {
  TRY_VOID(cases::check_text(reason, "the reason"));
  const OrderRow row = TRY(find(lifted));
  if (row.signed_order.order.kind != OrderKind::restrict_use) {
    return fail(Errc::invalid_input, "only a restriction can be lifted");
  }
  if (row.state != "in_force") {
    return fail(Errc::conflict, "the order is " + row.state + ", not in force: nothing to lift");
  }
  model::SignedOrder order;
  order.order = blank(OrderKind::lift, reason);
  order.order.lifts = lifted;
  order.canonical = model::canonical_order(order.order);
  TRY_VOID(store_proposed(order, row.case_id, {.reason = reason, .of_protected = {}}));
  return sha256(order.canonical);
}

Result<void> Orders::store_proposed(const model::SignedOrder& order, const std::string& case_id,
                                    const Reasons& reasons) {
  const std::string digest = sha256(order.canonical).hex();
  const auto body = [&]() -> Result<void> {
    const std::string proposal =
        order.proposal ? canonical_json(model::signature_to_json(*order.proposal)) : "";
    TRY_VOID(record_.database().run(
        "INSERT INTO orders (digest, kind, case_id, canonical, reason, proposal, state, "
        "proposed_at, protected_reason) VALUES (:p0,:p1,:p2,:p3,:p4,:p5,'proposed',:p6,:p7)",
        {digest, std::string(to_string(order.order.kind)), case_id, order.canonical, reasons.reason,
         proposal, format_time(order.order.proposed_at), reasons.of_protected}));
    Json public_part = Json::Object{{"order", digest}, {"kind", to_string(order.order.kind)}};
    Json private_part = Json::Object{{"case", case_id}};
    if (order.order.restriction) {
      TRY_VOID(store_scope(record_.database(), digest, *order.order.restriction));
      describe(*order.order.restriction, private_part);
    }
    if (order.order.kind == OrderKind::restrict_use) {
      const model::CaseId id(case_id);
      TRY_VOID(casework_.set_state(id, cases::case_state::proposed));
      return record_.case_entry(id, kind::order_proposed, std::move(public_part),
                                std::move(private_part));
    }
    add_entry(case_id, kind::order_proposed, std::move(public_part), std::move(private_part));
    return {};
  };
  return record_.change(body);
}

Result<Approved> Orders::approve(const Digest& digest, std::string_view envelope) {
  const OrderRow row = TRY(find(digest));
  if (row.state != "proposed") {
    return fail(Errc::conflict, "the order is " + row.state + ": no approval can be added");
  }
  TRY_VOID(check_still_true(row));
  TRY_VOID(check_not_expired(row.signed_order.order, record_.now()));
  const model::Signature approval = TRY(open_envelope(envelope, row.signed_order.canonical));
  TRY_VOID(model::check_approval(row.signed_order, governance_.authority(), approval));
  TRY_VOID(check_emergency(row, approval));
  model::SignedOrder order = row.signed_order;
  order.approvals.push_back(approval);
  TRY_VOID(wait_for_own_second(order.order.kind));
  Approved result;
  result.standing = TRY(model::standing(order, governance_.authority()));
  result.in_force = result.standing.enough();
  if (result.in_force) TRY_VOID(check_chain(order.order));
  const auto body = [&]() -> Result<void> {
    TRY_VOID(record_.database().run(
        "INSERT INTO approvals (order_digest, signature, approved_at) VALUES (:p0,:p1,:p2)",
        {row.digest, canonical_json(model::signature_to_json(approval)),
         format_time(record_.now())}));
    TRY_VOID(record_approval(row, approval));
    return result.in_force ? put_in_force(row, order) : Result<void>{};
  };
  TRY_VOID(record_.change(body));
  return result;
}

// Sealed with the rest of a review; lifts and changes of who decides never are.
Result<void> Orders::record_approval(const OrderRow& row, const model::Signature& approval) {
  Json public_part =
      Json::Object{{"order", row.digest}, {"approval", model::signature_to_json(approval)}};
  if (row.signed_order.order.kind == OrderKind::restrict_use) {
    return record_.case_entry(model::CaseId(row.case_id), kind::order_approved,
                              std::move(public_part), Json::Object{});
  }
  add_entry(row.case_id, kind::order_approved, std::move(public_part), Json::Object{});
  return {};
}

// Lifts are about a case's customer; changes of who decides and by which documents about nobody.
model::EntryId Orders::add_entry(const std::string& case_id, std::string_view entry_kind,
                                 Json public_part, Json private_part) {
  if (case_id.empty()) {
    return record_.entry(entry_kind, std::move(public_part), std::move(private_part));
  }
  return record_.entry_about(model::CaseId(case_id), entry_kind, std::move(public_part),
                             std::move(private_part));
}

// What was true of case and customer at the proposal, and what people sign, must be so when they
// sign. A lift is always possible.
Result<void> Orders::check_still_true(const OrderRow& row) {
  if (row.signed_order.order.kind != OrderKind::restrict_use) {
    return check_not_overtaken(record_.database(), row);
  }
  const cases::CaseRow found = TRY(casework_.find(model::CaseId(row.case_id)));
  if (found.state == cases::case_state::closed) {
    return fail(Errc::conflict,
                "the order's case was closed (reopen it with: proviso case reopen, or leave it)");
  }
  const model::Restriction& r = *row.signed_order.order.restriction;
  if (r.until && *r.until <= record_.now()) {
    return fail(Errc::conflict, "the order's own end has passed (propose it again)");
  }
  const auto stale = [](std::string_view what) {
    return fail(Errc::denied,
                "since the proposal " + std::string(what) + " (leave it, and propose it again)");
  };
  for (const std::string& name : TRY(casework_.protected_classes_of(found))) {
    const auto& told = r.protected_classes;
    if (std::find(told.begin(), told.end(), name) == told.end()) {
      return stale("the customer has become a protected subject, I15");
    }
  }
  for (const model::ScopeLine& line : r.scope) {
    const model::Customer* customer = register_.customer_of(line.subscription.value);
    if (customer == nullptr || customer->id != found.customer) {
      return stale("a subscription has gone to another customer, I3");
    }
    const auto& agreements = r.agreements_not_affected;
    const auto& agreement = register_.subscription(line.subscription.value)->agreement;
    if (std::find(agreements.begin(), agreements.end(), agreement.value) != agreements.end()) {
      return stale(
          "a subscription has come under an agreement that the order says it leaves alone");
    }
  }
  return {};
}

// Documents tell time in seconds, and who could decide at a second is what stood at its end. So a
// change of who decides never shares a second with an order that came into force before it, else
// the change would seem to have come first.
Result<void> Orders::wait_for_own_second(OrderKind order_kind) {
  if (order_kind == OrderKind::restrict_use || order_kind == OrderKind::lift) return {};
  const auto rows = TRY(record_.database().query("SELECT max(in_force_at) FROM orders"));
  const std::string latest = rows.empty() ? "" : rows.front().text(0);
  for (int tries = 0; tries < 60; ++tries) {
    if (format_time(record_.now()) > latest) return {};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return fail(Errc::unavailable,
              "an order came into force at a later time than the clock shows "
              "(check this machine's clock, then approve again)");
}

// With the first effect of a restriction its customer is told: from then on nothing about the case
// is sealed any more, and what is, belongs to this order and is due.
Result<std::optional<model::OrderSeals>> Orders::told_by(const OrderRow& row, Time now) {
  const auto& r = row.signed_order.order.restriction;
  if (!r) return std::optional<model::OrderSeals>();
  const Time first = std::max(now, r->stages.front().from);
  TRY_VOID(record_.database().run(
      "UPDATE cases SET told_at=:p0 WHERE id=:p1 AND (told_at='' OR told_at>:p2)",
      {format_time(first), row.case_id, format_time(first)}));
  return record_.bind_seals(model::CaseId(row.case_id), sha256(row.signed_order.canonical), first);
}

// Inside approve()'s transaction: the order's entry, its new state, and what follows from it.
Result<void> Orders::put_in_force(const OrderRow& row, const model::SignedOrder& order) {
  cases::Database& db = record_.database();
  // The time that the entry shows: what gates and verifiers take for this order's beginning.
  const Time now = floor_second(record_.change_time());
  const auto seals = TRY(told_by(row, now));
  const model::EntryId entry =
      add_entry(row.case_id, kind::order_in_force, model::in_force_public(order, seals),
                Json::Object{{"case", row.case_id}});
  TRY_VOID(
      db.run("UPDATE orders SET state='in_force', in_force_entry=:p0, in_force_at=:p1 "
             "WHERE digest=:p2",
             {entry.value, format_time(now), row.digest}));
  switch (order.order.kind) {
    case OrderKind::restrict_use:
      return casework_.set_state(model::CaseId(row.case_id), cases::case_state::decided);
    case OrderKind::lift:
      return db.run("UPDATE orders SET state='lifted', ended_by=:p0 WHERE digest=:p1",
                    {row.digest, order.order.lifts->hex()});
    default: TRY_VOID(governance_.apply(order, now)); return {};
  }
}

Result<OrderRow> Orders::find(const Digest& digest) {
  return read_order(record_.database(), digest.hex());
}

Result<std::vector<OrderRow>> Orders::in_force() {
  return read_orders(record_.database(),
                     "WHERE kind='restrict' AND state='in_force' ORDER BY in_force_at, digest");
}

Result<std::string> Orders::export_order(const Digest& digest) {
  return export_text(TRY(find(digest)));
}

Result<std::string> Orders::not_affected_of(const Digest& digest) {
  const OrderRow row = TRY(find(digest));
  const auto& r = row.signed_order.order.restriction;
  if (!r) return fail(Errc::invalid_input, "only a restriction leaves something alone");
  if (r->not_affected_rest) return read_document(record_.database(), r->not_affected_rest->all);
  const auto list = [](const std::vector<std::string>& names) {
    return Json::Array(names.begin(), names.end());
  };
  return canonical_json(Json::Object{{"agreements", list(r->agreements_not_affected)},
                                     {"services", list(r->services_not_affected)}});
}

Result<model::ProvenEntry> Orders::prove(const std::string& entry_id, std::uint64_t size) {
  const std::uint64_t index = TRY(record_.index_of(model::EntryId(entry_id)));
  model::ProvenEntry proven;
  proven.bytes = TRY(record_.log()->entry(index));
  proven.index = index;
  auto proof = TRY(record_.log()->prove(index, size));
  proven.path = std::move(proof.hashes);
  return proven;
}

Result<model::ProvenOrder> Orders::proven(const OrderRow& row, std::uint64_t size) {
  return model::ProvenOrder{row.signed_order, TRY(prove(row.in_force_entry, size))};
}

}  // namespace proviso::decisions
