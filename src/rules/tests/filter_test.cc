// SPDX-License-Identifier: Apache-2.0
// Filters (sigma.md 1.6) and the legacy `action:` documents.
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

const std::string kRule =
    "title: r\nid: 5b0c2c2e-4b1d-4c55-9a39-0d4a4b7a1c01\nname: r\n"
    "logsource: {product: p, service: s}\ndetection:\n  sel: {f: a}\n  condition: sel\n";

std::string filter(const std::string& rules, const std::string& condition = "not sel",
                   const std::string& logsource = "{product: p}",
                   const std::string& sel = "{g: b}") {
  return "---\ntitle: x\nlogsource: " + logsource + "\nfilter:\n  rules: " + rules +
         "\n  sel: " + sel + "\n  condition: " + condition + "\n";
}

std::string program_of(const std::string& text) {
  const Loaded loaded = load_text(text);
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  return loaded.program ? dump(*loaded.program->expression(RuleIndex(0)), 0) : "";
}

std::string warning_of(const std::string& text) {
  const Loaded loaded = load_text(text);
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  const auto& warnings = loaded.diagnostics.warnings();
  return warnings.empty() ? "" : warnings.front().to_string();
}

constexpr const char* kFiltered = "all of\n  f equal 'a'\n  not\n    g equal 'b'\n";
constexpr const char* kPlain = "f equal 'a'\n";

TEST(Filter, IsAndedByIdNameOrAny) {
  EXPECT_EQ(program_of(kRule + filter("[5b0c2c2e-4b1d-4c55-9a39-0d4a4b7a1c01]")), kFiltered);
  EXPECT_EQ(program_of(kRule + filter("[r]")), kFiltered);
  EXPECT_EQ(program_of(kRule + filter("r")), kFiltered);
  EXPECT_EQ(program_of(kRule + filter("any")), kFiltered);
  EXPECT_EQ(program_of(kRule + filter("all")), kFiltered);
}

TEST(Filter, TakesEachConditionOfARule) {
  const std::string two =
      "title: r\nname: r\nlogsource: {product: p}\ndetection: {x: {f: a}, y: {f: b}, condition: "
      "[x, y]}\n";
  EXPECT_EQ(program_of(two + filter("[r]")),
            "all of\n  any of\n    f equal 'a'\n    f equal 'b'\n  not\n    g equal 'b'\n");
}

TEST(Filter, HasNamesOfItsOwn) {
  // "sel" is a selection of both; "them" and patterns mean the filter's.
  EXPECT_EQ(program_of(kRule + filter("any", "not 1 of them")), kFiltered);
  EXPECT_EQ(program_of(kRule + filter("any", "not 1 of s*")), kFiltered);
}

TEST(Filter, LogsourceContainsTheRules) {
  EXPECT_EQ(program_of(kRule + filter("any", "not sel", "{product: p, service: s}")), kFiltered);
  EXPECT_EQ(program_of(kRule + filter("any", "not sel", "{product: q}")), kPlain);
  EXPECT_EQ(program_of(kRule + filter("any", "not sel", "{product: p, category: c}")), kPlain);
  EXPECT_NE(warning_of(kRule + filter("[r]", "not sel", "{product: q}")).find("another log source"),
            std::string::npos);
}

TEST(Filter, NeverAppliesToCorrelations) {
  const std::string correlation =
      "---\ntitle: c\nname: c\ncorrelation: {type: event_count, rules: [r], timespan: 1m, "
      "condition: {gte: 2}}\n";
  const Loaded loaded = load_text(kRule + correlation + filter("[c]"));
  ASSERT_TRUE(loaded.program);
  EXPECT_EQ(dump(*loaded.program->expression(RuleIndex(0)), 0), kPlain);
  EXPECT_NE(loaded.diagnostics.warnings().at(0).message.find("correlation"), std::string::npos);
  EXPECT_TRUE(load_text(kRule + correlation + filter("any")).program);
}

TEST(Filter, WarnsOfTheInvertedReadingAndOfNamesInVain) {
  const std::string inverted = warning_of(kRule + filter("[r]", "sel"));
  EXPECT_TRUE(inverted.starts_with("rule.yml:14:14: filter.condition: ")) << inverted;
  EXPECT_NE(inverted.find("to exclude that write `not`"), std::string::npos);
  EXPECT_NE(warning_of(kRule + filter("[zz]")).find("none of the rules"), std::string::npos);
  EXPECT_NE(warning_of(kRule + filter("[]")).find("every rule"), std::string::npos);
}

TEST(Filter, SeveralAreAllAnded) {
  EXPECT_EQ(program_of(kRule + filter("any") + filter("any", "not sel", "{service: s}", "{h: c}")),
            "all of\n  f equal 'a'\n  not\n    g equal 'b'\n  not\n    h equal 'c'\n");
}

TEST(Filter, RefusesWithItsOwnPlaceOnce) {
  const std::string second =
      "---\ntitle: q\nlogsource: {product: p}\ndetection: {sel: {f: q}, condition: sel}\n";
  const auto refuses = [&](const std::string& text, const std::string& begins) {
    const Loaded loaded = load_text(kRule + second + text);
    ASSERT_EQ(loaded.diagnostics.count(), 1U) << loaded.diagnostics.to_string();
    const std::string error = loaded.diagnostics.all().front().to_string();
    EXPECT_TRUE(error.starts_with(begins)) << error;
  };
  refuses(filter("any", "not nope"), "rule.yml:18:18: filter.condition: there is no selection");
  refuses(filter("any", "not sel", "{product: p}", "{g|re: '('}"),
          "rule.yml:17:15: filter.sel.g|re");
  refuses(filter("any", "[sel, sel]"), "rule.yml:18:14: filter.condition: must be one text");
  refuses("---\ntitle: x\nlogsource: {product: p}\nfilter: {sel: {g: b}, condition: not sel}\n",
          "rule.yml:15:9: filter: has no `rules`");
  refuses("---\ntitle: x\nfilter: {rules: any, sel: {g: b}, condition: not sel}\n",
          "rule.yml:13:1: logsource: is missing");
}

TEST(Filter, OfARulebookObeysTheInvariants) {
  RulebookPolicy policy;
  policy.refuse_field = [](const LogSource&, std::string_view) {
    return std::optional<std::string>("is not kept");
  };
  const std::string rule =
      "title: r\nlogsource: {product: p}\ndetection: {sel: {service: a}, condition: sel}\n"
      "proviso: {terms: [T]}\n";
  const auto refuses = [&](const std::string& sel, const std::string& what) {
    const std::string text = rule + filter("any", "not sel", "{product: p}", sel);
    EXPECT_NE(first_error(text, &policy).find(what), std::string::npos);
  };
  refuses("{prompt: x}", "is not kept");  // I1
  refuses("{subscription: s-1}", "I14");  // a favour for one subscription names it, too
  EXPECT_TRUE(
      load_text(rule + filter("any", "not sel", "{product: p}", "{region: x}"), &policy).program);
}

TEST(Actions, GlobalIsATemplateUntilReset) {
  const std::string text =
      "action: global\ntitle: g\nlogsource: {product: p}\ndetection: {condition: sel, sel: {a: "
      "1}}\n"
      "---\ndetection: {sel: {b: 2}}\n---\naction: reset\n---\n" +
      rule_with("{c: 3}");
  const Loaded loaded = load_text(text);
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  ASSERT_EQ(loaded.program->rules().size(), 2U);
  EXPECT_EQ(loaded.program->rule(RuleIndex(0)).title, "g");
  EXPECT_EQ(dump(*loaded.program->expression(RuleIndex(0)), 0), "all of\n  b eq 2\n  a eq 1\n");
  EXPECT_EQ(dump(*loaded.program->expression(RuleIndex(1)), 0), "c eq 3\n");
}

TEST(Actions, TheTemplateWins) {
  const std::string text = "action: global\ntitle: g\n---\n" + rule_with("{a: 1}");
  const Loaded loaded = load_text(text);
  ASSERT_TRUE(loaded.program);
  EXPECT_EQ(loaded.program->rule(RuleIndex(0)).title, "g");
}

TEST(Actions, RepeatUpdatesTheDocumentBefore) {
  const std::string text = rule_with("{a: 1}") +
                           "---\naction: repeat\ntitle: second\ndetection: {sel: {a: 2}}\n"
                           "---\naction: repeat\ndetection: {sel: {b: 3}}\n";
  const Loaded loaded = load_text(text);
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  ASSERT_EQ(loaded.program->rules().size(), 3U);
  EXPECT_EQ(dump(*loaded.program->expression(RuleIndex(1)), 0), "a eq 2\n");
  EXPECT_EQ(dump(*loaded.program->expression(RuleIndex(2)), 0), "all of\n  a eq 2\n  b eq 3\n");
  EXPECT_EQ(loaded.program->rule(RuleIndex(2)).title, "second");
}

TEST(Actions, AreRefusedWithTheirPlace) {
  EXPECT_TRUE(first_error("action: repeat\ntitle: a\n").starts_with("rule.yml:1:1: action: there"));
  EXPECT_TRUE(first_error("action: x\n").starts_with("rule.yml:1:9: action: must be"));
}

TEST(Actions, AFaultThatIsRepeatedIsAFaultEachTime) {
  const std::string text =
      "title: t\nlogsource: {product: p}\ndetection: {sel: {a: 1}}\n---\naction: repeat\n";
  EXPECT_TRUE(first_error(text).starts_with("rule.yml:3:12: detection: has no condition"));
}

TEST(Actions, DoNotGrowWithoutBound) {
  std::string text = "action: global\ntitle: t\nlogsource: {product: p}\nfields:\n";
  for (int i = 0; i < 20'000; ++i) text += "- f" + std::to_string(i) + "\n";
  for (int i = 0; i < 200; ++i) text += "---\ndetection: {sel: {a: 1}, condition: sel}\n";
  EXPECT_NE(first_error(text).find("grow too large"), std::string::npos);
}

}  // namespace
}  // namespace proviso::rules
