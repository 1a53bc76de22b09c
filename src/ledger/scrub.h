// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include "ledger/verify_log.h"

namespace proviso::ledger {

/// verify_log() of a public folder, at most so many bytes of entries and hashes a second (0: as
/// fast as it goes), until it is told to stop: then `unavailable`.
Result<LogReport> scrub_files(FileSystem& fs, const std::string& public_dir,
                              const NoteVerifier& log_key, const std::string& origin,
                              std::stop_token stop, std::uint64_t bytes_per_second);

}  // namespace proviso::ledger
