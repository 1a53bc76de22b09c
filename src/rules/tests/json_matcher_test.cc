// SPDX-License-Identifier: Apache-2.0
// The fast way over a record (one pass, index, plan) beside the slow and obvious one (a tree of the
// whole record, each rule evaluated part by part): the same answer for every record.
#include <random>

#include "rules/fold.h"
#include "rules/log_route.h"
#include "rules/needle_scanner.h"
#include "rules/tests/rule_test_kit.h"
#include "rules/text_hash.h"

namespace proviso::rules {
namespace {

std::vector<std::size_t> slow_answer(const Program& program, DomEvent& event) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < program.rules().size(); ++i) {
    const Expression* e = program.expression(RuleIndex(i));
    if (e != nullptr && evaluate(*e, event)) out.push_back(i);
  }
  return out;
}

// Small vocabularies, so that rules and records meet often.
class Maker {
 public:
  explicit Maker(std::uint64_t seed) : random_(seed) {}
  std::size_t below(std::size_t n) { return random_() % n; }
  const char* one_of(const std::vector<const char*>& list) { return list[below(list.size())]; }

  std::string rule(std::size_t number) {
    std::string text =
        "title: r" + std::to_string(number) + "\nlogsource: {product: p}\ndetection:";
    for (const char* name : {"a", "b"}) text += std::string("\n  ") + name + ": " + selection();
    return text + "\n  condition: " +
           one_of({"a", "not a", "a and b", "a or b", "a and not b", "not (a or b)",
                   "not (a and not b)", "1 of them"}) +
           "\n";
  }

  std::string record() {
    std::string out = object(0);
    if (below(4) == 0) out += one_of({" ", "\r", "\t "});
    return out;
  }

 private:
  std::string selection() {
    if (below(6) == 0) return std::string("[") + keyword() + ", " + keyword() + "]";
    std::string out = "{";
    const std::size_t items = 1 + below(2);
    for (std::size_t i = 0; i < items; ++i) {
      if (i > 0) out += ", ";
      out += "'" + std::string(i == 0 ? one_of(kNames) : "z") + one_of(kModifiers) + "': ";
      out += below(2) == 0 ? value() : "[" + value() + ", " + value() + "]";
      if (out.find("|exists") != std::string::npos)
        return "{'" + std::string(one_of(kNames)) + "|exists': true}";
      if (out.find("|re") != std::string::npos)
        return "{'" + std::string(one_of(kNames)) + "|re': '" + one_of(kRegexes) + "'}";
    }
    return out + "}";
  }
  std::string keyword() {
    return one_of({"alpha", "'ALP'", "'1000'", "bet*", "'3\"'", "true", "été"});
  }
  std::string value() {
    return one_of({"alpha", "Alpha", "'al*'", "'*pha'", "'*lph*'", "'a?pha'", "''", "'403'",
                   "'1.5'", "'1000.0'", "'true'", "'É*'", "'{\"n\":1}'", "'*\"n\"*'", "'[]'",
                   "'a\\b'", "kk"});
  }
  std::string object(std::size_t depth) {
    std::string out = "{";
    const std::size_t members = below(5);
    for (std::size_t i = 0; i < members; ++i) {
      if (i > 0) out += ",";
      if (below(5) == 0) out += " ";
      out += std::string("\"") + one_of(kKeys) + "\":" + json(depth + 1);
    }
    return out + "}";
  }
  std::string json(std::size_t depth) {
    if (depth < 4 && below(4) == 0) return object(depth);
    if (depth < 4 && below(6) == 0) {
      std::string out = "[";
      const std::size_t members = below(4);
      for (std::size_t i = 0; i < members; ++i) out += (i > 0 ? "," : "") + json(depth + 1);
      return out + "]";
    }
    return one_of({"\"alpha\"", "\"ALPHA\"", "\"alphabet\"", "\"\"", "403", "403.0", "1.50", "1e3",
                   "-0", "true", "null", "\"\\u00e9t\\u00E9\"", "\"ÉTÉ\"", "\"a\\\\b\"",
                   "\"3\\\"\"", "\"\\u212A\\u212a\"", "[ ]", "{ \"n\" : 1 }",
                   "\"\\ud83d\\ude00\""});
  }

  const std::vector<const char*> kNames = {"a", "b", "a.b", "a.b.c", "b.a", "c", "é"};
  const std::vector<const char*> kKeys = {
      "a", "b", "c", "a.b", "a.b.c", "z", "é", "d", "\\u0061", "a\\u002eb", "long_name_of_a_key"};
  const std::vector<const char*> kModifiers = {"",        "|contains", "|startswith",   "|endswith",
                                               "|cased",  "|all",      "|contains|all", "|neq",
                                               "|exists", "|re"};
  const std::vector<const char*> kRegexes = {"alph[ab]", "(?i)ALPHA", "^a",
                                             "alp|403",  "t.e",       "(?i)kk"};
  std::mt19937_64 random_;
};

TEST(JsonMatcher, AnswersAsTheTreeDoes) {
  std::size_t matched = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    Maker maker(seed);
    std::vector<RuleSource> texts;
    for (std::size_t i = 0; i < 40; ++i) texts.push_back({"r" + std::to_string(i), maker.rule(i)});
    const Loaded loaded = compile_rules(texts, nullptr);
    ASSERT_TRUE(loaded.program) << seed << loaded.diagnostics.to_string();
    JsonMatcher fast(loaded.program, Routing::off);
    DomEvent event(loaded.program);
    simdjson::dom::parser parser;
    for (int i = 0; i < 150; ++i) {
      const std::string record = maker.record();
      event.reset(parser.parse(record).get_object().value());
      const auto expected = slow_answer(*loaded.program, event);
      const auto got = fast.match(padded(record));
      ASSERT_TRUE(got) << record;
      std::vector<std::size_t> numbers;
      for (const RuleIndex rule : *got) numbers.push_back(index(rule));
      ASSERT_EQ(numbers, expected) << "seed " << seed << ": " << record;
      matched += numbers.size();
    }
  }
  EXPECT_GT(matched, 10'000U);
}

// All keywords hold "kalpha.", so records without it are passed over at one look.
TEST(JsonMatcher, AWordOfAllKeywordsIsSeenHoweverItIsWritten) {
  std::vector<RuleSource> texts;
  for (const char* end : {"one", "two", "three", "four", "five", "six"}) {
    texts.push_back({end, rule_with("['kalpha." + std::string(end) + "']")});
  }
  const Loaded loaded = compile_rules(texts, nullptr);
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  JsonMatcher matcher(loaded.program, Routing::off);
  ASSERT_EQ(Matcher(loaded.program).candidates().keyword_in_all(), "kalpha.");
  const auto matches = [&](const std::string& record) {
    return matcher.match(padded(record)).value().size();
  };
  const std::string far(100, 'x');
  EXPECT_EQ(matches(R"({"a":"kalpha.one"})"), 1U);
  EXPECT_EQ(matches(R"({"a":[{"b":")" + far + R"(KAlpha.ONE kalpha.two"}]})"), 2U);
  EXPECT_EQ(matches(R"({"a":"\u006balpha.three"})"), 1U);
  EXPECT_EQ(matches("{\"a\":\"" + far + "\u212Aalpha.four\"}"), 1U);
  EXPECT_EQ(matches(R"({"a":"\u212aalpha.four"})"), 1U);
  EXPECT_EQ(matches("{\"a\":\"\u00e9\",\"b\":\"kalpha.six\"}"), 1U);
  EXPECT_EQ(matches(R"({"kalpha.one":"a"})"), 0U);
  EXPECT_EQ(matches(R"({"a":"kalpha"})"), 0U);
  EXPECT_EQ(matches("{\"a\":\"" + far + "\"}"), 0U);
}

TEST(JsonMatcher, RoutingLeavesOutRulesOfOtherLogs) {
  const Loaded loaded = compile_rules(
      {{"a",
        "title: aws\nlogsource: {product: aws, service: cloudtrail}\ndetection: {s: {x: y}, "
        "condition: s}\n"},
       {"b", "title: azure\nlogsource: {product: azure}\ndetection: {s: {x: y}, condition: s}\n"}},
      nullptr);
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  JsonMatcher matcher(loaded.program, Routing::by_log_source);
  const auto titles = [&](const std::string& record) {
    std::string out;
    const auto matched = matcher.match(padded(record));
    for (const RuleIndex rule : matched.value()) out += loaded.program->rule(rule).title + " ";
    return out;
  };
  // The second beginning is the first's: the guess is wrong and mended.
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(titles(R"({"eventVersion":"1","eventSource":"s","x":"y"})"), "aws ");
    EXPECT_EQ(titles(R"({"eventVersion":"1","resourceId":"s","operationName":"o","x":"y"})"),
              "azure ");
    EXPECT_EQ(titles(R"({"x":"y"})"), "");
  }
}

TEST(JsonMatcher, WhatIsNoJsonObjectIsRefused) {
  const Loaded loaded = load_text(rule_with("{a.b: x}"));
  JsonMatcher matcher(loaded.program, Routing::off);
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "[]",
                          "1",
                          "{\"a\"}",
                          "{\"a\":}",
                          "{\"a\":1,}",
                          "{\"a\":1}}",
                          "{\"a\":1 2}",
                          "{\"a\":{\"b\":tru}}",
                          "{\"a\":{\"b\":01}}",
                          "{\"a\":{\"b\":\"\\x\"}}",
                          "{\"a\":\"x}",
                          "{\"a\":{\"b\":[1}]}",
                          "{\"a\":{\"b\":[1 2]}}",
                          "{,}",
                          "{\"a\":[{\"b\":1}}",
                          "\xFF",
                          "{\"a\xFF\":1}"}) {
    EXPECT_FALSE(matcher.match(padded(bad))) << bad;
  }
  EXPECT_TRUE(matcher.match(padded("{\"a\":{\"b\":[]}} ")));
}

TEST(JsonMatcher, ArraysInArraysOfAWantedFieldAreBounded) {
  const Loaded loaded = load_text(rule_with("{a.b: x}"));
  JsonMatcher matcher(loaded.program, Routing::off);
  const auto nested = [](std::size_t depth) {
    return "{\"a\":{\"b\":" + std::string(depth, '[') + std::string(depth, ']') + "}}";
  };
  EXPECT_TRUE(matcher.match(padded(nested(10))));
  EXPECT_FALSE(matcher.match(padded(nested(10'000))));
  // What no rule reads may be as deep as it likes.
  EXPECT_TRUE(
      matcher.match(padded("{\"c\":" + std::string(10'000, '[') + std::string(10'000, ']') + "}")));
}

TEST(JsonMatcher, OfEqualKeysTheFirstCounts) {
  EXPECT_TRUE(selects("{a.b: x}", R"({"a":{"b":"x","b":"y"}})"));
  EXPECT_FALSE(selects("{a.b: y}", R"({"a":{"b":"x","b":"y"}})"));
  EXPECT_FALSE(selects("{a.b: y}", R"({"a":{"b":"x"},"a":{"b":"y"}})"));
}

using Letters = NeedleScanner::Letters;

// Each text holds the word that all needles have in common, or not.
TEST(NeedleScanner, LooksForTheCommonWordFirst) {
  const std::vector<std::string> needles = {"cloud.compute/disks/write", "cloud.compute/delete",
                                            "a cloud.compute",           "cloud.computer",
                                            "x cloud.comput y",          "cloud.comput\xC3\xA9"};
  NeedleScanner scanner(needles);
  EXPECT_EQ(scanner.common_word(), "cloud.comput");
  const auto scan = [&](std::string_view text) {
    std::vector<std::uint32_t> found;
    scanner.scan(text, ascii::all_of(text) ? Letters::ascii : Letters::any, found);
    std::ranges::sort(found);
    return found;
  };
  EXPECT_TRUE(scan("Cloud.Compuware").empty());
  EXPECT_TRUE(scan("cloud.compute/move").empty());
  EXPECT_EQ(scan("Cloud.Compute/Delete"), (std::vector<std::uint32_t>{1}));
  EXPECT_EQ(scan("a cloud.computer"), (std::vector<std::uint32_t>{2, 3}));
  EXPECT_EQ(scan("\xC3\xA9 cloud.comput\xC3\xA9"), (std::vector<std::uint32_t>{5}));
  EXPECT_TRUE(NeedleScanner({"alpha1", "alpha2", "beta1", "beta2", "gamma"}).common_word().empty());
}

TEST(NeedleScanner, FindsWhatIsThere) {
  std::vector<std::string> needles = {"alpha", "bet", "a needle longer than sixteen bytes",
                                      "\xC3\xA9t"};
  for (const std::size_t count : {needles.size(), std::size_t{40}}) {
    while (needles.size() < count) needles.push_back("filler" + std::to_string(needles.size()));
    NeedleScanner scanner(needles);
    const auto scan = [&](std::string_view text) {
      std::vector<std::uint32_t> found;
      scanner.scan(text, ascii::all_of(text) ? Letters::ascii : Letters::any, found);
      std::ranges::sort(found);
      return found;
    };
    EXPECT_EQ(scan("ALPHABET"), (std::vector<std::uint32_t>{0, 1}));
    EXPECT_EQ(scan("bet bet bet"), (std::vector<std::uint32_t>{1}));
    EXPECT_EQ(scan("xx\xC3\xA9t"), (std::vector<std::uint32_t>{3}));
    EXPECT_TRUE(scan("").empty());
    EXPECT_EQ(scan("A Needle longer than sixteen bytes"), (std::vector<std::uint32_t>{2}));
  }
}

// What stands behind a text must not count: neither a word that begins in it, nor a backslash.
ascii::Survey surveyed(std::string_view text, std::string_view word) {
  std::string behind(text);
  while (behind.size() < text.size() + 64) behind += "ab\\\xC3\xA9[{ z";
  return ascii::survey(std::string_view(behind).substr(0, text.size()), word);
}

TEST(Ascii, FindsAndComparesAsByteByByte) {
  std::mt19937_64 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random() % 70;
    for (std::size_t i = 0; i < size; ++i) text.push_back("aAbB@`[{ z"[random() % 10]);
    const std::string lower = folded(text);
    std::string needle;
    const std::size_t needle_size = 1 + random() % 5;
    for (std::size_t i = 0; i < needle_size; ++i) needle.push_back("ab@`[{ z"[random() % 8]);
    ASSERT_EQ(ascii::find(text, needle), lower.find(needle)) << text << " / " << needle;
    ASSERT_TRUE(ascii::equal(text, lower) == ascii::Equality::yes) << text;
    ASSERT_EQ(hash_text(text, 3).value, hash_text(lower, 3).value);
    std::string beyond = text + "\xC3\xA9";
    ASSERT_TRUE(hash_text(beyond, 3).beyond_ascii);
    ASSERT_TRUE(surveyed(beyond, "").beyond);
    ASSERT_FALSE(surveyed(text, "").beyond);
    ASSERT_FALSE(surveyed(text, "").backslash);
    ASSERT_FALSE(surveyed(text, "").word);
    ASSERT_EQ(surveyed(text, needle).word, lower.contains(needle)) << text << " / " << needle;
    text.insert(random() % (text.size() + 1), "\\");
    ASSERT_TRUE(surveyed(text, "").backslash) << text;
  }
}

}  // namespace
}  // namespace proviso::rules
