// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace proviso::rules {

/// A condition as written. Children of `of` are none; its pattern is in `name` ("them" stands as
/// it is).
struct ConditionAst {
  enum class Kind : std::uint8_t { name, one_of, every_of, all_of, any_of, negation };
  Kind kind = Kind::name;
  std::string name;
  std::size_t offset = 0;  ///< in the text, in bytes
  std::vector<ConditionAst> children;
};

struct ConditionError {
  std::size_t offset = 0;
  std::string message;
};

struct ConditionOptions {
  bool upper_case_operators = false;  ///< also AND, OR, NOT
  bool quantifiers = true;            ///< "1 of X", "all of them"
};

/// Parses one condition; the grammar stands above the parser. Robust to any text.
std::variant<ConditionAst, ConditionError> parse_condition(std::string_view text,
                                                           const ConditionOptions& options = {});

/// Whether a selection's name fits a pattern of "1 of PATTERN" ("*" any length; "them" everything).
/// Names that begin with "_" only fit patterns that do.
bool name_fits(std::string_view pattern, std::string_view name);

}  // namespace proviso::rules
