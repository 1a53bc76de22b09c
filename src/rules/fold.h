// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace proviso::rules {

/// 256 bytes: each to its ASCII lower case; and each to itself.
extern const std::array<unsigned char, 256> kAsciiLower;
extern const std::array<unsigned char, 256> kSame;

/// Writes `text` in Unicode lower case (simple mapping, character by character) to `out`. Bytes
/// that are no UTF-8 stay as they are.
void fold(std::string_view text, std::string& out);
std::string folded(std::string_view text);
/// Length in bytes of the UTF-8 character at the beginning of `text` (1 for a broken one).
std::size_t character_bytes(std::string_view text);

}  // namespace proviso::rules
