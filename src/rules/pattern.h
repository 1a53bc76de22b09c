// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rules/ascii.h"

namespace proviso::rules {

/// One element of a string pattern: a byte, `*` (any length), `?` (exactly one character), or any
/// of the dashes of the `windash` modifier.
struct Atom {
  enum class Kind : std::uint8_t { byte, many, one, dash };
  Kind kind = Kind::byte;
  char byte = 0;
  bool operator==(const Atom&) const = default;
};

/// A string pattern, compiled. Immutable, any thread.
class TextPattern {
 public:
  enum class Shape : std::uint8_t { anything, equal, prefix, suffix, contains, glob };

  TextPattern() = default;
  /// Without `cased`, both sides are compared in Unicode lower case.
  TextPattern(std::vector<Atom> atoms, bool cased);

  [[nodiscard]] bool matches(std::string_view text) const;
  [[nodiscard]] Shape shape() const { return shape_; }
  /// What must be equal, begin, end or be contained; lower case unless cased. Empty for glob.
  [[nodiscard]] const std::string& needle() const { return needle_; }
  /// The longest stretch that every matching text contains; may be empty.
  [[nodiscard]] std::string longest_literal() const;
  [[nodiscard]] bool cased() const { return cased_; }
  [[nodiscard]] std::string dump() const;

 private:
  [[nodiscard]] ascii::Equality at_its_end(std::string_view text) const;
  [[nodiscard]] bool matches_mapped(std::string_view text, const unsigned char* map) const;
  [[nodiscard]] bool glob(std::string_view text, const unsigned char* map) const;
  Shape shape_ = Shape::equal;
  bool cased_ = false;
  std::string needle_;
  std::vector<Atom> atoms_;  ///< only for glob
};

std::string_view to_string(TextPattern::Shape shape);

}  // namespace proviso::rules
