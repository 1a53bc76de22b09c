// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "rules/ast.h"
#include "rules/expression.h"
#include "rules/reader.h"

namespace proviso::rules {

/// One detection item with its modifiers as an expression. Nothing, and an error with the item's
/// place, where a modifier is unknown, unsupported, out of place or does not fit the values.
std::optional<Expression> compile_item(const ItemAst& item, const ReadContext& context);

/// The modifiers in the order in which they are written, checked but not yet applied.
struct Modifiers {
  enum class Operator : std::uint8_t {
    text,
    regex,
    compare,
    cidr,
    exists,
    field_ref,
    time_part,
  };
  enum class Transform : std::uint8_t {
    contains,
    startswith,
    endswith,
    windash,
    base64,
    base64offset,
    utf16_little,
    utf16_big,
    utf16_marked,
  };
  Operator op = Operator::text;
  Comparison comparison = Comparison::eq;
  TimePart part = TimePart::minute;
  std::vector<Transform> transforms;
  std::string regex_flags;
  bool all = false;
  bool cased = false;
  bool negated = false;
};

std::optional<Modifiers> read_modifiers(const ItemAst& item, const ReadContext& context);

}  // namespace proviso::rules
