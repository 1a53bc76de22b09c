// SPDX-License-Identifier: Apache-2.0
#include "rules/necessity.h"

#include <algorithm>

#include "rules/fold.h"

namespace proviso::rules {
namespace {

using Kind = Sign::Kind;
using Shape = TextPattern::Shape;

// Shorter needles are nearly everywhere, and slow to look for.
constexpr std::size_t kNeedleBytesMin = 3;
// More signs than that cost more than they spare.
constexpr std::size_t kSignsMax = 4096;

struct Found {
  std::vector<Sign> signs;
  double weight = 0;
};

class Finder {
 public:
  explicit Finder(const SignWeight& weight) : weight_(weight) {}

  std::optional<Found> find(const Expression& e) const {
    switch (e.kind) {
      case Expression::Kind::test: return of_test(e.test);
      case Expression::Kind::negation: return std::nullopt;
      case Expression::Kind::all_of: return best(e);
      case Expression::Kind::any_of: return sum(e);
    }
    return std::nullopt;
  }

 private:
  std::optional<Found> best(const Expression& e) const {
    std::optional<Found> out;
    for (const Expression& child : e.children) {
      auto one = find(child);
      if (one && (!out || one->weight < out->weight)) out = std::move(one);
    }
    return out;
  }

  std::optional<Found> sum(const Expression& e) const {
    Found out;
    for (const Expression& child : e.children) {
      auto one = find(child);
      if (!one || out.signs.size() + one->signs.size() > kSignsMax) return std::nullopt;
      out.weight += one->weight;
      std::ranges::move(one->signs, std::back_inserter(out.signs));
    }
    return out;
  }

  Found one(Kind kind, FieldId field, std::string text) const {
    Sign sign{kind, field, std::move(text)};
    const double weight = weight_(sign);
    return {{std::move(sign)}, weight};
  }

  std::optional<Found> of_test(const Test& test) const {
    switch (test.kind) {
      case TestKind::null: return std::nullopt;
      case TestKind::keyword: return of_keyword(test);
      case TestKind::text: return of_text(test);
      default: return one(Kind::present, test.field, "");
    }
  }

  std::optional<Found> of_keyword(const Test& test) const {
    if (test.regex) return std::nullopt;
    std::string needle = folded(test.pattern.longest_literal());
    if (needle.size() < kNeedleBytesMin) return std::nullopt;
    return one(Kind::keyword, {}, std::move(needle));
  }

  Found of_text(const Test& test) const {
    std::string literal = folded(test.pattern.longest_literal());
    if (test.pattern.shape() == Shape::equal)
      return one(Kind::exact, test.field, std::move(literal));
    const bool short_needle = literal.size() < kNeedleBytesMin;
    return one(short_needle ? Kind::present : Kind::needle, test.field,
               short_needle ? std::string() : std::move(literal));
  }

  const SignWeight& weight_;
};

}  // namespace

std::optional<std::vector<Sign>> necessary_signs(const Expression& expression,
                                                 const SignWeight& weight) {
  auto found = Finder(weight).find(expression);
  if (!found) return std::nullopt;
  return std::move(found->signs);
}

}  // namespace proviso::rules
