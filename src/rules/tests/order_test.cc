// SPDX-License-Identifier: Apache-2.0
// temporal_ordered: the sequences that a condition or a number of rules stands for.
#include "rules/order.h"

#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

constexpr const char* kNames = "abcdefghijklmnopqrs";

std::string rules_text(const std::string& correlation, std::size_t count = 4) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string name(1, kNames[i]);
    out += "title: " + name + "\nname: " + name +
           "\nlogsource: {product: p}\ndetection: {s: {k: " + name + "}, condition: s}\n---\n";
  }
  return out + "title: o\ncorrelation: {type: temporal_ordered, timespan: 1m, " + correlation +
         "}\n";
}

// "ab!c": a, then b, and no c.
std::vector<std::string> ways(const std::string& correlation) {
  const Loaded loaded = load_text(rules_text(correlation));
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  std::vector<std::string> out;
  if (!loaded.program) return out;
  const Correlation& c = loaded.program->correlations().front();
  const auto name = [&](std::uint32_t ref) { return loaded.program->rule(c.refs[ref]).name; };
  for (const OrderWay& way : c.ways) {
    std::string text;
    for (auto step = way.step; step;) {
      const OrderStep& at = c.order[*step];
      text.insert(0, name(at.ref));
      EXPECT_LE(at.after.size(), 1U);
      step = at.after.empty() ? std::nullopt : std::optional(at.after.front());
    }
    for (const std::uint32_t ref : way.absent) text += "!" + name(ref);
    out.push_back(text);
  }
  return out;
}

using Ways = std::vector<std::string>;

TEST(Order, AllRulesInTheOrderOfRules) {
  EXPECT_EQ(ways("rules: [a, b, c]"), Ways({"abc"}));
  EXPECT_EQ(ways("rules: [c, a]"), Ways({"ca"}));
}

TEST(Order, ConditionsAreSequencesInTheOrderOfRulesNotOfTheCondition) {
  EXPECT_EQ(ways("rules: [a, b], condition: b and a"), Ways({"ab"}));
  EXPECT_EQ(ways("rules: [a, b, c], condition: (a or b) and c"), Ways({"ac", "bc"}));
  EXPECT_EQ(ways("rules: [a, b, c], condition: a and c and not b"), Ways({"ac!b"}));
  EXPECT_EQ(ways("rules: [a, b, c], condition: a AND NOT (b OR c)"), Ways({"a!b!c"}));
  EXPECT_EQ(ways("rules: [a, b, c], condition: a and not (b and c)"), Ways({"a!b", "a!c"}));
  EXPECT_EQ(ways("rules: [a, b], condition: not (not a) and b"), Ways({"ab"}));
  EXPECT_EQ(ways("rules: [a, b], condition: a or not b"), Ways({"!b", "a"}));
  EXPECT_EQ(ways("rules: [a, b], condition: (a or b) and (not a or b)"), Ways({"ab", "b", "b!a"}));
}

TEST(Order, AnExpressionNeedsNoListOfRules) {
  EXPECT_EQ(ways("condition: c and a"), Ways({"ca"}));
  EXPECT_EQ(ways("condition: a and b and (a or c)"), Ways({"ab", "abc"}));
}

TEST(Order, CountsHaveAStepForEachRuleAndLength) {
  const Loaded loaded = load_text(rules_text("rules: [a, b, c], condition: {gte: 2}"));
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  const Correlation& c = loaded.program->correlations().front();
  EXPECT_TRUE(c.ways.empty());
  const std::vector<OrderStep> expected = {{0, 1, {}}, {1, 1, {}},     {1, 2, {0}},
                                           {2, 1, {}}, {2, 2, {0, 1}}, {2, 3, {2}}};
  EXPECT_EQ(c.order, expected);
}

TEST(Order, WhatCannotBeIsRefusedWithItsPlace) {
  const auto refuses = [](const std::string& correlation, const std::string& what,
                          std::size_t rules = 4) {
    const std::string error = first_error(rules_text(correlation, rules));
    EXPECT_NE(error.find(what), std::string::npos) << error;
    EXPECT_TRUE(error.starts_with("rule.yml:")) << error;
  };
  refuses("rules: [a, b], condition: {lt: 2}", "takes gt and gte");
  refuses("rules: [a, b], condition: {gte: 1, lte: 2}", "takes gt and gte");
  refuses("rules: [a, b], condition: a and b and not a", "can never hold");
  refuses("rules: [a, b], condition: a", "does not use every rule");
  refuses("condition: a and z", "there is no rule \"z\"");
  refuses("condition: a and", "expected the name");
  refuses("group-by: [x]", "has no `rules`");
  std::string many = "a";
  for (std::size_t i = 1; i < 17; ++i) many += std::string(", ") + kNames[i];
  refuses("rules: [" + many + "], condition: {gte: 2}", "at most 16 rules", 17);
  refuses(
      "condition: (a or b) and (c or d) and (e or f) and (g or h) and (i or j) and (k or l) "
      "and (m or n)",
      "more than 64 ways", 17);
}

}  // namespace
}  // namespace proviso::rules
