// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/digest.h"
#include "base/random.h"
#include "cases/database.h"
#include "ledger/log.h"
#include "model/entry.h"

namespace proviso::cases {

/// Store and ledger as one record of what happened (design §7, "two durable stores, one order of
/// writes"): one store transaction writes a change, its entries with private part and salt as
/// pending outbox rows; then the ledger appends them; then the rows are marked with their index.
///
/// Invariant R1: nothing that change() did is seen by a later call unless its entries are in the
/// ledger: open() and change() publish what is pending first. Before the founding is sealed entries
/// wait: the genesis is the ledger's first.
/// Invariant R2: an entry is appended once; the ledger knows entry ids across crashes.
/// One thread. The caller holds the data folder's lock.
class Record {
 public:
  static Result<std::unique_ptr<Record>> open(std::unique_ptr<Database> database,
                                              std::unique_ptr<ledger::Log> log, std::string origin,
                                              const std::string& hash_key, const Clock& clock,
                                              Random& random);

  /// Runs `body` in one store transaction together with the entries it gives to entry(), then makes
  /// them part of the ledger. On success everything is durable. On an error of `body` nothing was
  /// changed; on an error of the ledger the change is kept and published when the folder is next
  /// opened.
  Result<void> change(const std::function<Result<void>()>& body);
  /// Adds an entry to the change that is being made; returns its id. All entries of one change have
  /// its time.
  model::EntryId entry(std::string_view kind, Json public_part, Json private_part);

  [[nodiscard]] Database& database() { return *database_; }
  [[nodiscard]] ledger::Log* log() { return log_.get(); }
  [[nodiscard]] const std::string& origin() const { return origin_; }
  [[nodiscard]] Time now() const { return clock_.now(); }
  /// When the change that is being made began: what it stores about its time is what its entries
  /// say.
  [[nodiscard]] Time change_time() const { return change_time_; }
  [[nodiscard]] Random& random() { return random_; }
  /// Keyed hash of an identifier under the deployment's own key, 64 hexadecimal digits.
  [[nodiscard]] std::string keyed_hash(std::string_view text) const;
  /// Where an entry stands in the ledger; not_found while it is pending.
  Result<std::uint64_t> index_of(const model::EntryId& id);

 private:
  Record(std::unique_ptr<Database> database, std::unique_ptr<ledger::Log> log, std::string origin,
         const std::string& hash_key, const Clock& clock, Random& random);
  Result<void> write_outbox();
  Result<void> publish_pending();
  Result<bool> publish_some();

  std::unique_ptr<Database> database_;
  std::unique_ptr<ledger::Log> log_;
  std::string origin_;
  KeyedHash hash_;
  const Clock& clock_;
  Random& random_;
  std::vector<model::EntryDraft> drafts_;
  Time change_time_{};
};

}  // namespace proviso::cases
