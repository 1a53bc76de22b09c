// SPDX-License-Identifier: Apache-2.0
#include "gates/ledger_audit.h"

#include <algorithm>
#include <map>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

#include "gates/proven_entry.h"
#include "gates/trusted_policy.h"
#include "gates/verified_snapshot.h"
#include "ledger/finding.h"
#include "ledger/merkle.h"
#include "ledger/note.h"
#include "ledger/verify_log.h"
#include "model/in_force.h"

namespace proviso::gates {
namespace {

using ledger::Finding;
constexpr const char* kSnapshotCheckpoint = "snapshot checkpoint";

struct LoggedOrder {
  std::uint64_t index = 0;
  Time time{};
  std::optional<std::uint64_t> lifted_at;  ///< index of the first lift
  Time lift_time{};
};

// Whether the entry names enough approvers of the roster, none of them the proposer. Their
// signatures cannot be checked without the document.
Result<void> check_named_approvers(const model::InForce& in_force,
                                   const model::Authority& authority) {
  const auto& signed_order = in_force.signed_order;
  const model::RosterMember* proposer =
      signed_order.proposal ? authority.find(signed_order.proposal->key_id) : nullptr;
  if (proposer == nullptr || !model::may_propose(proposer->role)) {
    return fail(Errc::denied, "names no proposer of the roster (I2)");
  }
  std::set<std::string_view> people;
  bool own_key = false;
  for (const model::Signature& approval : signed_order.approvals) {
    const model::RosterMember* member = authority.find(approval.key_id);
    if (member == nullptr || member->role != model::Role::approver) continue;
    if (member->person == proposer->person || (in_force.emergency && !member->on_call)) continue;
    people.insert(member->person);
    own_key = own_key || !member->server_mediated;
  }
  const auto& approvals = authority.policy.approvals;
  const auto needed = approvals.find(model::to_string(in_force.kind));
  if (needed == approvals.end()) {
    return fail(Errc::denied, "the policy names no such order (I2)");
  }
  const std::int64_t wanted = in_force.emergency ? model::kEmergencyApprovals : needed->second;
  if (static_cast<std::int64_t>(people.size()) < wanted) {
    return fail(Errc::denied, "names fewer approvers of the roster than the policy asks for (I2)");
  }
  if (!own_key) return fail(Errc::denied, "names server-mediated keys alone (I2)");
  return {};
}

// Follows the entries in order and keeps the first thing that is wrong.
class EntryAuditor {
 public:
  EntryAuditor(const model::TrustRoot& trust, std::uint64_t snapshot_size,
               const std::vector<std::string>& index_keys)
      : list(index_keys), trust_(trust), snapshot_size_(snapshot_size) {}

  void visit(std::uint64_t index, std::string_view bytes) {
    if (frontier_.size() < snapshot_size_) {
      frontier_.push(ledger::leaf_hash(bytes), [](std::uint64_t, const Digest&) {});
    }
    if (finding) return;
    if (index == 0) {
      read_genesis(bytes);
    } else {
      read_entry(index, bytes);
    }
  }

  /// Root of the log at the snapshot's size, once the walk is over.
  [[nodiscard]] Digest snapshot_root() const { return frontier_.root(); }

  std::optional<Finding> finding;
  std::map<Digest, LoggedOrder> restrictions;
  std::vector<std::uint64_t> governance_entries;
  std::uint64_t lifts = 0;
  SealAudit seals;
  IndexAudit tags;
  ListScan list;

 private:
  void note(std::string error_class, std::uint64_t index, const Error& error) {
    finding = Finding{std::move(error_class), "entry " + std::to_string(index), error.message};
  }

  void read_genesis(std::string_view bytes) {
    auto genesis = trusted_genesis(bytes, trust_);
    if (!genesis) return note("trust", 0, genesis.error());
    governance_ = model::Governance::from(*genesis);
    const auto entry = trusted_entry(bytes, trust_);
    if (entry) ids_.insert(entry->id.value);
  }

  void read_entry(std::uint64_t index, std::string_view bytes) {
    const auto entry = new_entry(bytes);
    if (!entry) return note("entry", index, entry.error());
    auto listed = tags.visit(index, *entry);
    if (listed) listed = list.visit(index, *entry);
    if (!listed) return note("index", index, listed.error());
    if (entry->kind == model::entry_kind::sealed) {
      const auto read = seals.seal(index, *entry);
      if (!read) note("seal", index, read.error());
    } else if (entry->kind == model::entry_kind::opened) {
      const auto read = read_opening(*entry);
      if (!read) note("seal", index, read.error());
    } else if (entry->kind == model::entry_kind::order_in_force) {
      read_in_force(index, *entry);
    }
  }

  // What was sealed has an id of its own, which is nobody else's.
  Result<void> read_opening(const model::Entry& entry) {
    const std::optional<std::string> id = TRY(seals.open(entry));
    if (id && !ids_.insert(*id).second) {
      return fail(Errc::conflict, "what was sealed has the id of an earlier entry");
    }
    return {};
  }

  void read_in_force(std::uint64_t index, const model::Entry& entry) {
    const auto in_force = model::parse_in_force(entry.public_part);
    if (!in_force) return note("order", index, in_force.error());
    const Time time = std::max(entry.time, governance_.latest_change());
    if (in_force->kind == model::OrderKind::restrict_use) {
      const auto read = read_restriction(index, *in_force, time);
      if (!read) note("order", index, read.error());
    } else if (in_force->kind == model::OrderKind::lift) {
      const auto read = read_lift(index, *in_force, time);
      if (!read) note("order", index, read.error());
    } else {
      const auto applied = governance_.apply(in_force->signed_order, entry.time);
      if (!applied) return note("governance", index, applied.error());
      governance_entries.push_back(index);
    }
  }

  Result<model::Entry> new_entry(std::string_view bytes) {
    model::Entry entry = TRY(trusted_entry(bytes, trust_));
    if (entry.kind == model::entry_kind::genesis) {
      return fail(Errc::denied, "a second genesis");
    }
    if (!ids_.insert(entry.id.value).second) {
      return fail(Errc::conflict, "has the id of an earlier entry");
    }
    return entry;
  }

  Result<void> read_restriction(std::uint64_t index, const model::InForce& in_force, Time time) {
    TRY_VOID(check_named_approvers(in_force, governance_.authority_at(time)));
    if (!restrictions.emplace(in_force.order, LoggedOrder{index, time, {}, {}}).second) {
      return fail(Errc::conflict, "puts an order in force a second time (I2)");
    }
    seals.in_force(index, in_force);
    return {};
  }

  Result<void> read_lift(std::uint64_t index, const model::InForce& in_force, Time time) {
    TRY_VOID(model::check_lift(in_force.signed_order, governance_, time));
    const auto lifted = restrictions.find(*in_force.signed_order.order.lifts);
    if (lifted == restrictions.end()) {
      return fail(Errc::denied, "lifts an order that was never put in force (I5)");
    }
    if (!lifted->second.lifted_at) {
      lifted->second.lifted_at = index;
      lifted->second.lift_time = time;
    }
    ++lifts;
    return {};
  }

  const model::TrustRoot& trust_;
  std::uint64_t snapshot_size_;
  ledger::Frontier frontier_;
  model::Governance governance_;
  std::unordered_set<std::string> ids_;
};

std::optional<Finding> hold_against_log(const VerifiedSnapshot& snapshot, const EntryAuditor& log,
                                        std::uint64_t log_size) {
  if (snapshot.checkpoint_size > log_size) {
    return Finding{"rollback", kSnapshotCheckpoint, "the log is shorter than the snapshot's"};
  }
  if (log.snapshot_root() != snapshot.checkpoint_root) {
    return Finding{"fork", kSnapshotCheckpoint, "it is not the beginning of this log"};
  }
  for (const VerifiedRestriction& r : snapshot.restrictions) {
    const std::string name = order_name("restriction", r.digest);
    const auto logged = log.restrictions.find(r.digest);
    if (logged == log.restrictions.end() || logged->second.index != r.entry_index) {
      return Finding{"snapshot", name, "the log does not have it at the index told (I2)"};
    }
    if (logged->second.lifted_at && *logged->second.lifted_at < snapshot.checkpoint_size) {
      return Finding{"snapshot", name, "the snapshot keeps an order that was lifted (I5)"};
    }
  }
  return std::nullopt;
}

// A removed approver must not be left out.
std::optional<Finding> check_governance_complete(const model::GateSnapshot& snapshot,
                                                 std::uint64_t size, const EntryAuditor& log) {
  std::set<std::uint64_t> told;
  for (const model::ProvenOrder& order : snapshot.governance) told.insert(order.entry.index);
  for (const std::uint64_t index : log.governance_entries) {
    if (index < size && !told.contains(index)) {
      return Finding{"snapshot", "entry " + std::to_string(index),
                     "the snapshot leaves out a change of governance (I10)"};
    }
  }
  return std::nullopt;
}

std::uint64_t count_missing(const VerifiedSnapshot& snapshot, const EntryAuditor& log) {
  std::set<Digest> told;
  for (const VerifiedRestriction& r : snapshot.restrictions) told.insert(r.digest);
  return static_cast<std::uint64_t>(
      std::count_if(log.restrictions.begin(), log.restrictions.end(), [&](const auto& logged) {
        const LoggedOrder& order = logged.second;
        const bool lifted = order.lifted_at && *order.lifted_at < snapshot.checkpoint_size;
        return order.index < snapshot.checkpoint_size && !lifted && !told.contains(logged.first);
      }));
}

struct CheckedSnapshot {
  model::GateSnapshot parsed;
  VerifiedSnapshot verified;
};

Result<CheckedSnapshot> check_snapshot(std::string_view text, const model::TrustRoot& trust) {
  CheckedSnapshot out;
  out.parsed = TRY(model::parse_snapshot(text));
  out.verified = TRY(verify_snapshot(out.parsed, trust));
  return out;
}

AuditReport refused(AuditReport report, const Finding& finding) {
  report.ok = false;
  report.error_class = finding.error_class;
  report.where = finding.where;
  report.detail = finding.detail;
  return report;
}

AuditReport counted(const ledger::LogReport& log, const EntryAuditor& entries) {
  AuditReport report;
  report.ok = log.ok;
  report.error_class = log.error_class;
  report.where = log.where;
  report.detail = log.detail;
  report.entries = log.size;
  report.cosigned = log.cosigned;
  report.lifts = entries.lifts;
  report.governance_orders = entries.governance_entries.size();
  report.seals = entries.seals.counts();
  report.index = entries.tags.counts();
  report.listed = entries.list.items();
  report.under_other_keys = entries.list.under_other_keys();
  for (const auto& [digest, order] : entries.restrictions) {
    report.restrictions.push_back(
        {digest, order.time, order.lifted_at ? std::optional(order.lift_time) : std::nullopt});
  }
  report.orders_in_force = static_cast<std::uint64_t>(
      std::count_if(entries.restrictions.begin(), entries.restrictions.end(),
                    [](const auto& logged) { return !logged.second.lifted_at; }));
  return report;
}

}  // namespace

AuditReport audit_ledger(FileSystem& fs, const std::string& log_dir, const model::TrustRoot& trust,
                         const AuditOptions& options) {
  ledger::FolderFiles files(fs, ledger::public_log_dir(fs, log_dir));
  return audit_ledger(files, trust, options);
}

AuditReport audit_ledger(ledger::LogFiles& files, const model::TrustRoot& trust,
                         const AuditOptions& options) {
  const auto key = ledger::NoteVerifier::parse(trust.ledger_key);
  if (!key) return refused({}, {"trust", "ledger_key", key.error().message});

  const auto trusted = trusted_policy(trust);
  if (!trusted && options.witness_policy == nullptr) {
    return refused({}, {"trust", "witnesses", trusted.error().message});
  }
  const ledger::WitnessPolicy* policy = options.witness_policy;
  if (policy == nullptr && *trusted) policy = &**trusted;

  // The snapshot first: its size tells at which entry the log's root is wanted.
  std::optional<Result<CheckedSnapshot>> snapshot;
  if (options.snapshot) snapshot = check_snapshot(*options.snapshot, trust);
  const bool proven = snapshot && snapshot->has_value();
  EntryAuditor entries(trust, proven ? (*snapshot)->verified.checkpoint_size : 0,
                       options.index_keys);

  const auto log =
      ledger::verify_log(files, *key,
                         {.origin = trust.ledger,
                          .since = options.since,
                          .progress = options.progress,
                          .witness_policy = policy},
                         [&](std::uint64_t index, std::string_view bytes) -> Result<void> {
                           entries.visit(index, bytes);
                           return {};
                         });
  if (!log) return refused({}, {"unreadable", "the log", log.error().message});

  // The log's own faults come first, then its entries', then the snapshot's.
  AuditReport report = counted(*log, entries);
  report.overdue = entries.seals.overdue(options.at);
  if (!log->ok) return report;
  if (entries.finding) return refused(report, *entries.finding);
  if (log->size == 0) return refused(report, {"trust", "entry 0", "the log has no genesis"});
  if (!snapshot) return report;
  if (!proven) return refused(report, {"snapshot", "snapshot", snapshot->error().message});
  const auto cosigned =
      ledger::judge_witnesses(kSnapshotCheckpoint, (*snapshot)->parsed.checkpoint, policy);
  if (!cosigned) return refused(report, cosigned.error());
  const VerifiedSnapshot& verified = (*snapshot)->verified;
  auto finding = hold_against_log(verified, entries, log->size);
  if (!finding) {
    finding = check_governance_complete((*snapshot)->parsed, verified.checkpoint_size, entries);
  }
  if (finding) return refused(report, *finding);
  report.not_in_snapshot = count_missing(verified, entries);
  return report;
}

}  // namespace proviso::gates
