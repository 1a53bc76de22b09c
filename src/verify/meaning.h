// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace proviso::verify {

/// What an error class means for whoever reads it, in one sentence (docs/formats/verdicts.md).
/// Empty for "OK" and for a class that there is not.
std::string_view meaning_of(std::string_view error_class);

}  // namespace proviso::verify
