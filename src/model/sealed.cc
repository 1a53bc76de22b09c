// SPDX-License-Identifier: Apache-2.0
#include "model/sealed.h"

#include <algorithm>
#include <array>

#include "base/encoding.h"
#include "model/index_tag.h"

namespace proviso::model {
namespace {

constexpr std::size_t kSaltBytes = 32;

// What gates and verifiers judge by, what others act on, and what sealing itself is made of.
constexpr std::array kNeverSealed = {entry_kind::genesis,        entry_kind::register_loaded,
                                     entry_kind::order_in_force, entry_kind::stage_begun,
                                     entry_kind::sealed,         entry_kind::opened,
                                     entry_kind::private_erased, entry_kind::index_published};

// In seconds: the span between two times can exceed what nanoseconds hold.
bool within_seal_max(Time from, Time until) {
  const std::int64_t span = unix_seconds(until) - unix_seconds(from);
  return span > 0 && span <= std::chrono::duration_cast<std::chrono::seconds>(kSealMax).count();
}

bool is_cover(const Json& content) { return content == cover_content(); }

}  // namespace

bool may_be_sealed(std::string_view kind) {
  return std::find(kNeverSealed.begin(), kNeverSealed.end(), kind) == kNeverSealed.end();
}

Json sealed_public(Time open_by) { return Json::Object{{"open_by", format_time(open_by)}}; }

Result<Time> sealed_open_by(const Entry& sealed) {
  JsonReader reader(sealed.public_part, "public");
  const std::string text = reader.string("open_by");
  const auto time = parse_time(text);
  if (!time || format_time(*time) != text) {
    reader.fail_at("open_by", "not a time as 2026-11-23T12:00:00Z");
  } else if (!within_seal_max(sealed.time, *time)) {
    reader.fail_at("open_by", "must be within 732 days after the entry");
  }
  TRY_VOID(reader.finish());
  return *time;
}

Json cover_content() { return Json::Object{{"cover", true}, {"version", 1}}; }

Json opening_public(const Opening& opening) {
  Json::Object out{{"content", opening.content},
                   {"opens", opening.opens.value},
                   {"salt", hex_encode(opening.salt)}};
  if (opening.order) out.emplace("order", opening.order->hex());
  return out;
}

Result<Opening> parse_opening(const Json& public_part) {
  JsonReader reader(public_part, "public");
  Opening out;
  out.opens = EntryId(reader.string("opens"));
  out.content = reader.object("content");
  const std::string salt = reader.string("salt");
  const auto bytes = hex_decode(salt);
  if (!bytes || bytes->size() != kSaltBytes || hex_encode(*bytes) != salt) {
    reader.fail_at("salt", "not 64 lower-case hexadecimal digits");
  }
  const Json* order = reader.optional("order");
  if (order != nullptr) {
    const auto digest =
        Digest::from_hex(order->if_string() != nullptr ? *order->if_string() : std::string());
    if (digest) out.order = *digest;
    if (!digest) reader.fail_at("order", "not a SHA-256");
  }
  reader.optional(kAbout);
  TRY_VOID(reader.finish());
  TRY(tag_of(public_part));
  out.salt = *bytes;
  return out;
}

Result<std::optional<Entry>> sealed_content(const Opening& opening, const Digest& sealed_commitment,
                                            std::string_view ledger) {
  const std::string canonical = canonical_json(opening.content);
  if (sha256(opening.salt, canonical) != sealed_commitment) {
    return fail(Errc::denied, "shows something else than what was sealed");
  }
  if (is_cover(opening.content)) {
    if (opening.order) return fail(Errc::denied, "says that a cover is about an order");
    return std::optional<Entry>();
  }
  auto entry = parse_entry(canonical);
  if (!entry) return fail_in("what was sealed", entry.error());
  if (entry->ledger != ledger) return fail(Errc::denied, "what was sealed is another ledger's");
  if (!may_be_sealed(entry->kind)) {
    return fail(Errc::denied, "what was sealed is of a kind that is never sealed (I2)");
  }
  // Else the customer's numbers would tell that something is sealed.
  if (entry->public_part.find(kAbout) != nullptr) {
    return fail(Errc::denied, "what was sealed has a tag: it gets one when it is opened (I11)");
  }
  return std::optional<Entry>(std::move(*entry));
}

}  // namespace proviso::model
