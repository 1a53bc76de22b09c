// SPDX-License-Identifier: Apache-2.0
// Every refusal has its place and says what to do.
#include "base/encoding.h"
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

TEST(Errors, SchemaIsAnErrorWherePySigmaHasOne) {
  const auto with = [](const std::string& more) { return rule_with("{f: a}") + more; };
  expect_error(with("id: abc\n"), "rule.yml:6:5: id: must be a UUID");
  expect_error(with("id: 5\n"), "rule.yml:6:5: id: must be a UUID");
  expect_error(with("name: ''\n"), "rule.yml:6:7: name: is empty");
  expect_error(with("name: 5\n"), "rule.yml:6:7: name: must be text");
  expect_error(with("status: new\n"), "rule.yml:6:9: status: must be one of stable, test");
  expect_error(with("level: severe\n"), "rule.yml:6:8: level: must be one of informational");
  expect_error(with("date: 2026-13-01\n"), "rule.yml:6:7: date: must be a day");
  expect_error(with("modified: [a]\n"), "rule.yml:6:11: modified: must be a day");
  expect_error(with("tags: [attack]\n"), "rule.yml:6:8: tags: must be NAMESPACE.NAME");
  expect_error(with("tags: attack.x\n"), "rule.yml:6:7: tags: must be a list");
  expect_error(with("references: a\n"), "rule.yml:6:13: references: must be a list");
  expect_error(with("author: 5\n"), "rule.yml:6:9: author: must be text");
  expect_error(with("related: [{id: x, type: derived}]\n"), "rule.yml:6:16: related.id: must be");
  expect_error(with("related: [{type: derived}]\n"), "rule.yml:6:11: related: must be maps");
  expect_error("title: " + std::string(257, 'a') + "\n", "rule.yml:1:8: title: is longer");
  expect_error("title: 5\n", "rule.yml:1:8: title: must be text");
  expect_error("title: t\nlogsource: {definition: d}\ndetection: {s: {f: a}, condition: s}\n",
               "rule.yml:2:12: logsource: has none of category");
}

TEST(Errors, SchemaIsAWarningWherePySigmaHasNone) {
  const auto warns = [](const std::string& more, const std::string& begins) {
    const Loaded loaded = load_text(rule_with("{f: a}") + more);
    EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
    ASSERT_EQ(loaded.diagnostics.warnings().size(), 1U) << more;
    const Diagnostic& warning = loaded.diagnostics.warnings().front();
    EXPECT_TRUE(warning.to_string().starts_with(begins)) << warning.to_string();
    EXPECT_EQ(warning.snippet, printable(more.substr(0, more.size() - 1)));
  };
  warns("level: High\n", "rule.yml:6:8: level: is written in lower case: high");
  warns("date: 2026/1/31\n", "rule.yml:6:7: date: is written with hyphens");
  warns("tags: [attack.T1078]\n", "rule.yml:6:8: tags: should have lower-case");
  warns("references: [a, a]\n", "rule.yml:6:17: references: has \"a\" twice");
  warns("name: " + std::string(257, 'a') + "\n", "rule.yml:6:7: name: is longer");
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
