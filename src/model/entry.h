// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/digest.h"
#include "base/json.h"
#include "base/random.h"
#include "base/time.h"
#include "model/ids.h"

namespace proviso::model {

// Kinds of ledger entries. Written into the public log. Never change one.
namespace entry_kind {
inline constexpr std::string_view genesis = "genesis";
inline constexpr std::string_view register_loaded = "register-loaded";
inline constexpr std::string_view report_received = "report-received";
inline constexpr std::string_view case_opened = "case-opened";
inline constexpr std::string_view case_attached = "case-attached";
inline constexpr std::string_view signal_raised = "signal-raised";
inline constexpr std::string_view evidence_added = "evidence-added";
inline constexpr std::string_view finding_made = "finding-made";
inline constexpr std::string_view case_closed = "case-closed";
inline constexpr std::string_view case_reopened = "case-reopened";
inline constexpr std::string_view case_directed = "case-directed";
inline constexpr std::string_view usage_looked_at = "usage-looked-at";
inline constexpr std::string_view order_proposed = "order-proposed";
inline constexpr std::string_view order_approved = "order-approved";
inline constexpr std::string_view order_in_force = "order-in-force";
inline constexpr std::string_view stage_begun = "stage-begun";
inline constexpr std::string_view sealed = "sealed";
inline constexpr std::string_view opened = "opened";
inline constexpr std::string_view private_erased = "private-erased";
inline constexpr std::string_view index_published = "index-published";
inline constexpr std::string_view confirmation_gap = "confirmation-gap";
// Their parts come with the work on notices; the format is fixed already.
inline constexpr std::string_view notice_sent = "notice-sent";
inline constexpr std::string_view appeal_received = "appeal-received";
}  // namespace entry_kind

/// One state change: a public part, and a salted commitment to a private one
/// (docs/formats/entry.md).
struct EntryDraft {
  EntryId id;
  std::string kind;
  Time time{};
  Json public_part = Json::Object{};
  Json private_part = Json::Object{};
  /// 32 random bytes, kept with the private part; erasing both leaves the log valid.
  std::string salt;
  /// 32 more, from which each field of the private part has its own salt (model/disclosure.h).
  /// Empty where there is no field, and for kind `sealed`, which is only shown whole.
  std::string field_secret;
};

/// A new draft with a fresh id and salt.
EntryDraft new_entry(std::string_view kind, Time now, Random& random, Json public_part,
                     Json private_part);

/// SHA-256(salt || committed text): of the digests of the private part's fields, so that each can
/// be shown alone; of the canonical private part itself where there is no field_secret.
Digest commitment(const EntryDraft& draft);
/// The ledger leaf: canonical JSON, at most 65,535 bytes (`exhausted` beyond).
Result<std::string> entry_bytes(const EntryDraft& draft, std::string_view ledger_origin);

/// What a ledger leaf says.
struct Entry {
  EntryId id;
  std::string kind;
  std::string ledger;
  Time time{};
  Json public_part;
  Digest private_commitment;
};
Result<Entry> parse_entry(std::string_view bytes);

}  // namespace proviso::model
