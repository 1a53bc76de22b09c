// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <expected>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace proviso::cmd {

/// Which words a command takes.
struct Grammar {
  std::size_t operands = 0;
  std::vector<std::string_view> values;  ///< options with a value, "--key"
};

/// What was written after the command's name.
struct Arguments {
  std::vector<std::string> operands;
  std::map<std::string, std::string, std::less<>> values;
  bool json = false;
  bool progress = false;

  /// Empty where it was not given.
  [[nodiscard]] const std::string& value(std::string_view name) const;
};

/// Flags --json and --progress are taken by every command; "--name=value" as well as "--name
/// value"; nothing twice, nothing empty. Else one line that says what is wrong.
std::expected<Arguments, std::string> parse_arguments(std::span<const std::string_view> words,
                                                      const Grammar& grammar);

}  // namespace proviso::cmd
