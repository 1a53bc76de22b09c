// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <string>

#include "base/result.h"

namespace proviso::server {

/// The section [witnesses] of proviso.toml: whom `proviso serve` asks for cosignatures.
struct CosigningConfig {
  std::string policy;   ///< file, as it is written; empty: nobody is asked
  std::string ca_file;  ///< the same; empty: the system's certificates alone
  std::chrono::milliseconds pace{2000};
  std::chrono::milliseconds call{10'000};
};

/// A setting that is missing has its default. Errors name FILE:LINE:COLUMN; unknown keys and values
/// out of range are refused.
Result<CosigningConfig> parse_cosigning_config(const std::string& name, const std::string& text);

/// The section as `init` writes it.
std::string default_cosigning_section();

}  // namespace proviso::server
