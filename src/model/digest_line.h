// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

// A text that tells damage: its body, a line feed, the body's SHA-256 as 64 lower-case hexadecimal
// digits, a line feed. It proves nothing: anyone can make one.
namespace proviso::model {

std::string with_digest_line(std::string body);

/// The body. Errors name `what`: `exhausted` over `bytes_max`, `corrupt` where it is cut short or
/// the digest does not fit.
Result<std::string_view> without_digest_line(std::string_view text, std::string_view what,
                                             std::size_t bytes_max);

}  // namespace proviso::model
