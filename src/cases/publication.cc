// SPDX-License-Identifier: Apache-2.0
#include "cases/publication.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"

namespace proviso::cases {
namespace {

constexpr std::size_t kSaltBytes = 32;
constexpr std::array<std::string_view, 3> kAudiences = {"auditor", "customer", "public"};

// What an audience never sees, whatever the profile says (I11). `signal` names a subscription.
constexpr std::array<std::string_view, 7> kNeverPublic = {"customer", "was", "about",   "source",
                                                          "signal",   "to",  "replaced"};
constexpr std::array<std::string_view, 3> kNeverToCustomers = {"source", "replaced", "gate"};
// A report's own digest would confirm to a customer, or to anyone, the text that they guess.
constexpr std::string_view kReport = "report-received";

template <std::size_t N>
bool one_of(const std::array<std::string_view, N>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_forbidden(std::string_view audience, std::string_view kind, std::string_view field) {
  if (audience == "auditor") return false;
  if (kind == kReport) return true;
  return audience == "public" ? one_of(kNeverPublic, field) : one_of(kNeverToCustomers, field);
}

// An open entry and what the store has of it.
struct OpenEntry {
  std::string bytes;
  EntrySecret secret;
  std::string case_id;  ///< empty in a store of an earlier version
};

// Entries of the outbox, and those inside openings, by the time at which they were made: their ids
// sort by it.
Result<std::vector<OpenEntry>> open_entries(Database& db) {
  const auto rows = TRY(db.query(
      "SELECT entry, bytes, private_part, salt, case_id FROM outbox WHERE ledger_index IS NOT NULL "
      "AND kind NOT IN ('sealed','opened') UNION ALL SELECT s.entry, s.content, s.private_part, "
      "s.salt, s.case_id FROM seals s JOIN outbox o ON o.entry = s.opened_entry WHERE "
      "o.ledger_index IS NOT NULL AND "
      "s.kind<>'cover' ORDER BY 1"));
  std::vector<OpenEntry> out;
  for (const SqlRow& row : rows) {
    if (row.text(2).empty() || row.text(2) == "{}") continue;
    out.push_back({.bytes = row.text(1),
                   .secret = {.private_part = row.text(2), .salts = row.text(3)},
                   .case_id = row.text(4)});
  }
  return out;
}

std::string case_of(const model::Entry& entry, const Json& private_part) {
  for (const Json* part : {&entry.public_part, &private_part}) {
    const Json* id = part->find("case");
    if (id != nullptr && id->if_string() != nullptr) return *id->if_string();
  }
  return {};
}

Result<std::set<std::string>> cases_of(Database& db, const model::CustomerId& customer) {
  std::set<std::string> out;
  for (const SqlRow& row :
       TRY(db.query("SELECT id FROM cases WHERE customer=:p0", {customer.value}))) {
    out.insert(row.text(0));
  }
  return out;
}

model::Disclosure disclose(const model::Entry& entry, const Json& private_part,
                           const std::string& salts, const PublicationProfile& profile,
                           const std::string& audience) {
  model::Disclosure out{.entry = entry.id,
                        .salt = salts.substr(0, kSaltBytes),
                        .digests = {},
                        .shown = {},
                        .salts = {}};
  const std::string secret = salts.substr(kSaltBytes);
  for (const auto& [name, value] : *private_part.if_object()) {
    std::string salt = model::field_salt(secret, name);
    out.digests.emplace(name, model::field_digest(salt, value));
    if (!profile.shows(audience, entry.kind, name)) continue;
    out.shown.emplace(name, value);
    out.salts.emplace(name, std::move(salt));
  }
  return out;
}

}  // namespace

bool is_audience(std::string_view name) { return one_of(kAudiences, name); }

Result<PublicationProfile> PublicationProfile::parse(const Json& document) {
  JsonReader reader(document, "profile");
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  const Json audiences = reader.object("audiences");
  TRY_VOID(reader.finish());
  PublicationProfile out;
  out.digest_ = sha256(canonical_json(document));
  for (const auto& [audience, kinds] : *audiences.if_object()) {
    if (!is_audience(audience)) {
      return fail(Errc::invalid_input, "profile.audiences: not auditor, customer or public");
    }
    JsonReader members(kinds, "profile.audiences." + audience);
    if (kinds.if_object() == nullptr) return std::unexpected(members.finish().error());
    for (const auto& [kind, fields] : *kinds.if_object()) {
      for (const std::string& field : members.strings(kind)) {
        if (is_forbidden(audience, kind, field)) {
          return fail(Errc::denied, members.path(kind) + ": " + printable(field) +
                                        " is never shown to this audience (I11)");
        }
        out.audiences_[audience][kind].insert(field);
      }
    }
    TRY_VOID(members.finish());
  }
  return out;
}

bool PublicationProfile::shows(std::string_view audience, std::string_view kind,
                               const std::string& field) const {
  const auto kinds = audiences_.find(audience);
  if (kinds == audiences_.end()) return false;
  const auto fields = kinds->second.find(kind);
  return fields != kinds->second.end() && fields->second.contains(field);
}

Result<PublishedView> publish(Record& record, const PublicationProfile& profile,
                              const std::string& audience,
                              const std::optional<model::CustomerId>& customer,
                              const std::vector<CounselKey>& keys) {
  PublishedView out;
  Json::Object head{{"version", 1},
                    {"audience", audience},
                    {"ledger", record.origin()},
                    {"made_at", format_time(record.now())},
                    {"profile", profile.digest().hex()}};
  std::set<std::string> own;
  if (customer) {
    head.emplace("customer", customer->value);
    own = TRY(cases_of(record.database(), *customer));
  }
  out.head = std::move(head);
  for (const OpenEntry& open : TRY(open_entries(record.database()))) {
    const model::Entry entry = TRY(model::parse_entry(open.bytes));
    // Those of a case that counsel directs have their case_id.
    if (customer && !open.case_id.empty() && !own.contains(open.case_id)) continue;
    const auto secret = open_secret(open.secret, keys);
    if (!secret && secret.error().code == Errc::denied) {
      ++out.sealed_to_counsel;
      continue;
    }
    if (!secret) return std::unexpected(secret.error());
    const Json private_part = TRY(parse_json(secret->private_part));
    if (customer && !own.contains(case_of(entry, private_part))) continue;
    const std::string salts = TRY(hex_decode(secret->salts));
    if (salts.size() != 2 * kSaltBytes) {
      ++out.left_out;
      continue;
    }
    auto disclosure = disclose(entry, private_part, salts, profile, audience);
    if (!disclosure.shown.empty()) out.entries.push_back(std::move(disclosure));
  }
  // So that a view that was cut is seen.
  out.head.if_object()->emplace("entries", static_cast<std::int64_t>(out.entries.size()));
  return out;
}

}  // namespace proviso::cases
