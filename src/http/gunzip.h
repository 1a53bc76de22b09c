// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace proviso::http {

/// What a gzip stream (RFC 1952, one member) holds. `exhausted` beyond `bytes_max`, which costs no
/// more memory than that; `unavailable` where it is cut, damaged, or has bytes after its end.
/// Robust to untrusted input.
Result<std::string> gunzip(std::string_view bytes, std::uint64_t bytes_max);

}  // namespace proviso::http
