// SPDX-License-Identifier: Apache-2.0
#include "rules/explain.h"

#include <gtest/gtest.h>

#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

constexpr std::string_view kRule =
    "title: t\nlogsource: {product: p}\ndetection:\n"
    "  sel: {a: x, b|gt: 3}\n  tiny: {c|exists: true}\n  condition: sel and not tiny\n";

Explanation explain_json(std::string_view rule, const std::string& json) {
  const Loaded loaded = load_text(std::string(rule));
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  JsonEvent event(loaded.program);
  EXPECT_TRUE(event.reset(padded(json))) << json;
  return explain(*loaded.program->expression(RuleIndex(0)), event);
}

std::string flat(const Explanation& e) {
  std::string out = (e.holds ? "+" : "-") + e.text;
  for (const std::string& value : e.values) out += "=" + value;
  if (e.missing) out += "?";
  if (e.children.empty()) return out;
  out += "(";
  for (const Explanation& child : e.children) out += flat(child) + ";";
  return out + ")";
}

TEST(Explain, ShowsEachPartWithWhatItRead) {
  EXPECT_EQ(flat(explain_json(kRule, R"({"a":"X","b":4})")),
            "+all of(+all of(+a equal 'x'=\"X\";+b gt 3=4;);+not(-c exists?;);)");
}

TEST(Explain, LooksAtAllPartsAlsoWhereTheAnswerIsCertain) {
  EXPECT_EQ(flat(explain_json(kRule, R"({"b":3,"c":null})")),
            "-all of(-all of(-a equal 'x'?;-b gt 3=3;);-not(+c exists=null;);)");
}

TEST(Explain, ValuesAreBoundedAndWholeCharacters) {
  const std::string longer = R"({"a":")" + std::string(199, 'y') + R"(éé","b":[1,2,3,4,5,6]})";
  const Explanation e = explain_json(kRule, longer);
  EXPECT_EQ(e.children[0].children[0].values,
            std::vector<std::string>{"\"" + std::string(199, 'y') + "...\""});
  EXPECT_EQ(e.children[0].children[1].values.size(), kValuesMax);
}

// The name of each selection, where it is.
std::string names(const Explanation& e) {
  std::string out = "[" + e.selection;
  for (const Explanation& child : e.children) out += names(child);
  return out + "]";
}

TEST(Explain, NamesTheSelections) {
  EXPECT_EQ(names(explain_json(kRule, "{}")), "[[sel[][]][[tiny]]]");
  const std::string rule =
      "title: t\nlogsource: {product: p}\ndetection:\n"
      "  a1: {a: x}\n  a2: {a: y, b: z}\n  condition: 1 of a* and a1\n";
  EXPECT_EQ(names(explain_json(rule, "{}")), "[[[a1][a2[][]]][a1]]");
}

TEST(Explain, OrderedSequencesHaveNoDistance) {
  Correlation c;
  c.type = CorrelationType::temporal_ordered;
  c.thresholds = {{Comparison::gte, 2, to_billionths(2)}};
  EXPECT_FALSE(distance(c, 2)) << "two rules that occurred need not have been in order";
}

Correlation with(std::vector<Threshold> thresholds) {
  Correlation c;
  c.thresholds = std::move(thresholds);
  return c;
}

TEST(Explain, DistanceIsWhatIsMissing) {
  const auto far = [](Comparison comparison, double limit, double value) {
    return distance(with({{comparison, limit, to_billionths(limit)}}), value).value();
  };
  EXPECT_EQ(far(Comparison::gte, 100, 100), 0);
  EXPECT_EQ(far(Comparison::gte, 100, 90), 10);
  EXPECT_EQ(far(Comparison::lte, 100, 130), 30);
  EXPECT_EQ(far(Comparison::eq, 5, 4), 1);
  EXPECT_EQ(far(Comparison::neq, 5, 4), 0);
  // At an open bound nothing is missing by measure, and still it does not hold.
  EXPECT_GT(far(Comparison::gt, 100, 100), 0);
  EXPECT_GT(far(Comparison::neq, 5, 5), 0);
  const Correlation range = with({{Comparison::gt, 3, 0}, {Comparison::lte, 50, 0}});
  EXPECT_EQ(distance(range, 60).value(), 10);
  EXPECT_EQ(distance(range, 1).value(), 2);
  EXPECT_EQ(distance(range, 20).value(), 0);
  EXPECT_FALSE(distance(with({}), 1));
  EXPECT_EQ(thresholds_text(range), "gt 3 and lte 50");
  EXPECT_EQ(thresholds_text(with({{Comparison::gte, 0.25, 0}})), "gte 0.25");
}

TEST(Explain, TwinsAreRulesThatNothingRefersTo) {
  const Loaded loaded =
      load_text(rule_with("{a: x}") +
                "name: n\n---\ntitle: c\nname: c\ncorrelation: {type: event_count, "
                "rules: [n], timespan: 1h, condition: {gte: 5}}\n---\ntitle: o\n"
                "correlation: {type: temporal_ordered, rules: [n, c], timespan: 1h}\n");
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  const Twins twins = with_twins(*loaded.program);
  EXPECT_EQ(twins.first, 3U);
  ASSERT_EQ(twins.program->rules().size(), 5U);
  ASSERT_EQ(twins.program->correlations().size(), 4U);
  EXPECT_NE(twins.program->digest(), loaded.program->digest());
  EXPECT_FALSE(twins.shown_by(RuleIndex(1)));
  EXPECT_EQ(twins.shown_by(RuleIndex(3)), RuleIndex(1));
  EXPECT_EQ(twins.shown_by(RuleIndex(4)), RuleIndex(2));
  EXPECT_TRUE(twins.program->correlation(RuleIndex(3))->thresholds.empty());
  EXPECT_EQ(twins.program->correlation(RuleIndex(4))->refs,
            loaded.program->correlation(RuleIndex(2))->refs);
}

}  // namespace
}  // namespace proviso::rules
