// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/file_system.h"
#include "base/result.h"
#include "server/data_folder.h"

namespace proviso::server {

/// Section [gates] of proviso.toml.
struct GatesConfig {
  std::string keys = "gates.keys";  ///< verifier keys of the gates that are served
  std::chrono::seconds renew{300};  ///< a version is renewed when it is so old
  bool wait_for_witnesses = true;   ///< where there are any
};

/// Errors as FILE:LINE:COLUMN: what.
Result<GatesConfig> parse_gates_config(const std::string& name, const std::string& text);
/// Where a data folder's gates are known from. No lock is needed to read it: `serve` alone writes
/// there.
struct GatesPlaces {
  std::string keys;     ///< read_gate_keys()
  std::string records;  ///< GateRecordFile::read()
  std::chrono::seconds renew{};
};
/// `not_found`: no data folder.
Result<GatesPlaces> gates_places(FileSystem& fs, const FolderPaths& paths);

/// As `init` writes it.
std::string default_gates_section();

}  // namespace proviso::server
