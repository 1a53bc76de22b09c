// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rules/expression.h"

namespace proviso::rules {

/// One cheap thing to see in an event.
struct Sign {
  enum class Kind : std::uint8_t {
    exact,    ///< the field has a value that is `text`, in lower case
    needle,   ///< the field has a value that contains `text`, in lower case
    present,  ///< the field is there
    keyword,  ///< some value of the event contains `text`, in lower case
  };
  Kind kind = Kind::present;
  FieldId field{};
  std::string text;
  /// needle: true only of a value that is all ASCII; another value may do without it.
  bool ascii_only = false;
};

/// Signs of which at least one must be there for the expression to hold: what is not evaluated
/// then is known to be false. Nothing where there are no such signs (`not ...`, a missing field).
///
/// Of the parts of an `and` the cheapest is taken: `weight` says what a sign costs, roughly how
/// often it is expected to be there in an event that matches nothing.
using SignWeight = std::function<double(const Sign&)>;
std::optional<std::vector<Sign>> necessary_signs(const Expression& expression,
                                                 const SignWeight& weight);

}  // namespace proviso::rules
