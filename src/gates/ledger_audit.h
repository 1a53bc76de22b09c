// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "gates/index_audit.h"
#include "gates/list_scan.h"
#include "gates/seal_audit.h"
#include "ledger/verify_log.h"
#include "ledger/witness_policy.h"
#include "model/genesis.h"

// Judges a whole ledger, and a snapshot against it, from public files and the trust file alone.
// Robust to untrusted input.
namespace proviso::gates {

/// A restriction that the log put in force.
struct AuditedOrder {
  Digest digest;
  Time in_force_at{};             ///< as VerifiedRestriction has it
  std::optional<Time> lifted_at;  ///< by the first lift
};

/// The verdict. `error_class` is "OK", a class of ledger/verify_log.h, or:
///   trust       the trust file's key or witness policy cannot be read, or the log does not begin
///               with its genesis
///   entry       an entry does not parse, is another ledger's, or has the id of an earlier one
///   governance  a change of roster, policy or documents that its authority did not allow (I2)
///   order       an order in force twice, or with too few approvers; a lift of nothing, or without
///               one valid approval (I5)
///   index       an entry about a customer without a tag, or with an earlier one's; an index entry
///               that does not commit to exactly the log's tags; where there are index keys: a
///               number of one that is not the next
///   seal        a sealed entry without a due time, or an opening that fits none, or comes twice
///   snapshot    the snapshot does not verify, keeps an order that was lifted (I5), or leaves out a
///               change of governance (I10)
/// A snapshot whose checkpoint the log does not contain is "fork", or "rollback" where the log is
/// shorter; one without the witnesses that are asked for "cosignature" or "quorum".
struct AuditReport {
  bool ok = false;
  std::string error_class;
  std::string where;   ///< a path below the log directory, or "entry N", or a part of the snapshot
  std::string detail;  ///< one line for people
  std::uint64_t entries = 0;
  std::uint64_t orders_in_force = 0;       ///< restrictions put in force and not lifted
  std::vector<AuditedOrder> restrictions;  ///< all that were put in force, by digest
  std::uint64_t lifts = 0;
  std::uint64_t governance_orders = 0;
  /// Restrictions that the log put in force within the snapshot's size, not lifted, that the
  /// snapshot does not have. Not an error: a restriction's end is not public, so it may be over.
  std::uint64_t not_in_snapshot = 0;
  SealCounts seals;
  IndexCounts index;
  /// Where there were index keys: the entries under them, in the order of the log, and those of the
  /// same cases and orders under other tags (ListScan).
  std::vector<ListScan::Item> listed;
  std::vector<std::uint64_t> under_other_keys;
  /// Not an error either; in the order of the log.
  std::vector<Overdue> overdue;
  ledger::Cosigned cosigned;  ///< as in LogReport
};

struct AuditOptions {
  std::optional<std::string_view> snapshot;  ///< text of a gate snapshot
  std::optional<std::string> since;          ///< an earlier checkpoint note that was kept
  ledger::Progress progress = {};            ///< may be left out
  Time at{};  ///< when openings are asked for: what was due before it is overdue
  /// As in ledger::VerifyOptions, instead of what the trust file asks for; the snapshot's
  /// checkpoint has to have its quorum as well.
  const ledger::WitnessPolicy* witness_policy = nullptr;
  std::vector<std::string> index_keys = {};  ///< of a customer, 32 bytes each: finds its entries
};

/// Reads every entry once. Memory grows with the number of entries (their ids) and orders.
///
/// A restriction's approvals can be checked only with its document, so from the snapshot; from the
/// log alone, that it names enough approvers of the roster.
AuditReport audit_ledger(FileSystem& fs, const std::string& log_dir, const model::TrustRoot& trust,
                         const AuditOptions& options = {});
/// The same by whatever way leads to the log's public files.
AuditReport audit_ledger(ledger::LogFiles& files, const model::TrustRoot& trust,
                         const AuditOptions& options = {});

}  // namespace proviso::gates
