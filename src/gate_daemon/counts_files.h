// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "base/time.h"
#include "gates/gate_counts.h"
#include "ledger/note.h"

namespace proviso::gate_daemon {

/// A gate's hourly counts (docs/formats/gate-counts.md) in a folder: HOUR.running has those that
/// are not signed yet, HOUR-NNNN.note is a signed document, HOUR-NNNN.note.sent says that a server
/// has it.
/// Bounded: the oldest go, sent or not, after `age_max` and beyond kDocumentsMax. Any thread.
class CountsFiles {
 public:
  static constexpr std::size_t kDocumentsMax = 10'000;

  /// The folder need not be there. `fs` outlives it.
  CountsFiles(FileSystem& fs, std::string dir, Duration age_max);

  /// What was kept and not signed when the gate was last stopped, by hour; a file that can't be
  /// read is left as it is, and told in `problem`.
  struct Running {
    std::vector<gates::GateCounts> hours;
    std::string problem;
  };
  Running running();
  /// Replaces what is kept of this hour, durably.
  Result<void> keep(const gates::GateCounts& counts);
  /// Signs them: durable when it returns, and no longer kept as running. Again with the same
  /// counts, after a crash between, changes nothing. What is too old goes.
  Result<void> sign(const gates::GateCounts& counts, const ledger::NoteSigner& signer, Time now);

  struct Document {
    std::string name;
    std::string note;
  };
  /// The oldest that no server has, at most `most`.
  Result<std::vector<Document>> unsent(std::size_t most);
  /// Durable. `not_found`: there is no such document (any more).
  Result<void> mark_sent(const std::string& name);
  [[nodiscard]] std::size_t unsent_count();

 private:
  [[nodiscard]] std::string path(std::string_view name) const;
  std::vector<std::string> files_with(std::string_view ending);
  std::vector<std::string> unsent_names();
  Result<void> add(const std::string& hour, const std::string& note);
  Result<void> remove_old(Time now);

  FileSystem& fs_;
  const std::string dir_;
  const Duration age_max_;
  std::mutex mutex_;  // guards the folder's files; held while one of them is read or written
};

}  // namespace proviso::gate_daemon
