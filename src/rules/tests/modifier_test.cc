// SPDX-License-Identifier: Apache-2.0
// One tiny test per modifier: rule text in, canonical program out; and each combination that is
// refused, with its reason.
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {
namespace {

// The expression that a selection becomes, without the frame of the rule around it.
std::string program_of(const std::string& selection) {
  const Loaded loaded = load_text(rule_with(selection));
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  if (!loaded.program) return "";
  return dump(*loaded.program->expression(RuleIndex(0)), 0);
}

std::string warning_of(const std::string& selection) {
  const Loaded loaded = load_text(rule_with(selection));
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  const auto& warnings = loaded.diagnostics.warnings();
  return warnings.empty() ? "" : warnings.front().to_string();
}

TEST(Modifier, Contains) { EXPECT_EQ(program_of("{f|contains: A}"), "f contains 'a'\n"); }
TEST(Modifier, Startswith) { EXPECT_EQ(program_of("{f|startswith: A}"), "f prefix 'a'\n"); }
TEST(Modifier, Endswith) { EXPECT_EQ(program_of("{f|endswith: A}"), "f suffix 'a'\n"); }
TEST(Modifier, ContainsKeepsInnerWildcards) {
  EXPECT_EQ(program_of("{f|endswith: 'a*b?'}"), "f glob '<*>a<*>b<?>'\n");
  EXPECT_EQ(program_of("{f|contains: '*a*'}"), "f contains 'a'\n");
}
TEST(Modifier, Cased) { EXPECT_EQ(program_of("{f|cased: A}"), "f equal cased 'A'\n"); }
TEST(Modifier, All) {
  EXPECT_EQ(program_of("{f|contains|all: [a, b]}"), "all of\n  f contains 'a'\n  f contains 'b'\n");
}
TEST(Modifier, Neq) { EXPECT_EQ(program_of("{f|neq: a}"), "not\n  f equal 'a'\n"); }
TEST(Modifier, NeqOfAList) {
  EXPECT_EQ(program_of("{f|neq: [a, b]}"), "not\n  any of\n    f equal 'a'\n    f equal 'b'\n");
}
TEST(Modifier, Exists) {
  EXPECT_EQ(program_of("{f|exists: true}"), "f exists\n");
  EXPECT_EQ(program_of("{f|exists: false}"), "not\n  f exists\n");
}
TEST(Modifier, Windash) {
  EXPECT_EQ(program_of("{f|windash|contains: ' -a-b'}"), "f glob '<*> <dash>a-b<*>'\n");
  EXPECT_EQ(program_of("{f|windash: '/a'}"), "f glob '<dash>a'\n");
}
TEST(Modifier, Base64) { EXPECT_EQ(program_of("{f|base64: foo}"), "f equal 'zm9v'\n"); }
TEST(Modifier, Base64OffsetStaysOrUnderAll) {
  EXPECT_EQ(program_of("{f|base64offset|contains|all: [foobar]}"),
            "any of\n  f contains 'zm9vymfy'\n  f contains 'zvb2jhc'\n  f contains 'mb29iyx'\n");
}
TEST(Modifier, WideAndUtf16le) {
  EXPECT_EQ(program_of("{f|wide|base64|cased: ab}"), "f equal cased 'YQBiAA=='\n");
  EXPECT_EQ(program_of("{f|utf16le|base64|cased: ab}"), "f equal cased 'YQBiAA=='\n");
}
TEST(Modifier, Utf16be) {
  EXPECT_EQ(program_of("{f|utf16be|base64|cased: ab}"), "f equal cased 'AGEAYg=='\n");
}
TEST(Modifier, Utf16HasAByteOrderMark) {
  EXPECT_EQ(program_of("{f|utf16|base64|cased: ab}"), "f equal cased '//5hAGIA'\n");
}
TEST(Modifier, WideEncodesAroundWildcards) {
  EXPECT_EQ(program_of("{f|wide: 'a*b'}"), std::string("f glob 'a\0<*>b\0'\n", 17));
}
TEST(Modifier, Re) { EXPECT_EQ(program_of("{f|re: 'a.B'}"), "f regex 'a.B'\n"); }
TEST(Modifier, ReFlags) {
  EXPECT_EQ(program_of("{f|re|i: a}"), "f regex '(?i)a'\n");
  EXPECT_EQ(program_of("{f|re|m|s: a}"), "f regex '(?ms)a'\n");
  EXPECT_EQ(program_of("{f|re|ignorecase|multiline|dotall: a}"), "f regex '(?ims)a'\n");
}
TEST(Modifier, ReKeepsBackslashesAndNumbers) {
  EXPECT_EQ(program_of(R"({f|re: 'a\\b\*'})"), "f regex 'a\\\\b\\*'\n");
  EXPECT_EQ(program_of("{f|re: 403}"), "f regex '403'\n");
}
TEST(Modifier, LtLteGtGte) {
  EXPECT_EQ(program_of("{f|lt: 5}"), "f lt 5\n");
  EXPECT_EQ(program_of("{f|lte: 5.5}"), "f lte 5.5\n");
  EXPECT_EQ(program_of("{f|gt: -1}"), "f gt -1\n");
  EXPECT_EQ(program_of("{f|gte: [1, 2]}"), "any of\n  f gte 1\n  f gte 2\n");
}
TEST(Modifier, TimeParts) {
  for (const std::string part : {"minute", "hour", "day", "week", "month"}) {
    EXPECT_EQ(program_of("{f|" + part + ": 7}"), "f " + part + " eq 7\n");
    EXPECT_EQ(program_of("{f|" + part + "|lt: 7}"), "f " + part + " lt 7\n");
  }
  EXPECT_EQ(program_of("{f|year|gte: 2026}"), "f year gte 2026\n");
}
TEST(Modifier, Cidr) { EXPECT_EQ(program_of("{f|cidr: 10.0.0.0/8}"), "f cidr 10.0.0.0/8\n"); }
TEST(Modifier, Fieldref) {
  EXPECT_EQ(program_of("{f|fieldref: g}"), "f equal field g\n");
  EXPECT_EQ(program_of("{f|fieldref|startswith: g}"), "f prefix field g\n");
  EXPECT_EQ(program_of("{f|fieldref|endswith: g}"), "f suffix field g\n");
  EXPECT_EQ(program_of("{f|fieldref|contains: g}"), "f contains field g\n");
  EXPECT_EQ(program_of("{f|fieldref|neq: g}"), "not\n  f equal field g\n");
}
TEST(Modifier, ExpandEscape) {
  EXPECT_EQ(program_of(R"({f|expand: 'a\%b%'})"), "f equal 'a%b%'\n");
}
TEST(Modifier, OfKeywords) {
  EXPECT_EQ(program_of("{'|all': [a, b]}"),
            "all of\n  (any value) contains 'a'\n  (any value) contains 'b'\n");
  EXPECT_EQ(program_of("{'|re': 'a+'}"), "(any value) regex 'a+'\n");
}

TEST(Modifier, CombinationsThatAreRefused) {
  const auto refuses = [](const std::string& selection, const std::string& what) {
    const std::string error = first_error(rule_with(selection));
    EXPECT_TRUE(error.starts_with("rule.yml:4:")) << error;
    EXPECT_NE(error.find(what), std::string::npos) << selection << " -> " << error;
  };
  refuses("{f|contains|re: a}", "|re must be the first");
  refuses("{f|cased|cidr: 10.0.0.0/8}", "|cidr must be the first");
  refuses("{f|all|exists: true}", "|exists must be the first");
  refuses("{f|contains: 5}", "needs text");
  refuses("{f|startswith: true}", "needs text");
  refuses("{f|endswith: null}", "needs text");
  refuses("{f|windash: 5}", "needs text");
  refuses("{f|base64: 5}", "needs text");
  refuses("{f|wide: 5}", "needs text");
  refuses("{f|expand: 5}", "needs text");
  refuses("{f|cased: 5}", "needs text");
  refuses("{f|re|cased: a}", "needs text");
  refuses("{f|re|wide: a}", "needs text");
  refuses("{f|cidr|contains: 10.0.0.0/8}", "needs text");
  refuses("{f|lt|contains: 5}", "needs text");
  refuses("{f|contains|i: a}", "|i goes behind |re");
  refuses("{f|lt: a}", "needs a number");
  refuses("{f|lt: '5'}", "needs a number");
  refuses("{f|lt|gt: 5}", "needs a number");
  refuses("{f|contains|lt: a}", "needs a number");
  refuses("{f|hour|lt|gt: 5}", "needs a number");
  refuses("{f|lt|hour: 5}", "goes before the comparison");
  refuses("{f|hour: a}", "needs a whole number");
  refuses("{f|hour: 1.5}", "needs a whole number");
  refuses("{f|hour|minute: 1}", "needs a whole number");
  refuses("{f|exists: 'true'}", "takes true or false");
  refuses("{f|exists: null}", "takes true or false");
  refuses("{f|contains|fieldref: g}", "no wildcards");
  refuses("{f|fieldref: 'g*'}", "no wildcards");
  refuses("{f|fieldref: 5}", "the name of a field");
  refuses("{f|base64: 'a*'}", "has no encoding");
  refuses("{f|windash|base64: ' -a'}", "has no encoding");
  refuses("{f|contains|base64: a}", "has no encoding");
  refuses("{f|expand|base64: '%a%'}", "cannot encode a placeholder");
  refuses("{f|utf16be: 'ä'}", "add |base64");
  refuses("{'|exists': true}", "needs a field");
  refuses("{'|lt': 5}", "needs a field");
  refuses("{'|all': null}", "a keyword must be text");
  refuses("{f|contains: []}", "needs text");
  refuses("{f|: a}", "is not known");
}

TEST(Modifier, CombinationsThatAreWarnedOf) {
  EXPECT_EQ(warning_of("{f|all|contains: [a, b]}"),
            "rule.yml:4:9: detection.sel.f|all|contains: |all should be the last modifier (move it "
            "there)");
  EXPECT_NE(warning_of("{f|contains|all: a}").find("with one value"), std::string::npos);
  EXPECT_NE(warning_of("{f|re|contains: a}").find("changes nothing"), std::string::npos);
  EXPECT_NE(warning_of("{f|hour: 24}").find("no hour is 24"), std::string::npos);
  EXPECT_EQ(warning_of("{f|contains|all: [a, b]}"), "");
}

}  // namespace
}  // namespace proviso::rules
