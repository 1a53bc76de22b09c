// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "http/server.h"
#include "ledger/cosignature.h"
#include "ledger/note.h"
#include "witness/evidence.h"

namespace proviso::server {

/// What the folder of a witness holds. It has nothing in common with a data folder.
struct WitnessPaths {
  std::string root;
  [[nodiscard]] std::string config() const { return root + "/witness.toml"; }
  [[nodiscard]] std::string key() const { return root + "/witness.pem"; }
  [[nodiscard]] std::string lock() const { return root + "/lock"; }
};

/// witness.toml.
struct WitnessConfig {
  std::string name;                        ///< of its cosigner key
  std::vector<ledger::NoteVerifier> logs;  ///< that it watches; each name stands once
  http::ServerSettings serve;
};
/// Errors name FILE:LINE:COLUMN; unknown keys are refused.
Result<WitnessConfig> parse_witness_config(const std::string& name, const std::string& text);

struct NewWitness {
  std::string name;
  std::vector<std::string> logs;  ///< verifier keys
};
/// Makes a folder with a new key (mode 600) and settings; returns its public key.
/// `conflict` where there is something, `invalid_input`: the name or a log's key.
Result<ledger::CosignerKey> init_witness(const std::string& root, const NewWitness& wanted,
                                         Random& random);

struct WitnessOptions {
  std::optional<std::uint16_t> port;  ///< instead of the configured one
};
/// Runs the witness until SIGTERM or SIGINT. Log lines go to standard error; the first one,
/// `listening`, tells the port. `conflict` where another process runs on the folder; `corrupt`
/// where its state is not what it wrote.
Result<void> run_witness(const std::string& root, const WitnessOptions& options, const Clock& clock,
                         Random& random);
/// A line "METHOD PATTERN ACCESS" for each route, as the witness has them.
std::string list_witness_routes();

struct WatchedLog {
  std::string origin;
  std::optional<std::uint64_t> size;        ///< of the newest cosigned checkpoint
  std::optional<std::int64_t> cosigned_at;  ///< Unix seconds
};
struct WitnessStatus {
  ledger::CosignerKey key;
  std::vector<WatchedLog> logs;
  std::vector<witness::Evidence> evidence;  ///< the signatures in it hold; `corrupt` otherwise
};
/// Reads the folder; the witness may be running.
Result<WitnessStatus> witness_status(const std::string& root, const Clock& clock);

}  // namespace proviso::server
