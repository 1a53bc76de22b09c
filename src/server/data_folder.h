// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/file_system.h"
#include "cases/casework.h"
#include "decisions/orders.h"
#include "server/config.h"

namespace proviso::server {

/// Where things lie in a data folder (docs/formats/data-folder.md).
struct FolderPaths {
  std::string root;
  [[nodiscard]] std::string config() const { return root + "/proviso.toml"; }
  [[nodiscard]] std::string lock() const { return root + "/lock"; }
  /// There while somebody waits for the lock.
  [[nodiscard]] std::string lock_wanted() const { return root + "/lock.wanted"; }
  /// Held by the one `serve` of the folder.
  [[nodiscard]] std::string serve_lock() const { return root + "/serve.lock"; }
  [[nodiscard]] std::string tokens() const { return root + "/tokens.json"; }
  [[nodiscard]] std::string store() const { return root + "/store.sqlite"; }
  /// What gates said of themselves; `serve` alone writes there.
  [[nodiscard]] std::string gates() const { return root + "/gates"; }
  [[nodiscard]] std::string ledger() const { return root + "/ledger"; }
  [[nodiscard]] std::string ledger_key() const { return root + "/keys/ledger.pem"; }
  [[nodiscard]] std::string hash_key() const { return root + "/keys/hash.key"; }
  [[nodiscard]] std::string catalogue() const { return root + "/catalogue.json"; }
  [[nodiscard]] std::string terms() const { return root + "/terms.json"; }
  [[nodiscard]] std::string publication() const { return root + "/publication.json"; }
  [[nodiscard]] std::string rulebook() const { return root + "/rulebook"; }
  [[nodiscard]] std::string field_policy() const { return root + "/field_policy"; }
  [[nodiscard]] std::string rejects() const { return root + "/rejects.jsonl"; }
};

/// Makes a data folder: settings, keys, empty store and ledger, and the documents we ship.
/// conflict where the folder exists and is not empty. `origin` empty: a random local one.
/// `seal_every_minutes` as in Config; 0: entries are not sealed.
Result<void> init_folder(const std::string& root, std::string origin, Random& random,
                         std::int64_t seal_every_minutes = 0);

/// The key that verifies the folder's ledger, under its name.
Result<ledger::NoteVerifier> ledger_verifier(const FolderPaths& paths, const std::string& origin);

/// An open data folder: the one writer (design §7). Opening finishes what a crash left undone.
class DataFolder {
 public:
  static Result<std::unique_ptr<DataFolder>> open(const std::string& root, const Clock& clock,
                                                  Random& random);

  [[nodiscard]] const FolderPaths& paths() const { return paths_; }
  [[nodiscard]] const Config& config() const { return config_; }
  [[nodiscard]] const std::string& hash_key() const { return hash_key_; }
  [[nodiscard]] cases::Record& record() { return *record_; }
  [[nodiscard]] const model::Register& customers() const { return register_; }
  [[nodiscard]] const model::Terms& terms() const { return terms_; }
  [[nodiscard]] cases::Casework& casework() { return *casework_; }
  /// conflict before the founding is sealed.
  Result<decisions::Orders> orders();
  /// For long work, between two commits: lets a command that waits have the folder for a moment (a
  /// lift must not wait for a review, I5). Returns whether it did; then record() and casework() are
  /// new objects, and the register is as the others left it.
  Result<bool> make_room();
  /// Reads the register again after it was loaded.
  Result<void> reload_register();
  /// The newest checkpoint that witnesses cosigned (`serve` writes it), where there is one; proven
  /// by nothing.
  [[nodiscard]] std::optional<std::string> cosigned_checkpoint() const;
  /// The verifier key of the ledger, as in signed notes.
  Result<std::string> ledger_vkey();

 private:
  DataFolder(FolderPaths paths, Config config, FileLock lock, const Clock& clock, Random& random)
      : paths_(std::move(paths)),
        config_(std::move(config)),
        lock_(std::move(lock)),
        clock_(clock),
        random_(random) {}
  Result<void> open_record();

  FolderPaths paths_;
  Config config_;
  std::optional<FileLock> lock_;
  const Clock& clock_;
  Random& random_;
  std::string hash_key_;
  std::unique_ptr<cases::Record> record_;
  model::Register register_;
  model::Terms terms_;
  std::unique_ptr<cases::Casework> casework_;
};

/// SHA-256 over the files of a folder with this ending, sorted by name: of lines
/// "SHA256(content) NAME LF". How a rulebook and a field policy are named in orders.
Result<Digest> folder_digest(const std::string& folder, std::string_view ending);

}  // namespace proviso::server
