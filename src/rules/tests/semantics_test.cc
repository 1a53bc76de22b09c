// SPDX-License-Identifier: Apache-2.0
// One tiny test per modifier and per question of meaning.
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

TEST(Strings, IgnoreCaseAlsoBeyondAscii) {
  EXPECT_TRUE(selects("{f: GetObject}", R"({"f":"getobject"})"));
  EXPECT_TRUE(selects("{f: 'ÄÖΣ'}", R"({"f":"äöσ"})"));
  EXPECT_FALSE(selects("{f: a}", R"({"f":"ab"})"));
}

TEST(Strings, WildcardsAndEscapes) {
  EXPECT_TRUE(selects("{f: 'a*c'}", R"({"f":"abbc"})"));
  EXPECT_TRUE(selects("{f: 'a?c'}", R"({"f":"aäc"})"));
  EXPECT_FALSE(selects("{f: 'a?c'}", R"({"f":"ac"})"));
  EXPECT_TRUE(selects(R"({f: 'a\*c'})", R"({"f":"a*c"})"));
  EXPECT_FALSE(selects(R"({f: 'a\*c'})", R"({"f":"abc"})"));
  EXPECT_TRUE(selects(R"({f: 'a\c'})", R"({"f":"a\\c"})"));
  EXPECT_TRUE(selects(R"({f: 'a\\c'})", R"({"f":"a\\c"})"));
  EXPECT_TRUE(selects(R"({f: 'a\\*'})", R"({"f":"a\\xyz"})"));
  EXPECT_TRUE(selects(R"({f: 'a\\\*'})", R"({"f":"a\\*"})"));
  EXPECT_TRUE(selects("{f: '*a*b*ab'}", R"({"f":"xaxbxaab"})"));
}

TEST(Strings, ContainsStartsEnds) {
  EXPECT_TRUE(selects("{f|contains: B}", R"({"f":"abc"})"));
  EXPECT_TRUE(selects("{f|startswith: A}", R"({"f":"abc"})"));
  EXPECT_FALSE(selects("{f|startswith: b}", R"({"f":"abc"})"));
  EXPECT_TRUE(selects("{f|endswith: 'b?'}", R"({"f":"abc"})"));
  EXPECT_FALSE(selects("{f|endswith: b}", R"({"f":"abc"})"));
  EXPECT_TRUE(selects("{f|contains: '*'}", R"({"f":""})"));
  EXPECT_FALSE(selects("{f|contains: '*'}", R"({"f":null})"));
}

TEST(Strings, AllAndCased) {
  EXPECT_TRUE(selects("{f|contains|all: [a, c]}", R"({"f":"abc"})"));
  EXPECT_FALSE(selects("{f|contains|all: [a, d]}", R"({"f":"abc"})"));
  EXPECT_FALSE(selects("{f|cased: Abc}", R"({"f":"abc"})"));
  EXPECT_TRUE(selects("{f|contains|cased: bC}", R"({"f":"abC"})"));
}

TEST(Strings, WindashIsAnyDashBeforeAWord) {
  for (const char* dash : {"-", "/", "\u2013", "\u2014", "\u2015"}) {
    EXPECT_TRUE(selects("{f|windash|contains: ' -q'}", "{\"f\":\"x " + std::string(dash) + "q\"}"));
  }
  EXPECT_FALSE(selects("{f|windash: 'a-b'}", R"({"f":"a/b"})"));
}

TEST(Strings, Encodings) {
  EXPECT_TRUE(selects("{f|base64: foo}", R"({"f":"Zm9v"})"));
  EXPECT_TRUE(selects("{f|base64offset|contains: foobar}", R"({"f":"eGZvb2Jhcg=="})"));
  EXPECT_TRUE(selects("{f|wide|base64: ab}", R"({"f":"YQBiAA=="})"));
}

TEST(Values, NullEmptyMissingAndExistsAreApart) {
  EXPECT_TRUE(selects("{f: null}", R"({})"));
  EXPECT_TRUE(selects("{f: null}", R"({"f":null})"));
  EXPECT_FALSE(selects("{f: null}", R"({"f":""})"));
  EXPECT_TRUE(selects("{f: ''}", R"({"f":""})"));
  EXPECT_FALSE(selects("{f: ''}", R"({"f":null})"));
  EXPECT_TRUE(selects("{f|exists: true}", R"({"f":null})"));
  EXPECT_TRUE(selects("{f|exists: false}", R"({"g":1})"));
}

TEST(Values, NumbersAndBooleans) {
  EXPECT_TRUE(selects("{f: 403}", R"({"f":403})"));
  EXPECT_TRUE(selects("{f: 403}", R"({"f":"403"})"));
  EXPECT_TRUE(selects("{f: '403'}", R"({"f":403})"));
  EXPECT_TRUE(selects("{f: 'false'}", R"({"f":false})"));
  EXPECT_TRUE(selects("{f: true}", R"({"f":true})"));
  EXPECT_TRUE(selects("{f|gte: 5}", R"({"f":5})"));
  EXPECT_FALSE(selects("{f|gt: 5}", R"({"f":5})"));
  EXPECT_TRUE(selects("{f|lt: 5.5}", R"({"f":"5"})"));
  EXPECT_FALSE(selects("{f|lte: 5}", R"({"f":"x"})"));
}

TEST(Values, ObjectsAndArrays) {
  const std::string json = R"({"a.b":1,"a":{"b":2,"c":[{"d":"x"},{"d":"y"}]},"l":["p",3]})";
  EXPECT_TRUE(selects("{a.b: 1}", json)) << "the literal key comes first";
  EXPECT_FALSE(selects("{a.b: 2}", json));
  EXPECT_TRUE(selects("{a.c.d: y}", json));
  EXPECT_TRUE(selects("{l: 3}", json));
  EXPECT_TRUE(selects("{l: '[\"p\",3]'}", json));
  EXPECT_TRUE(selects("{a|contains: '{\"d\":\"x\"}'}", json));
}

TEST(Tests, RegexCidrFieldref) {
  EXPECT_TRUE(selects("{f|re: 'b.d'}", R"({"f":"abcde"})"));
  EXPECT_FALSE(selects("{f|re: 'B'}", R"({"f":"abc"})"));
  EXPECT_TRUE(selects("{f|re|i: 'B'}", R"({"f":"abc"})"));
  EXPECT_TRUE(selects("{f|cidr: 10.0.0.0/9}", R"({"f":"10.127.1.1"})"));
  EXPECT_FALSE(selects("{f|cidr: 10.0.0.0/9}", R"({"f":"10.128.1.1"})"));
  EXPECT_TRUE(selects("{f|cidr: 'fe80::/10'}", R"({"f":"fe80::1"})"));
  EXPECT_TRUE(selects("{f|fieldref: g}", R"({"f":"A","g":"a"})"));
  EXPECT_FALSE(selects("{f|fieldref: g}", R"({"f":"A"})"));
  EXPECT_TRUE(selects("{f|fieldref|startswith: g}", R"({"f":"abc","g":"ab"})"));
}

TEST(Tests, NotOfAMissingFieldIsTrue) {
  EXPECT_TRUE(selects("{f|neq: a}", R"({})"));
  EXPECT_TRUE(selects("{f|neq: a}", R"({"f":"b"})"));
  EXPECT_FALSE(selects("{f|neq: a}", R"({"f":"a"})"));
  EXPECT_TRUE(matches(rule_with("{f: a}", "not sel"), "{}"));
}

TEST(Tests, PartsOfATime) {
  const std::string at = R"({"t":"2021-01-03T23:59:59.999Z"})";
  EXPECT_TRUE(selects("{t|minute: 59}", at));
  EXPECT_TRUE(selects("{t|hour: 23}", at));
  EXPECT_TRUE(selects("{t|hour|gte: 20}", at));
  EXPECT_FALSE(selects("{t|hour|lt: [6, 22]}", at));
  EXPECT_TRUE(selects("{t|day: 3}", at));
  EXPECT_TRUE(selects("{t|week: 53}", at)) << "ISO 8601: this Sunday belongs to 2020";
  EXPECT_TRUE(selects("{t|month: 1}", at));
  EXPECT_TRUE(selects("{t|year: 2021}", at));
  EXPECT_TRUE(selects("{t|hour|neq: 22}", at));
  EXPECT_TRUE(selects("{t|week: 1}", R"({"t":"2021-01-04T00:00:00Z"})"));
  EXPECT_TRUE(selects("{t|week: 1}", R"({"t":"2018-12-31T12:00:00Z"})"));
  EXPECT_TRUE(selects("{t|hour: 22}", R"({"t":"2021-01-04T00:30:00+02:00"})")) << "in UTC";
  EXPECT_TRUE(selects("{t|year: 1969}", R"({"t":-1})")) << "Unix seconds";
  EXPECT_TRUE(selects("{t|hour: 1}", R"({"t":1600131600000})")) << "milliseconds";
  EXPECT_TRUE(selects("{t|hour: 1}", R"({"t":"1600131600"})"));
  EXPECT_FALSE(selects("{t|hour|gte: 0}", R"({"t":"yesterday"})"));
  EXPECT_FALSE(selects("{t|hour|gte: 0}", R"({"t":null})"));
  EXPECT_FALSE(selects("{t|hour|gte: 0}", R"({"t":9e300})"));
}

TEST(Keywords, AreFoundInAnyLeafValue) {
  EXPECT_TRUE(selects("[needle]", R"({"a":{"b":["x","a Needle b"]}})"));
  EXPECT_FALSE(selects("[needle]", R"({"needle":"x"})"));
  EXPECT_TRUE(selects("{'|all': [a, b]}", R"({"x":"a","y":"b"})"));
}

TEST(Selections, ListOfMapsIsOr) {
  EXPECT_TRUE(selects("[{f: a, g: b}, {f: c}]", R"({"f":"c"})"));
  EXPECT_FALSE(selects("[{f: a, g: b}, {f: c}]", R"({"f":"a"})"));
}

bool holds_with(const std::string& condition, const std::string& json) {
  return matches(
      "title: t\nlogsource: {product: p}\ndetection:\n  sel_a: {a: 1}\n  sel_b: {b: 1}\n"
      "  other: {o: 1}\n  _hidden: {h: 1}\n  condition: " +
          condition + "\n",
      json);
}

TEST(Conditions, BindAndCount) {
  EXPECT_TRUE(holds_with("other or sel_a and sel_b", R"({"o":1})"));
  EXPECT_FALSE(holds_with("not other and sel_a", R"({"o":1,"a":1})"));
  EXPECT_TRUE(holds_with("1 of sel_*", R"({"b":1})"));
  EXPECT_FALSE(holds_with("all of sel_*", R"({"b":1})"));
  EXPECT_TRUE(holds_with("all of them", R"({"a":1,"b":1,"o":1})"));
  EXPECT_FALSE(holds_with("1 of them", R"({"h":1})"));
  EXPECT_TRUE(holds_with("any of _*", R"({"h":1})"));
  EXPECT_TRUE(holds_with("not (sel_a or sel_b)", "{}"));
  EXPECT_TRUE(holds_with("[sel_a, other]", R"({"o":1})"));
}

}  // namespace
}  // namespace proviso::rules
