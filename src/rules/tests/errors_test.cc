// SPDX-License-Identifier: Apache-2.0
// Every refusal has its place and says what to do.
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

void expect_error(const std::string& text, const std::string& begins) {
  const std::string error = first_error(text);
  EXPECT_TRUE(error.starts_with(begins)) << error;
}

TEST(Errors, HaveFileLineColumnAndItem) {
  expect_error(rule_with("{f|nope: a}"), "rule.yml:4:9: detection.sel.f|nope: the modifier |nope");
  expect_error(rule_with("{f|re: '(?<!a)b'}"), "rule.yml:4:15: detection.sel.f|re: the regular");
  expect_error(rule_with("{f|contains: 5}"), "rule.yml:4:21: detection.sel.f|contains: the modif");
  expect_error(rule_with("{f|expand: '%x%'}"),
               "rule.yml:4:19: detection.sel.f|expand: the placeholder %x%");
  expect_error(rule_with("{f|cidr: 10.0.0.1/8}"), "rule.yml:4:17: ");
  expect_error(rule_with("{f|contains|re: a}"), "rule.yml:4:9: ");
  expect_error(rule_with("{f: yes}"), "rule.yml:4:12: ");
  expect_error(rule_with("{f: 1}", "sel and nope"), "rule.yml:5:22: detection.condition: there is");
  expect_error(rule_with("{f: 1}", "sel and"), "rule.yml:5:21: detection.condition: expected");
  expect_error(rule_with("{f: 1}", "(sel"), "rule.yml:5:18: ");
  expect_error(rule_with("{f: 1}", "sel AND sel"), "rule.yml:5:18: ");
  expect_error(rule_with("{f: 1}", "1 of no*"), "rule.yml:5:14: ");
  expect_error(rule_with("{f: 1}", "sel | count() > 5"), "rule.yml:5:18: ");
  expect_error("title: [\n", "rule.yml:2:1: not YAML");
  expect_error("title: a\ntitle: b\n", "rule.yml:2:1: the key \"title\" is here twice");
  expect_error("- a\n", "rule.yml:1:1: a rule must be a map");
  expect_error("title: a\naction: nope\n", "rule.yml:2:9: action: ");
}

TEST(Errors, AreAllCollected) {
  const Loaded loaded = load_text(rule_with("{f|nope: a, g|neither: b}") + "---\ntitle: x\n");
  EXPECT_EQ(loaded.diagnostics.count(), 3U) << loaded.diagnostics.to_string();
  EXPECT_EQ(loaded.rules, 2U);
}

TEST(Errors, AliasBombsAndDeepNesting) {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string p = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k ? ", " : "") + p;
    bomb += "]\n";
  }
  EXPECT_NE(first_error(bomb).find("aliases expanded"), std::string::npos);
  EXPECT_NE(first_error("a: " + std::string(100, '[') + std::string(100, ']')).find("levels"),
            std::string::npos);
  EXPECT_NE(first_error(std::string(10'000, '[')).find("rule.yml:1:"), std::string::npos);
  EXPECT_NE(first_error("a: &a [*a]\n").find("alias inside"), std::string::npos);
  EXPECT_NE(first_error("title: \xff\n").find("UTF-8"), std::string::npos);
}

std::string correlation(const std::string& name, const std::string& body) {
  return "---\ntitle: " + name + "\nname: " + name + "\ncorrelation: {" + body + "}\n";
}

TEST(Errors, OfCorrelations) {
  const std::string base = rule_with("{f: 1}") + "name: a\n";
  const std::string tail = ", timespan: 1m, condition: {gte: 2}";
  const auto refuses = [&](const std::string& more, const std::string& what) {
    const std::string error = first_error(base + more);
    EXPECT_NE(error.find(what), std::string::npos) << error;
    EXPECT_TRUE(error.starts_with("rule.yml:")) << error;
  };
  refuses(correlation("c", "type: event_count, rules: [c]" + tail), "refers back");
  refuses(correlation("c", "type: event_count, rules: [d]" + tail) +
              correlation("d", "type: event_count, rules: [c]" + tail),
          "refers back");
  refuses(correlation("c", "type: event_count, rules: [zz]" + tail), "there is no rule");
  refuses(correlation("c", "type: event_count, rules: [a, a]" + tail), "twice");
  refuses(correlation("a", "type: event_count, rules: [a]" + tail), "is also at");
  refuses(correlation("c", "type: value_sum, rules: [a]" + tail), "needs `field`");
  refuses(correlation("c", "type: nope, rules: [a]" + tail), "must be event_count");
  refuses(correlation("c", "type: event_count, rules: [a], timespan: 0s, condition: {gte: 1}"),
          "timespan");
  refuses(correlation("c", "type: temporal, rules: [a], timespan: 1m, condition: a and b"),
          "under `rules`");
}

TEST(Rulebook, RefusesWhatInvariantsForbid) {
  RulebookPolicy policy;
  policy.refuse_field = [](const LogSource&, std::string_view field) -> std::optional<std::string> {
    if (field == "kept") return std::nullopt;
    return "the field policy does not keep it (name a kept field)";
  };
  const auto with_terms = [](const std::string& rule) {
    return rule + "proviso: {terms: [T-1]}\n";
  };
  const auto fine =
      load_text(with_terms(rule_with("{kept: 1, service: s, customer.kind: x}")), &policy);
  EXPECT_TRUE(fine.program) << fine.diagnostics.to_string();
  const auto refuses = [&](const std::string& rule, const std::string& begins) {
    const std::string error = first_error(rule, &policy);
    EXPECT_TRUE(error.starts_with(begins)) << error;
  };
  // I1
  refuses(with_terms(rule_with("{prompt: x}")),
          "rule.yml:4:9: detection.sel.prompt: the rule reads");
  refuses(with_terms(rule_with("[keyword]")), "rule.yml:4:9: detection.sel: keywords read every");
  // I14
  refuses(with_terms(rule_with("{subscription: s-1}")), "rule.yml:4:9: detection.sel.subscription");
  refuses(with_terms(rule_with("{customer.id|startswith: c}")), "rule.yml:4:9: ");
  refuses(rule_with("{service: s}"), "rule.yml:1:1: proviso.terms: is missing");
}

TEST(Rulebook, DigestKnowsNamesAndText) {
  const Digest a = rulebook_digest({{"a", "1"}, {"b", "2"}});
  EXPECT_EQ(a, rulebook_digest({{"b", "2"}, {"a", "1"}}));
  EXPECT_NE(a, rulebook_digest({{"a", "2"}, {"b", "1"}}));
}

}  // namespace
}  // namespace proviso::rules
