// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace proviso::rules {

/// Compact JSON as Python and JavaScript write it: no spaces, shortest numbers, only the escapes
/// that must be.

/// A string with quotes and escapes.
void write_json_string(std::string_view text, std::string& out);

/// A number of a JSON text.
struct JsonNumber {
  double value = 0;
  bool plain = false;  ///< an integer that reads as it stands
};
/// Nothing where `token` is no JSON number that a double can hold.
std::optional<JsonNumber> parse_json_number(std::string_view token);
/// Whether `text` could stand in a number as it is written here.
bool is_part_of_number(std::string_view text);
/// 403.0 stays a number with a point, as its writer meant it.
void write_json_double(double number, std::string& out);

}  // namespace proviso::rules
