// SPDX-License-Identifier: Apache-2.0
// Rules that are made to hurt: each is refused, or compiled, in bounded time and memory.
#include <ctime>

#include "rules/pipeline.h"
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

// Generous: sanitizers included. What these inputs must not do takes minutes. CPU time, so that a
// busy machine does not matter.
constexpr double kLongS = 60;

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

class Limits : public testing::Test {
 protected:
  void TearDown() override { EXPECT_LT(cpu_seconds() - begin_s_, kLongS); }

 private:
  double begin_s_ = cpu_seconds();
};

std::string repeated(const std::string& text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

void refuses(const std::string& text, const std::string& what) {
  const std::string error = first_error(text);
  EXPECT_NE(error.find(what), std::string::npos) << error.substr(0, 300);
}

TEST_F(Limits, ConditionsNested10000Deep) {
  refuses(rule_with("{f: a}", repeated("(", 10'000) + "sel" + repeated(")", 10'000)),
          "more than 50 brackets");
  refuses(rule_with("{f: a}", repeated("not (", 10'000) + "sel" + repeated(")", 10'000)),
          "more than 50 brackets");
  EXPECT_TRUE(load_text(rule_with("{f: a}", repeated("not ", 10'000) + "sel")).program);
  EXPECT_TRUE(load_text(rule_with("{f: a}", "sel" + repeated(" or sel", 5'000))).program);
  refuses(rule_with("{f: a}", "sel" + repeated(" or sel", 10'000)), "65,536 bytes");
}

TEST_F(Limits, ConditionsThatCopyLargeSelections) {
  std::string text = "title: t\nlogsource: {product: p}\ndetection:\n";
  for (int i = 0; i < 100; ++i) {
    text += "  s" + std::to_string(i) + ": {f: [" + repeated("a, ", 1000) + "b]}\n";
  }
  refuses(text + "  condition: 1 of them" + repeated(" or 1 of them", 4000) + "\n", "too large");
}

TEST_F(Limits, FilesOf10Megabytes) {
  refuses(rule_with("{f: " + std::string(10U << 20U, 'a') + "}"), "at most 1 MiB");
  EXPECT_TRUE(load_text(rule_with("{f: " + std::string(1'000'000, 'a') + "}")).program);
  EXPECT_TRUE(load_text(rule_with("{f: '" + repeated("a*", 400'000) + "'}")).program);
}

TEST_F(Limits, YamlNestedAndAnchored) {
  refuses("a: " + std::string(1'000'000, '[') + "\n", "not YAML");
  refuses("a: " + repeated("{b: ", 200'000) + "\n", "not YAML");
  std::string wide = "a: &a [" + repeated("x, ", 10'000) + "x]\nb:\n";
  wide += repeated("- *a\n", 1000);
  refuses(wide, "aliases expanded");
}

TEST_F(Limits, RegularExpressionsThatExplodeElsewhere) {
  EXPECT_FALSE(selects("{f|re: '(a+)+$'}", "{\"f\":\"" + std::string(100'000, 'a') + "!\"}"));
  EXPECT_FALSE(selects("{f|re: '(.*)*(.*)*x'}", "{\"f\":\"" + std::string(100'000, 'a') + "\"}"));
  refuses(rule_with("{f|re: '((a{100}){100}){100}'}"), "is not supported");
  refuses(rule_with("{f|re: '" + repeated("(", 50'000) + "a" + repeated(")", 50'000) + "'}"),
          "is not supported");
}

TEST_F(Limits, WildcardsAgainstLongText) {
  EXPECT_FALSE(selects("{f: '" + repeated("a*", 1000) + "b'}",
                       "{\"f\":\"" + std::string(100'000, 'a') + "\"}"));
}

TEST_F(Limits, ManyRulesAndDocuments) {
  LoadLimits limits;
  limits.rules_max = 10;
  const Loaded loaded =
      compile_rules({{"rule.yml", repeated(rule_with("{f: a}") + "---\n", 11)}}, nullptr, limits);
  EXPECT_NE(loaded.diagnostics.to_string().find("more than 10 rules"), std::string::npos);
  refuses(repeated("---\n- a\n", 10'001), "rule.yml:");
  EXPECT_TRUE(load_text(repeated(rule_with("{f: a}") + "---\n", 5'000)).program);
}

TEST_F(Limits, FiltersThatCopyMuchIntoMany) {
  std::string text = repeated(rule_with("{f: a}") + "---\n", 5'000);
  text += "title: f\nlogsource: {product: p}\nfilter:\n  rules: any\n  s: {g: [" +
          repeated("a, ", 2'000) + "b]}\n  condition: not s\n";
  refuses(text, "5,000,000 values");
}

TEST_F(Limits, PlaceholdersThatMakeMuchForMany) {
  std::string pipeline = "vars: {v: [" + repeated("a, ", 5'000) + "b]}\n";
  pipeline += "transformations: [{type: value_placeholders}]\n";
  Diagnostics diagnostics;
  const auto pipelines = Pipelines::read({{"p.yml", pipeline}}, diagnostics);
  ASSERT_TRUE(pipelines) << diagnostics.to_string();
  const std::string rules = repeated(rule_with("{f|expand: '%v%'}") + "---\n", 2'000);
  const Loaded loaded = compile_rules({{"rule.yml", rules}}, nullptr, {}, &*pipelines);
  EXPECT_NE(loaded.diagnostics.to_string().find("too many values"), std::string::npos);
}

TEST_F(Limits, ErrorsAreCountedBeyondAThousand) {
  const Loaded loaded = load_text("title: t\nlogsource: {product: p}\ndetection:\n  sel:\n" + [] {
    std::string items;
    for (int i = 0; i < 3000; ++i) items += "    f" + std::to_string(i) + "|nope: a\n";
    return items;
  }() + "  condition: sel\n");
  EXPECT_EQ(loaded.diagnostics.count(), 3000U);
  EXPECT_EQ(loaded.diagnostics.all().size(), 1000U);
}

}  // namespace
}  // namespace proviso::rules
