// SPDX-License-Identifier: Apache-2.0
#include "model/order.h"

#include <algorithm>
#include <array>

#include "base/json_flag.h"
#include "base/json_time.h"
#include "model/catalogue.h"
#include "model/register.h"

namespace proviso::model {
namespace {

constexpr std::array<std::string_view, 8> kKinds = {
    "restrict", "lift", "roster", "policy", "catalogue", "field-policy", "rulebook", "terms"};
constexpr std::array<std::string_view, 5> kOrigins = {"own-review", "report", "court", "authority",
                                                      "statute"};
constexpr std::size_t kStagesMax = 16;
constexpr std::size_t kListMax = 10'000;
static_assert(kEvidenceMax <= kListMax);

Json::Array strings(const std::vector<std::string>& items) { return {items.begin(), items.end()}; }

Json time_or_null(const std::optional<Time>& t) {
  return t ? Json(format_time(*t)) : Json(nullptr);
}

std::optional<Time> read_time_or_null(JsonReader& reader, std::string_view name) {
  const Json* value = reader.optional(name);
  if (value == nullptr) reader.fail_at(name, "missing");
  if (value == nullptr || value->is_null()) return std::nullopt;
  return read_time(reader, name);
}

Digest read_digest(JsonReader& reader, std::string_view name) {
  const auto digest = Digest::from_hex(reader.string(name));
  if (!digest) reader.fail_at(name, "not a SHA-256 in 64 lower-case hexadecimal digits");
  return digest.value_or(Digest{});
}

Json origin_to_json(const OrderOrigin& origin) {
  return Json::Object{{"kind", origin.kind},
                      {"country", origin.country},
                      {"instrument", origin.instrument},
                      {"gag_until", time_or_null(origin.gag_until)}};
}

bool is_country(std::string_view text) {
  return text.size() == 2 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Result<OrderOrigin> origin_from_json(const Json& value) {
  JsonReader reader(value, "origin");
  OrderOrigin origin;
  origin.kind = reader.string("kind");
  origin.country = reader.string("country");
  origin.instrument = reader.string("instrument");
  origin.gag_until = read_time_or_null(reader, "gag_until");
  if (std::find(kOrigins.begin(), kOrigins.end(), origin.kind) == kOrigins.end()) {
    reader.fail_at("kind", "not own-review, report, court, authority or statute");
  }
  if (!origin.instrument.empty() && !Digest::from_hex(origin.instrument)) {
    reader.fail_at("instrument", "not a SHA-256");
  }
  if (origin.by_authority() && (!is_country(origin.country) || origin.instrument.empty())) {
    reader.fail_at("kind",
                   "an order asked for by an authority names country (two capital letters) and "
                   "instrument (I15)");
  }
  if (!origin.by_authority() && !(origin.country.empty() && origin.instrument.empty())) {
    reader.fail_at("kind",
                   "names a country or an instrument, but not who asked: court, authority or "
                   "statute (I15)");
  }
  TRY_VOID(reader.finish());
  return origin;
}

Json restriction_to_json(const Restriction& r) {
  Json::Array stages;
  for (const Stage& stage : r.stages) {
    stages.emplace_back(
        Json::Object{{"from", format_time(stage.from)}, {"effect", to_string(stage.effect)}});
  }
  Json::Array terms;
  for (const TermRef& term : r.terms) {
    terms.emplace_back(Json::Object{{"id", term.id.value}, {"version", term.version}});
  }
  Json::Object out{{"case", r.case_id.value},
                   {"scope", scope_to_json(r.scope)},
                   {"stages", std::move(stages)},
                   {"until", time_or_null(r.until)},
                   {"review", time_or_null(r.review)},
                   {"terms", std::move(terms)},
                   {"evidence", strings(r.evidence)},
                   {"origin", origin_to_json(r.origin)},
                   {"protected_classes", strings(r.protected_classes)},
                   {"closes_export", r.closes_export},
                   {"agreements_not_affected", strings(r.agreements_not_affected)},
                   {"services_not_affected", strings(r.services_not_affected)},
                   {"catalogue", r.catalogue.hex()},
                   {"terms_document", r.terms_document.hex()}};
  if (r.not_affected_rest) {
    out.emplace("not_affected_rest", rest_to_json(*r.not_affected_rest));
  }
  // Only where they say something: an order has one text.
  if (r.emergency) out.emplace("emergency", true);
  if (r.ratifies) out.emplace("ratifies", r.ratifies->hex());
  if (r.protected_reason) out.emplace("protected_reason", r.protected_reason->hex());
  if (r.rollout) out.emplace("rollout", rollout_to_json(*r.rollout));
  return out;
}

Result<std::vector<Stage>> stages_from_json(const Json::Array& items) {
  std::vector<Stage> stages;
  for (const Json& item : items) {
    JsonReader reader(item, "stages[" + std::to_string(stages.size()) + "]");
    Stage stage;
    stage.from = read_time(reader, "from");
    const auto effect = parse_effect(reader.string("effect"));
    if (!effect || to_string(*effect) != reader.string("effect") ||
        effect->kind == EffectKind::allow) {
      reader.fail_at("effect", "not deny, read-only, export-only or throttle=N/s");
    } else {
      stage.effect = *effect;
    }
    if (!stages.empty() && stage.from <= stages.back().from) {
      reader.fail_at("from", "stages must rise in time");
    }
    TRY_VOID(reader.finish());
    stages.push_back(stage);
  }
  if (stages.empty() || stages.size() > kStagesMax) {
    return fail(Errc::invalid_input, "stages: an order has 1 to 16 stages");
  }
  return stages;
}

Result<std::vector<TermRef>> terms_from_json(const Json::Array& items) {
  std::vector<TermRef> terms;
  for (const Json& item : items) {
    JsonReader reader(item, "terms[" + std::to_string(terms.size()) + "]");
    terms.push_back({TermId(reader.string("id")), reader.integer("version")});
    if (reader.ok() && !is_valid_id(terms.back().id.value)) reader.fail_at("id", "not valid");
    if (reader.ok() && terms.back().version < 1) reader.fail_at("version", "must be 1 or more");
    TRY_VOID(reader.finish());
  }
  if (terms.empty()) return fail(Errc::invalid_input, "terms: an order names at least one term");
  return terms;
}

// Lists of plain strings. Evidence is sorted without duplicates, so that one set has one text.
Result<void> check_lists(const Restriction& r) {
  if (!is_valid_id(r.case_id.value)) return fail(Errc::invalid_input, "case: not a valid id");
  if (std::max({r.evidence.size(), r.services_not_affected.size(),
                r.agreements_not_affected.size()}) > kListMax) {
    return fail(Errc::exhausted, "restriction: a list has more than 10000 items");
  }
  for (std::size_t i = 0; i < r.evidence.size(); ++i) {
    if (!Digest::from_hex(r.evidence[i]) || (i > 0 && r.evidence[i] <= r.evidence[i - 1])) {
      return fail(Errc::invalid_input, "evidence: not a sorted list of distinct SHA-256 digests");
    }
  }
  // What is only counted comes after a full list of what is named.
  const auto& rest = r.not_affected_rest;
  if (rest && ((rest->services > 0 && r.services_not_affected.size() != kNamedMax) ||
               (rest->agreements > 0 && r.agreements_not_affected.size() != kNamedMax))) {
    return fail(Errc::invalid_input, "not_affected_rest: counts what could have been named");
  }
  if (!std::all_of(r.protected_classes.begin(), r.protected_classes.end(), is_protected_class)) {
    return fail(Errc::invalid_input, "protected_classes: not a protected class (I15)");
  }
  if (r.protected_classes.empty() == r.protected_reason.has_value()) {
    return fail(Errc::denied,
                "protected_reason: a reason of its own stands in an order against a protected "
                "subject, and in no other (I15)");
  }
  return {};
}

// In seconds: the span between two times can exceed what nanoseconds hold.
bool longer_than(Time from, Time to, Duration limit) {
  return unix_seconds(to) - unix_seconds(from) >
         std::chrono::floor<std::chrono::seconds>(limit).count();
}

// I5: a suspension ends by itself, a termination has a review date; one of the two, never neither.
Result<void> check_end(const Restriction& r, Time proposed_at) {
  // A stage that lies before the proposal begins with the order, so its span counts from there.
  const Time first = std::max(r.stages.front().from, proposed_at);
  const Time last = std::max(r.stages.back().from, proposed_at);
  if (r.until.has_value() == r.review.has_value()) {
    return fail(Errc::denied,
                "until/review: give exactly one (I5: a suspension ends, a termination "
                "is reviewed)");
  }
  if (r.until && (*r.until <= last || longer_than(first, *r.until, kSuspensionMax))) {
    return fail(Errc::denied,
                "until: must be after the last stage and at most 180 days after the "
                "first (I5)");
  }
  if (r.review && (*r.review <= first || longer_than(first, *r.review, kReviewMax))) {
    return fail(Errc::denied, "review: must be within 366 days after the first stage (I5)");
  }
  return {};
}

// An emergency is short, at once, and never against those who need it least of all.
Result<void> check_emergency(const Restriction& r, Time proposed_at) {
  if (!r.emergency) return {};
  if (r.ratifies) return fail(Errc::denied, "ratifies: an emergency cannot ratify another");
  if (r.stages.size() != 1 || r.stages.front().from > proposed_at) {
    return fail(Errc::denied, "emergency: has one stage, which begins at once");
  }
  if (!r.until || longer_than(proposed_at, *r.until, kEmergencyMax)) {
    return fail(Errc::denied, "emergency: must end within 72 hours of its proposal (until)");
  }
  if (!r.protected_classes.empty()) {
    return fail(Errc::denied, "emergency: never against a protected subject (I15)");
  }
  if (r.closes_export) return fail(Errc::denied, "emergency: never closes the export (I6)");
  return {};
}

// An emergency cuts at once, and what goes on with one is enforced already.
Result<void> check_beginning(const Restriction& r, Time proposed_at) {
  if (!r.rollout) return {};
  if (r.emergency) {
    return fail(Errc::denied, "rollout: an emergency begins at once, at every gate");
  }
  if (r.ratifies) {
    return fail(Errc::denied, "rollout: what ratifies an emergency goes on at every gate");
  }
  const Time begin = std::max(r.stages.front().from, proposed_at);
  return check_rollout(*r.rollout, begin, r.until ? *r.until : *r.review);
}

Result<Restriction> restriction_from_json(const Json& value, Time proposed_at) {
  JsonReader reader(value, "restriction");
  Restriction r;
  r.case_id = CaseId(reader.string("case"));
  r.until = read_time_or_null(reader, "until");
  r.review = read_time_or_null(reader, "review");
  r.evidence = reader.strings("evidence");
  r.protected_classes = reader.strings("protected_classes");
  r.closes_export = reader.boolean("closes_export");
  r.agreements_not_affected = reader.strings("agreements_not_affected");
  r.services_not_affected = reader.strings("services_not_affected");
  const Json* rest = reader.optional("not_affected_rest");
  if (rest != nullptr) r.not_affected_rest = TRY(rest_from_json(*rest));
  r.emergency = read_flag(reader, "emergency");
  if (reader.optional("ratifies") != nullptr) r.ratifies = read_digest(reader, "ratifies");
  if (reader.optional("protected_reason") != nullptr) {
    r.protected_reason = read_digest(reader, "protected_reason");
  }
  const Json* rollout = reader.optional("rollout");
  if (rollout != nullptr) r.rollout = TRY(rollout_from_json(*rollout));
  r.catalogue = read_digest(reader, "catalogue");
  r.terms_document = read_digest(reader, "terms_document");
  const Json::Array& scope = reader.array("scope");
  const Json::Array& stages = reader.array("stages");
  const Json::Array& terms = reader.array("terms");
  const Json& origin = reader.object("origin");
  TRY_VOID(reader.finish());
  TRY_VOID(check_lists(r));
  r.scope = TRY(scope_from_json(scope, "scope"));
  r.stages = TRY(stages_from_json(stages));
  r.terms = TRY(terms_from_json(terms));
  r.origin = TRY(origin_from_json(origin));
  TRY_VOID(check_end(r, proposed_at));
  TRY_VOID(check_emergency(r, proposed_at));
  TRY_VOID(check_beginning(r, proposed_at));
  return r;
}

Result<void> read_body(JsonReader& reader, Order& order) {
  if (order.kind == OrderKind::restrict_use) {
    const Json& body = reader.object("restriction");
    TRY_VOID(reader.finish());
    order.restriction = TRY(restriction_from_json(body, order.proposed_at));
    return {};
  }
  if (order.kind == OrderKind::lift) {
    order.lifts = read_digest(reader, "lifts");
  } else {
    const Json* change = reader.optional("change");
    if (change == nullptr) reader.fail_at("change", "missing");
    if (change != nullptr) order.change = *change;
  }
  return reader.finish();
}

bool is_nonce(std::string_view text) {
  return text.size() == 32 && std::all_of(text.begin(), text.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
         });
}

}  // namespace

std::string_view to_string(OrderKind kind) { return kKinds[static_cast<std::size_t>(kind)]; }

std::optional<OrderKind> parse_order_kind(std::string_view text) {
  for (std::size_t i = 0; i < kKinds.size(); ++i) {
    if (kKinds[i] == text) return static_cast<OrderKind>(i);
  }
  return std::nullopt;
}

Json order_to_json(const Order& order) {
  Json::Object out{{"version", 1},
                   {"kind", to_string(order.kind)},
                   {"ledger", order.ledger},
                   {"nonce", order.nonce},
                   {"proposed_at", format_time(order.proposed_at)},
                   {"reason", order.reason.hex()}};
  if (order.restriction) out.emplace("restriction", restriction_to_json(*order.restriction));
  if (order.lifts) out.emplace("lifts", order.lifts->hex());
  if (order.change) out.emplace("change", *order.change);
  return out;
}

Result<Order> order_from_json(const Json& document) {
  JsonReader reader(document);
  Order order;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  const auto kind = parse_order_kind(reader.string("kind"));
  if (!kind) reader.fail_at("kind", "no such kind of order");
  order.ledger = reader.string("ledger");
  order.nonce = reader.string("nonce");
  order.proposed_at = read_time(reader, "proposed_at");
  order.reason = read_digest(reader, "reason");
  if (!is_nonce(order.nonce)) reader.fail_at("nonce", "must be 32 lower-case hexadecimal digits");
  if (!reader.ok()) return std::unexpected(reader.finish().error());
  order.kind = *kind;
  TRY_VOID(read_body(reader, order));
  return order;
}

Result<Order> parse_order(std::string_view canonical) {
  const Json document = TRY(parse_json(canonical));
  if (canonical_json(document) != canonical) {
    return fail(Errc::invalid_input, "order: not canonical JSON (RFC 8785)");
  }
  return order_from_json(document);
}

std::string canonical_order(const Order& order) { return canonical_json(order_to_json(order)); }

Digest order_digest(const Order& order) { return sha256(canonical_order(order)); }

bool closes_export(const Restriction& restriction, const Catalogue& catalogue) {
  const bool denies = std::any_of(restriction.stages.begin(), restriction.stages.end(),
                                  [](const Stage& s) { return s.effect.kind == EffectKind::deny; });
  return denies && std::any_of(restriction.scope.begin(), restriction.scope.end(),
                               [&](const ScopeLine& line) {
                                 const bool names_export =
                                     line.classes.empty() ||
                                     std::find(line.classes.begin(), line.classes.end(),
                                               ActionClass::export_data) != line.classes.end();
                                 return names_export && catalogue.has_export(line.service.value);
                               });
}

}  // namespace proviso::model
