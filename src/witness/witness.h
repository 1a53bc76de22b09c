// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/signing.h"
#include "ledger/checkpoint.h"
#include "ledger/note.h"
#include "witness/evidence.h"

namespace proviso::witness {

/// What a witness made of a request; for figures and its log.
enum class Outcome : std::uint8_t {
  cosigned,
  malformed,
  not_the_log,  ///< not signed by the log
  unknown_log,
  other_size,  ///< the log thinks that we know another size
  not_proven,  ///< no proof that it continues what we know; evidence is kept
  split_view,  ///< another tree of a size that we know; evidence is kept
  failed,      ///< our disk
};
std::string_view to_string(Outcome outcome);

/// What a witness answers, as HTTP has it.
struct Answer {
  Outcome outcome = Outcome::cosigned;
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
};

/// The newest checkpoint of a log that a witness cosigned.
struct Seen {
  ledger::Checkpoint checkpoint;
  std::string note;  ///< with the log's signature and the witness's own
};

/// Remembers, for each log that it was told to watch, the largest checkpoint, and cosigns only what
/// continues it. Invariants W1-W4: README.md. Robust to untrusted requests.
/// Threads: any. Processes: one; the caller holds a lock on the folder.
class Witness {
 public:
  struct Files {
    FileSystem& fs;
    std::string dir;  ///< holds state/ and evidence/
  };
  /// `name` is that of the cosigner key. A log's origin is its key's name; each stands once.
  Witness(Files files, std::string name, SigningKey key, std::vector<ledger::NoteVerifier> logs,
          const Clock& clock);

  /// POST /add-checkpoint. 200 with a cosignature line; 400 malformed, or an old size beyond the
  /// checkpoint's; 403 not signed by the log; 404 another log; 409 with our size where the old size
  /// is another; 422 no proof, or another root for a size that we know; 500 the disk failed, now or
  /// at an earlier write (W3).
  Answer add_checkpoint(std::string_view body);
  /// The newest cosigned checkpoint of a log; `not_found` where there is none yet.
  Result<Seen> seen(std::string_view origin);
  [[nodiscard]] const std::vector<ledger::NoteVerifier>& logs() const { return logs_; }
  /// False once a write has failed: the process is to be started again.
  [[nodiscard]] bool usable() const;

 private:
  struct Asked;
  [[nodiscard]] const ledger::NoteVerifier* find_log(std::string_view origin) const;
  Answer judge(const Asked& asked, const std::optional<Seen>& before);
  Answer refuse(const Asked& asked, const Seen& before, Outcome outcome);
  Answer sign(const Asked& asked);
  Answer disk_failed();
  Result<void> keep(const Asked& asked, const std::string& line);
  Result<std::optional<Seen>> load(const ledger::NoteVerifier& log);

  Files files_;
  std::string name_;
  SigningKey key_;
  std::vector<ledger::NoteVerifier> logs_;
  const Clock& clock_;
  // Makes "compare with the state, write the state" one step (W1). Held while a request is judged.
  mutable std::mutex mutex_;
  bool failed_ = false;
};

}  // namespace proviso::witness
