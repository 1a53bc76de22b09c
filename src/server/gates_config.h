// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace proviso::server {

/// Section [gates] of proviso.toml.
struct GatesConfig {
  std::string keys = "gates.keys";  ///< verifier keys of the gates that are served
  std::chrono::seconds renew{300};  ///< a version is renewed when it is so old
  bool wait_for_witnesses = true;   ///< where there are any
};

/// Errors as FILE:LINE:COLUMN: what.
Result<GatesConfig> parse_gates_config(const std::string& name, const std::string& text);
/// As `init` writes it.
std::string default_gates_section();

}  // namespace proviso::server
