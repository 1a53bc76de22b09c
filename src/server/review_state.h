// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "cases/database.h"
#include "intake/seen_ids.h"
#include "intake/usage_reader.h"
#include "signals/engine.h"
#include "signals/signal.h"

namespace proviso::server {

/// How far an input has been read.
struct InputState {
  intake::UsagePosition position;
  std::uint64_t records = 0;
  std::uint64_t events = 0;
  std::uint64_t rejects = 0;
  bool done = false;
  std::uint64_t file_bytes = 0;  ///< size on disk when it was done; it may have grown since
  std::uint64_t head_bytes = 0;  ///< how much of its beginning names it
  // For signals, which name the inputs that they rest on (input_trail.h).
  std::uint64_t run = 0;     ///< the run of review that read it last
  std::int64_t waits_s = 0;  ///< how long its events waited to be put in order; -1: all of them
  std::int64_t bound_s = 0;  ///< how far behind the newest event all was settled when its run ended
  std::int64_t newest_s = 0;  ///< the newest event time of anything up to its end, rounded up
};

/// A file is known by its path and its beginning, so that a rotated log is a new input and one that
/// grew is not. What is no regular file (standard input, a pipe) is known by its name only: it
/// cannot be read twice, and nothing is kept of how far it was.
struct InputKey {
  std::string name;
  std::string head;  ///< SHA-256 of its first `head_bytes`
  std::uint64_t head_bytes = 0;
  bool is_stream = false;
  [[nodiscard]] std::string text() const { return name + "\n" + head; }
};

struct KnownInput {
  InputKey key;
  InputState state;
};
/// The input at a path, with how far it was read.
Result<KnownInput> find_input(cases::Database& database, const std::string& path);
/// All inputs that were ever read, in the order in which their reading was last committed.
Result<std::vector<KnownInput>> known_inputs(cases::Database& database);
/// SHA-256 of the first `bytes` of a file, in hexadecimal.
Result<std::string> head_of(const std::string& path, std::uint64_t bytes);
/// 0 for a stream.
Result<std::uint64_t> file_size(const std::string& path);

// What a review keeps in the store between two commits. All writes stand inside the caller's
// transaction.

Result<void> write_input(cases::Database& database, const InputKey& key, const InputState& state);
/// Sets how far behind everything was settled when this run ended, at each input that it read.
Result<void> write_bound(cases::Database& database, std::uint64_t run, std::int64_t bound_s);

Result<void> load_seen(cases::Database& database, intake::SeenIds& seen);
/// Appends what was seen since, and forgets what is older than SeenIds keeps.
Result<void> append_seen(cases::Database& database, intake::SeenIds& seen, Time newest);

/// What of the windows could not be used: those of counters that the rulebook does not define any
/// more, and all where they were saved in another format or under another key for hashes.
struct EngineLoad {
  std::uint64_t counters_dropped = 0;
  std::uint64_t events_dropped = 0;
  bool other_format = false;
};
Result<EngineLoad> load_engine(cases::Database& database, signals::Engine& engine,
                               signals::SignalTracker& tracker);
/// Writes what has changed since it was loaded or saved.
Result<void> save_windows(cases::Database& database, signals::Engine& engine);
Result<void> save_signals(cases::Database& database, const signals::SignalTracker& tracker);

/// A number kept by name, 0 where there is none.
Result<std::uint64_t> read_counter(cases::Database& database, const std::string& name);
Result<void> write_counter(cases::Database& database, const std::string& name, std::uint64_t value);

}  // namespace proviso::server
