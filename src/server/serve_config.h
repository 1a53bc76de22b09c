// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/result.h"
#include "http/server.h"

namespace proviso::server {

/// The section [serve] of proviso.toml: where `proviso serve` listens, and what it takes from whom.
/// A setting that is missing has its default. Errors name FILE:LINE:COLUMN; unknown keys and values
/// out of range are refused. Paths are as they are written: relative ones are below the folder.
Result<http::ServerSettings> parse_serve_config(const std::string& name, const std::string& text);

/// The section as `init` writes it, with each setting, its default and what it means.
std::string default_serve_section();
/// The same for a witness: another port, and a rate that suits a log's pace.
std::string witness_serve_section();

}  // namespace proviso::server
