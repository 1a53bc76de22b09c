// SPDX-License-Identifier: Apache-2.0
#include "rules/necessity.h"

#include <algorithm>

#include <re2/filtered_re2.h>
#include <re2/re2.h>

#include "rules/ascii.h"
#include "rules/fold.h"
#include "rules/json_text.h"

namespace proviso::rules {
namespace {

using Kind = Sign::Kind;
using Shape = TextPattern::Shape;

// Shorter needles are nearly everywhere, and slow to look for.
constexpr std::size_t kNeedleBytesMin = 3;
// More signs of one rule would make the tables of all rules large.
constexpr std::size_t kSignsMax = 500;

struct Found {
  std::vector<Sign> signs;
  double weight = 0;
};

// Literals in lower case of which at least one is in every text that `regex` matches; none where
// there is no such set.
std::vector<std::string> necessary_literals(const re2::RE2& regex) {
  re2::FilteredRE2 filter(static_cast<int>(kNeedleBytesMin));
  int id = 0;
  std::vector<std::string> literals;
  re2::RE2::Options options;
  options.Copy(regex.options());
  if (filter.Add(regex.pattern(), options, &id) != re2::RE2::NoError) return {};
  filter.Compile(&literals);
  const auto could_match_with = [&](const std::vector<int>& found) {
    std::vector<int> potential;
    filter.AllPotentials(found, &potential);
    return !potential.empty();
  };
  const auto too_short = [](const std::string& l) {
    return l.size() < kNeedleBytesMin || !ascii::all_of(l);
  };
  if (literals.empty() || could_match_with({})) return {};
  if (std::ranges::any_of(literals, too_short)) return {};
  // Where one of them alone is necessary the longest such is enough.
  const std::string* best = nullptr;
  for (std::size_t i = 0; i < literals.size(); ++i) {
    std::vector<int> others;
    for (std::size_t k = 0; k < literals.size(); ++k) {
      if (k != i) others.push_back(static_cast<int>(k));
    }
    if (could_match_with(others)) continue;
    if (best == nullptr || literals[i].size() > best->size()) best = &literals[i];
  }
  if (best != nullptr) return {*best};
  return literals;
}

class Finder {
 public:
  explicit Finder(const SignWeight& weight) : weight_(weight) {}

  std::optional<Found> find(const Expression& e) const {
    switch (e.kind) {
      case Expression::Kind::test: return of_test(e.test);
      case Expression::Kind::negation: return find_not(e.children.front());
      case Expression::Kind::all_of: return best(e, Wanted::holds);
      case Expression::Kind::any_of: return sum(e, Wanted::holds);
    }
    return std::nullopt;
  }

 private:
  enum class Wanted : std::uint8_t { holds, fails };
  [[nodiscard]] std::optional<Found> find(const Expression& e, Wanted wanted) const {
    return wanted == Wanted::holds ? find(e) : find_not(e);
  }

  // For `e` to be false.
  std::optional<Found> find_not(const Expression& e) const {
    switch (e.kind) {
      case Expression::Kind::test:
        // A missing field is null; so is nothing else that can be seen.
        if (e.test.kind == TestKind::null) return one(Kind::present, e.test.field, "");
        return std::nullopt;
      case Expression::Kind::negation: return find(e.children.front());
      case Expression::Kind::all_of: return sum(e, Wanted::fails);
      case Expression::Kind::any_of: return best(e, Wanted::fails);
    }
    return std::nullopt;
  }

  std::optional<Found> best(const Expression& e, Wanted wanted) const {
    std::optional<Found> out;
    for (const Expression& child : e.children) {
      auto one = find(child, wanted);
      if (one && (!out || one->weight < out->weight)) out = std::move(one);
    }
    return out;
  }

  std::optional<Found> sum(const Expression& e, Wanted wanted) const {
    Found out;
    for (const Expression& child : e.children) {
      auto one = find(child, wanted);
      if (!one) return std::nullopt;
      out.weight += one->weight;
      std::ranges::move(one->signs, std::back_inserter(out.signs));
    }
    if (out.signs.size() > kSignsMax) coarsen(out);
    return out;
  }

  // Lists of thousands of values: that the field is there will do.
  void coarsen(Found& found) const {
    std::vector<Sign> coarse;
    found.weight = 0;
    for (Sign& sign : found.signs) {
      if (sign.kind != Kind::keyword) sign = {Kind::present, sign.field, "", false};
      const auto same = [&](const Sign& s) {
        return s.kind == sign.kind && s.field == sign.field && s.text == sign.text;
      };
      if (std::ranges::any_of(coarse, same)) continue;
      found.weight += weight_(sign);
      coarse.push_back(std::move(sign));
    }
    found.signs = std::move(coarse);
  }

  Found one(Kind kind, FieldId field, std::string text) const {
    Sign sign{kind, field, std::move(text), false};
    const double weight = weight_(sign);
    return {{std::move(sign)}, weight};
  }

  std::optional<Found> of_test(const Test& test) const {
    switch (test.kind) {
      case TestKind::null: return std::nullopt;
      case TestKind::keyword: return of_keyword(test);
      case TestKind::text: return of_text(test);
      case TestKind::regex: return of_regex(test);
      default: return one(Kind::present, test.field, "");
    }
  }

  std::optional<Found> of_keyword(const Test& test) const {
    if (test.regex) return std::nullopt;
    std::string needle = folded(test.pattern.longest_literal());
    // What could be a number is not looked for in a record: it may stand there as 1e3.
    if (needle.size() < kNeedleBytesMin || is_part_of_number(needle)) return std::nullopt;
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

  // Ignoring case, RE2 knows more letters to be equal than lower case does (the long s), but none
  // of them is ASCII.
  std::optional<Found> of_regex(const Test& test) const {
    Found out;
    for (std::string& literal : necessary_literals(*test.regex)) {
      Found found = one(Kind::needle, test.field, std::move(literal));
      found.signs.front().ascii_only = true;
      out.weight += found.weight;
      std::ranges::move(found.signs, std::back_inserter(out.signs));
    }
    if (out.signs.empty()) return one(Kind::present, test.field, "");
    return out;
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
