// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "base/json.h"

namespace proviso::probes {

/// A TOML text as the JSON of the same content: tables, arrays, texts, whole numbers, true and
/// false; anything else is refused. `invalid_input`, as FILE:LINE:COLUMN: what.
Result<Json> json_of_toml(const std::string& file, std::string_view text);

}  // namespace proviso::probes
