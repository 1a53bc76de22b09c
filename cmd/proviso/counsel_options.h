// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "cases/counsel_key.h"

namespace CLI {
class App;
}

namespace proviso::cmd {

/// --counsel-key and its passphrase, for commands that read what is sealed to counsel.
struct CounselKeyOptions {
  std::vector<std::string> files;
  std::string passphrase_file;
};

void add_counsel_keys(CLI::App& command, CounselKeyOptions& options);
/// Asks for a passphrase where a file needs one.
Result<std::vector<cases::CounselKey>> read_counsel_keys(const CounselKeyOptions& options);

}  // namespace proviso::cmd
