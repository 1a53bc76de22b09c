// SPDX-License-Identifier: Apache-2.0
#include "model/entry.h"

#include "base/uuid.h"
#include "model/disclosure.h"

namespace proviso::model {
namespace {

constexpr std::size_t kEntryBytesMax = 65'535;  // c2sp.org/tlog-tiles

}  // namespace

EntryDraft new_entry(std::string_view kind, Time now, Random& random, Json public_part,
                     Json private_part) {
  EntryDraft draft{.id = EntryId(uuid_v7(now, random)),
                   .kind = std::string(kind),
                   .time = floor_second(now),
                   .public_part = std::move(public_part),
                   .private_part = std::move(private_part),
                   .salt = random.bytes(32),
                   .field_secret = {}};
  if (kind != entry_kind::sealed && draft.private_part != Json(Json::Object{})) {
    draft.field_secret = random.bytes(32);
  }
  return draft;
}

Digest commitment(const EntryDraft& draft) {
  if (draft.field_secret.empty()) return sha256(draft.salt, canonical_json(draft.private_part));
  return sha256(draft.salt, committed_text(draft.private_part, draft.field_secret));
}

Result<std::string> entry_bytes(const EntryDraft& draft, std::string_view ledger_origin) {
  std::string bytes = canonical_json(Json::Object{{"version", 1},
                                                  {"entry", draft.id.value},
                                                  {"kind", draft.kind},
                                                  {"ledger", ledger_origin},
                                                  {"time", format_time(draft.time)},
                                                  {"public", draft.public_part},
                                                  {"private", commitment(draft).hex()}});
  if (bytes.size() > kEntryBytesMax) {
    return fail(Errc::exhausted, "a ledger entry holds at most 65535 bytes");
  }
  return bytes;
}

Result<Entry> parse_entry(std::string_view bytes) {
  const Json document = TRY(parse_json(bytes, {.bytes_max = kEntryBytesMax}));
  JsonReader reader(document, "entry");
  Entry entry;
  if (reader.integer("version") != 1) reader.fail_at("version", "must be 1");
  entry.id = EntryId(reader.string("entry"));
  entry.kind = reader.string("kind");
  entry.ledger = reader.string("ledger");
  const std::string time_text = reader.string("time");
  const auto time = parse_time(time_text);
  if (!time || format_time(*time) != time_text) {
    reader.fail_at("time", "not a time as 2026-11-23T12:00:00Z");
  }
  entry.public_part = reader.object("public");
  const auto digest = Digest::from_hex(reader.string("private"));
  if (!digest) reader.fail_at("private", "not a SHA-256");
  TRY_VOID(reader.finish());
  // One text per entry: what two verifiers might read differently is no entry.
  if (canonical_json(document) != bytes) {
    return fail(Errc::invalid_input, "entry: not canonical JSON (RFC 8785)");
  }
  entry.time = *time;
  entry.private_commitment = *digest;
  return entry;
}

}  // namespace proviso::model
