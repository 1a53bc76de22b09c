// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "base/json.h"

namespace proviso::cmd {

/// What decisions::preview() found, in lines for a person.
std::string preview_in_words(const Json& preview);

}  // namespace proviso::cmd
