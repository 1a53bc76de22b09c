// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "cases/database.h"
#include "ledger/log.h"
#include "model/entry.h"
#include "model/in_force.h"

namespace proviso::cases {

struct EntrySecret;

/// How entries about a customer under review are sealed (cases/sealing.h).
struct SealingPolicy {
  bool on = false;
  Duration every = std::chrono::minutes{10};  ///< from slot to slot; 1 minute or more
  std::size_t per_slot = 1;                   ///< leaves of each slot; 1 or more
  Duration open_by = std::chrono::days{400};  ///< at most model::kSealMax
  /// After an order's first effect, or the end of a case; below model::kOpenWithin.
  Duration open_after = std::chrono::days{30};
};

/// Store and ledger as one record of what happened (design §7, "two durable stores, one order of
/// writes"): one store transaction writes a change, its entries with private part and salt as
/// pending outbox rows; then the ledger appends them; then the rows are marked with their index.
///
/// Invariant R1: nothing that change() did is seen by a later call unless its entries are in the
/// ledger: open() and change() publish what is pending first. Before the founding is sealed entries
/// wait: the genesis is the ledger's first.
/// Invariant R8: a sealed entry is durable in the store, whole and with its salts, before its
/// change returns; its commitment goes into the ledger with the next slots. Nothing that anybody
/// outside acts on rests on a sealed entry. Invariant R2: an entry is appended once; the ledger
/// knows entry ids across crashes. One thread. The caller holds the data folder's lock.
class Record {
 public:
  /// corrupt where one of the two has entries that the other does not know, as after an older
  /// backup of one alone was put back: what then rested on it (who may decide, what is in force,
  /// which tags are taken, where an entry stands) could make a ledger that no verifier takes.
  static Result<std::unique_ptr<Record>> open(std::unique_ptr<Database> database,
                                              std::unique_ptr<ledger::Log> log, std::string origin,
                                              const std::string& hash_key, const Clock& clock,
                                              Random& random);

  /// Runs `body` in one store transaction together with the entries it gives to entry(), then makes
  /// them part of the ledger. On success everything is durable. On an error of `body` nothing was
  /// changed; on an error of the ledger the change is kept and published when the folder is next
  /// opened.
  Result<void> change(const std::function<Result<void>()>& body);
  /// Adds an entry that is about no customer to the change that is being made; returns its id. All
  /// entries of one change have its time.
  model::EntryId entry(std::string_view kind, Json public_part, Json private_part);
  /// The same for an entry about a case, never sealed: it carries the next tag of the case's
  /// customer (model/index_tag.h), whose number is taken with this change or not at all. Without a
  /// case, a random one that is nobody's: among openings nothing may tell covers apart.
  model::EntryId entry_about(const model::CaseId& id, std::string_view kind, Json public_part,
                             Json private_part);
  /// The same for an entry about a case that may be sealed. While its customer is under review and
  /// has not been told (no order about it has had effect), and sealing is on, it is sealed, and
  /// gets its tag when it is opened.
  Result<void> case_entry(const model::CaseId& id, std::string_view kind, Json public_part,
                          Json private_part);
  /// Of the entry that was added last.
  [[nodiscard]] const model::EntryId& latest_entry() const { return drafts_.back().entry.id; }
  /// Inside a change: what is sealed about the case, opens by `from` + open_after.
  Result<void> let_open(const model::CaseId& id, Time from);
  /// The case goes on: what of it is sealed and belongs to no order, stays so.
  Result<void> keep_sealed(const model::CaseId& id);
  /// The order came into force with its first effect at `from`: what is sealed about the case
  /// belongs to it. Returns how much that is, and by when it will be open; nothing where nothing
  /// is.
  Result<std::optional<model::OrderSeals>> bind_seals(const model::CaseId& id, const Digest& order,
                                                      Time from);

  void set_sealing(const SealingPolicy& policy) { sealing_ = policy; }
  [[nodiscard]] const SealingPolicy& sealing() const { return sealing_; }
  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] ledger::Log* log() { return log_.get(); }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] Time now() const { return clock_.now(); }
  /// When the change that is being made began: what it stores about its time is what its entries
  /// say.
  [[nodiscard]] Time change_time() const { return change_time_; }
  [[nodiscard]] Random& random() { return random_; }
  /// What index keys are made of (cases/index_keys.h). From the hash key, and no keyed_hash() gives
  /// it: whoever may name a resource of an order could else learn it.
  [[nodiscard]] const std::string& index_secret() const { return index_secret_; }
  /// Keyed hash of an identifier under the deployment's own key, 64 hexadecimal digits.
  [[nodiscard]] std::string keyed_hash(std::string_view text) const;
  /// Where an entry stands in the ledger; not_found while it is pending.
  Result<std::uint64_t> index_of(const model::EntryId& id);

 private:
  Record(std::unique_ptr<Database> database, std::unique_ptr<ledger::Log> log, std::string origin,
         const std::string& hash_key, const Clock& clock, Random& random);
  enum class About : std::uint8_t { nobody, customer_of_case, random };
  struct Draft {
    model::EntryDraft entry;
    std::string case_id;
    About about = About::nobody;
    bool is_sealed = false;
    std::string due;
    std::string order;
  };
  Result<void> write_outbox();
  Result<std::optional<Digest>> take_tag(const Draft& draft);
  Result<void> write_seal(const Draft& draft, std::string bytes);
  Result<EntrySecret> kept_secret(const Draft& draft);
  Result<void> publish_pending();
  enum class Age : std::uint8_t { ledger_is_not_older, same };
  Result<void> check_same_age(Age asked);
  Result<bool> publish_some();

  std::unique_ptr<Database> database_;
  std::unique_ptr<ledger::Log> log_;
  std::string origin_;
  KeyedHash hash_;
  std::string index_secret_;
  const Clock& clock_;
  Random& random_;
  SealingPolicy sealing_;
  std::vector<Draft> drafts_;
  Time change_time_{};
};

}  // namespace proviso::cases
