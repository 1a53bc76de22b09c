// SPDX-License-Identifier: Apache-2.0
#include "server/data_folder.h"

#include <chrono>
#include <thread>

#include <sys/stat.h>

#include "base/embedded.h"
#include "base/encoding.h"
#include "cases/register_store.h"
#include "decisions/order_store.h"
#include "ledger/note.h"
#include "ledger/witness_policy.h"

namespace proviso::server {

// The documents that we ship, compiled in.
namespace shipped_rulebook {
extern const std::span<const EmbeddedFile> kFiles;
}
namespace shipped_field_policy {
extern const std::span<const EmbeddedFile> kFiles;
}
namespace shipped_defaults {
extern const std::span<const EmbeddedFile> kFiles;
}

namespace {

constexpr std::uint64_t kFileMax = 16U << 20U;
constexpr auto kLockPatience = std::chrono::seconds{60};
constexpr auto kLockPoll = std::chrono::milliseconds{20};
// Longer than a poll, so that whoever waits gets its turn.
constexpr auto kLockPause = std::chrono::milliseconds{100};

Result<void> write_secret(const std::string& path, std::string_view bytes) {
  TRY_VOID(real_file_system().write_durable(path, bytes));
  if (::chmod(path.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return fail(Errc::unavailable, path + ": cannot be made private");
  }
  return {};
}

Result<void> write_shipped(const std::string& folder, std::span<const EmbeddedFile> files) {
  FileSystem& fs = real_file_system();
  TRY_VOID(fs.make_directories(folder));
  for (const EmbeddedFile& file : files) {
    TRY_VOID(fs.write_durable(folder + "/" + std::string(file.name), file.content));
  }
  return {};
}

Result<void> mark_waiting(const FolderPaths& paths) {
  if (real_file_system().exists(paths.lock_wanted())) return {};
  auto mark = TRY(real_file_system().open_append(paths.lock_wanted()));
  return {};
}

// Another command may be at work for a moment; wait for it rather than fail. The mark asks a long
// one to make room (DataFolder::make_room).
Result<FileLock> acquire_patiently(const FolderPaths& paths) {
  const std::string path = paths.lock();
  const auto give_up = std::chrono::steady_clock::now() + kLockPatience;
  while (true) {
    auto lock = FileLock::acquire(path);
    if (lock || lock.error().code != Errc::conflict) return lock;
    if (std::chrono::steady_clock::now() >= give_up) {
      return fail(Errc::unavailable, lock.error().message);
    }
    TRY_VOID(mark_waiting(paths));
    std::this_thread::sleep_for(kLockPoll);
  }
}

cases::SealingPolicy sealing_policy(const Config& config) {
  return {.on = config.seal_every_minutes > 0,
          .every = std::chrono::minutes{config.seal_every_minutes},
          .per_slot = static_cast<std::size_t>(config.seals_per_slot),
          .open_by = std::chrono::days{config.seal_open_by_days},
          .open_after = std::chrono::days{config.seal_open_after_days}};
}

Result<ledger::NoteSigner> ledger_signer(const FolderPaths& paths, const std::string& origin) {
  const std::string pem = TRY(real_file_system().read(paths.ledger_key(), kFileMax));
  auto key = SigningKey::from_pem(pem, "");
  if (!key) return fail_in(paths.ledger_key(), key.error());
  return ledger::NoteSigner::make(origin, std::move(*key));
}

}  // namespace

Result<void> init_folder(const std::string& root, std::string origin, Random& random,
                         std::int64_t seal_every_minutes) {
  FileSystem& fs = real_file_system();
  const FolderPaths paths{root};
  if (root.empty()) return fail(Errc::invalid_input, "the data folder's name is empty");
  if (fs.exists(root)) {
    const auto names = TRY(fs.list(root));
    if (!names.empty()) {
      return fail(Errc::conflict, root + ": is not empty (choose a new folder)");
    }
  }
  if (origin.empty()) origin = "proviso.local/" + hex_encode(random.bytes(4));
  TRY_VOID(parse_config("--origin", default_config(origin)));
  TRY_VOID(fs.make_directories(root + "/keys"));
  if (::chmod((root + "/keys").c_str(), S_IRWXU) != 0) {
    return fail(Errc::unavailable, root + "/keys: cannot be made private");
  }
  const SigningKey key = SigningKey::generate(random);
  const std::string pem = TRY(key.to_pem(""));
  TRY_VOID(write_secret(paths.ledger_key(), pem));
  TRY_VOID(write_secret(paths.hash_key(), hex_encode(random.bytes(32)) + "\n"));
  TRY_VOID(write_shipped(paths.rulebook(), shipped_rulebook::kFiles));
  TRY_VOID(write_shipped(paths.field_policy(), shipped_field_policy::kFiles));
  TRY_VOID(write_shipped(root, shipped_defaults::kFiles));
  // The store holds what the ledger only commits to; its side files take its mode.
  TRY_VOID(write_secret(paths.store(), ""));
  TRY_VOID(cases::Database::open(paths.store()));
  auto signer = TRY(ledger_signer(paths, origin));
  TRY_VOID(ledger::Log::create(fs, paths.ledger(), std::move(signer), origin));
  // The settings come last: a folder that has them is complete.
  return fs.write_durable(paths.config(), default_config(origin, seal_every_minutes));
}

Result<std::unique_ptr<DataFolder>> DataFolder::open(const std::string& root, const Clock& clock,
                                                     Random& random) {
  FolderPaths paths{root};
  FileSystem& fs = real_file_system();
  if (!fs.exists(paths.config())) {
    return fail(Errc::not_found,
                root + ": not a data folder (make one with: proviso init " + root + ")");
  }
  FileLock lock = TRY(acquire_patiently(paths));
  const std::string text = TRY(fs.read(paths.config(), kFileMax));
  Config config = TRY(parse_config(paths.config(), text));
  std::unique_ptr<DataFolder> folder(
      new DataFolder(std::move(paths), std::move(config), std::move(lock), clock, random));
  TRY_VOID(folder->open_record());
  return folder;
}

Result<bool> DataFolder::make_room() {
  FileSystem& fs = real_file_system();
  if (!fs.exists(paths_.lock_wanted())) return false;
  TRY_VOID(fs.remove(paths_.lock_wanted()));
  // Everything is committed; close it, let the others work, and open it again as they left it.
  casework_.reset();
  record_.reset();
  lock_.reset();
  std::this_thread::sleep_for(kLockPause);
  lock_.emplace(TRY(acquire_patiently(paths_)));
  TRY_VOID(open_record());
  return true;
}

Result<void> DataFolder::open_record() {
  FileSystem& fs = real_file_system();
  const std::string hex = TRY(fs.read(paths_.hash_key(), kFileMax));
  auto key = hex_decode(std::string_view(hex).substr(0, 64));
  if (!key || key->size() != 32) {
    return fail(Errc::corrupt, paths_.hash_key() + ": not 64 hexadecimal digits");
  }
  hash_key_ = std::move(*key);
  auto signer = TRY(ledger_signer(paths_, config_.ledger_origin));
  auto database = TRY(cases::Database::open(paths_.store()));
  auto log = TRY(ledger::Log::open(fs, paths_.ledger(), std::move(signer), config_.ledger_origin));
  record_ = TRY(cases::Record::open(std::move(database), std::move(log), config_.ledger_origin,
                                    hash_key_, clock_, random_));
  record_->set_sealing(sealing_policy(config_));
  // Sealed: the terms in force; before that: what lies in the folder.
  const auto governance = decisions::read_governance(record_->database());
  std::string terms_text;
  if (governance) {
    terms_text = TRY(decisions::read_document(record_->database(), governance->documents().terms));
  } else {
    terms_text = TRY(fs.read(paths_.terms(), kFileMax));
  }
  auto terms_json = parse_json(terms_text);
  if (!terms_json) {
    return fail(terms_json.error().code, paths_.terms() + ":" + terms_json.error().message);
  }
  terms_ = TRY(model::Terms::parse(*terms_json));
  register_ = TRY(cases::read_register(record_->database()));
  casework_ = std::make_unique<cases::Casework>(*record_, register_, terms_);
  return {};
}

Result<decisions::Orders> DataFolder::orders() {
  return decisions::Orders::open(*record_, *casework_, register_);
}

Result<void> DataFolder::reload_register() {
  register_ = TRY(cases::read_register(record_->database()));
  return {};
}

Result<ledger::NoteVerifier> ledger_verifier(const FolderPaths& paths, const std::string& origin) {
  const auto signer = TRY(ledger_signer(paths, origin));
  return signer.verifier();
}

std::optional<std::string> DataFolder::cosigned_checkpoint() const {
  auto note = real_file_system().read(
      paths_.ledger() + "/log/" + std::string(ledger::kCosignedFile), ledger::kNoteBytesMax);
  return note ? std::optional(std::move(*note)) : std::nullopt;
}

Result<std::string> DataFolder::ledger_vkey() {
  const auto key = TRY(ledger_verifier(paths_, config_.ledger_origin));
  return key.format();
}

Result<Digest> folder_digest(const std::string& folder, std::string_view ending) {
  FileSystem& fs = real_file_system();
  std::string lines;
  for (const std::string& name : TRY(fs.list(folder))) {
    if (!name.ends_with(ending)) continue;
    const std::string content = TRY(fs.read(folder + "/" + name, kFileMax));
    lines += sha256(content).hex() + " " + name + "\n";
  }
  return sha256(lines);
}

}  // namespace proviso::server
