// SPDX-License-Identifier: Apache-2.0
// Transformations of values, of names that conditions see, and nested ones (sigma.md 1.7).
#include "rules/tests/pipeline_test_kit.h"

namespace proviso::rules {
namespace {

constexpr const char* kTwo =
    "title: t\nlogsource: {product: p}\ndetection:\n  index_a: {f: a}\n  other: {g: b}\n";

TEST(Pipeline, NamedConditionsAreSelectionsOfTheRule) {
  const std::string add = "- {type: add_condition, name: index_b, conditions: {i: x}}\n";
  EXPECT_EQ(program_with({items(add)}, std::string(kTwo) + "  condition: all of index_*\n"),
            "all of\n  all of\n    f equal 'a'\n    i equal 'x'\n  i equal 'x'\n");
  EXPECT_EQ(program_with({items(add)}, std::string(kTwo) + "  condition: 1 of them\n"),
            "all of\n  any of\n    f equal 'a'\n    i equal 'x'\n    g equal 'b'\n"
            "  i equal 'x'\n");
  EXPECT_EQ(program_with({items("- {type: add_condition, name: _i, negated: true, "
                                "conditions: {i: x}}\n")},
                         std::string(kTwo) + "  condition: 1 of them\n"),
            "all of\n  any of\n    f equal 'a'\n    g equal 'b'\n  not\n    i equal 'x'\n");
}

TEST(Pipeline, NamedConditionsGoOnceThroughTheItemsBehindThem) {
  EXPECT_EQ(program_of("- {type: add_condition, name: n, conditions: {i: x}}\n"
                       "- {type: field_name_prefix, prefix: p.}\n",
                       "{f: a}"),
            "all of\n  p.f equal 'a'\n  p.i equal 'x'\n");
}

TEST(Pipeline, NamesOfConditionsMustBeFreeAndWords) {
  EXPECT_NE(error_of("- {type: add_condition, name: sel, conditions: {i: x}}\n")
                .find("a selection \"sel\" already"),
            std::string::npos);
  EXPECT_NE(error_of("- {type: add_condition, name: a b, conditions: {i: x}}\n")
                .find("p0.yml:2:31: transformations.name: must be a name"),
            std::string::npos);
  EXPECT_NE(
      error_of("- {type: add_condition, name: 'or', conditions: {i: x}}\n").find("must be a name"),
      std::string::npos);
}

TEST(Pipeline, SetValue) {
  const auto set = [](const std::string& rest, const std::string& selection) {
    return program_of("- {type: set_value, " + rest + "}\n", selection);
  };
  EXPECT_EQ(set("value: 'x*'", "{f: [a, 5]}"), "any of\n  f prefix 'x'\n  f prefix 'x'\n");
  EXPECT_EQ(set("value: 5", "{f|contains: a}"), "f eq 5\n");
  EXPECT_EQ(set("value: true", "{f: a}"), "f equal 'true'\n");
  EXPECT_EQ(set("value: null", "{f: a}"), "f null\n");
  EXPECT_EQ(set("value: 5, force_type: str", "{f: a}"), "f equal '5'\n");
  EXPECT_EQ(set("value: '5', force_type: num", "{f: a}"), "f eq 5\n");
  EXPECT_NE(error_of("- {type: set_value, value: a, force_type: num}\n").find("is no number"),
            std::string::npos);
  EXPECT_NE(error_of("- {type: set_value, value: null, force_type: str}\n").find("must be str or"),
            std::string::npos);
  EXPECT_NE(error_of("- {type: set_value, value: null}\n", "[a]").find("a keyword must be text"),
            std::string::npos);
}

TEST(Pipeline, ConvertType) {
  const std::string text = "- {type: convert_type, target_type: str}\n";
  const std::string number = "- {type: convert_type, target_type: num}\n";
  EXPECT_EQ(program_of(text, "{f: 5, g: a, h: null, i: true}"),
            "all of\n  f equal '5'\n  g equal 'a'\n  h null\n  i equal 'true'\n");
  EXPECT_EQ(program_of(number, "{f: '5', g: 6, h: null}"),
            "all of\n  f eq 5\n  g eq 6\n  h null\n");
  EXPECT_TRUE(error_of(number, "{f: abc}")
                  .starts_with("rule.yml:4:12: detection.sel.f: cannot become a number"));
  EXPECT_NE(error_of(text, "{f|gte: 5}").find("cannot become a text"), std::string::npos);
  EXPECT_NE(error_of("- {type: convert_type, target_type: x}\n").find("must be str or num"),
            std::string::npos);
}

TEST(Pipeline, CaseMattersToCasedValuesOnly) {
  EXPECT_EQ(program_of("- {type: case}\n", "{f: Ab, g|cased: Ab}"),
            "all of\n  f equal 'ab'\n  g equal cased 'ab'\n");
  EXPECT_EQ(program_of("- {type: case, method: upper}\n", "{g|cased: Ab}"), "g equal cased 'AB'\n");
  EXPECT_NE(error_of("- {type: case}\n", "{g|cased: Ä}").find("only ASCII"), std::string::npos);
  EXPECT_NE(error_of("- {type: case, method: snake_case}\n").find("must be lower or upper"),
            std::string::npos);
}

TEST(Pipeline, HashesFields) {
  const auto hashes = [](const std::string& rest, const std::string& selection) {
    return program_of("- type: hashes_fields\n  valid_hash_algos: [MD5, SHA1]\n" + rest +
                          "  field_name_conditions: [{type: include_fields, fields: [Hashes]}]\n",
                      selection);
  };
  const std::string two = "[MD5=AB, 'SHA1=CD', MD5|EF, SHA256=01]";
  EXPECT_EQ(hashes("", "{Hashes: " + two + "}"),
            "any of\n  any of\n    MD5 equal 'ab'\n    MD5 equal 'ef'\n  SHA1 equal 'cd'\n");
  EXPECT_EQ(hashes("  field_prefix: File\n", "{Hashes|contains: 'sha1=CD'}"),
            "FileSHA1 prefix 'cd'\n");
  EXPECT_EQ(hashes("  field_prefix: hash\n  drop_algo_prefix: true\n", "{Hashes: MD5=AB}"),
            "hash equal 'ab'\n");
  EXPECT_EQ(hashes("", "{Hashes: 0123456789abcdef0123456789abcdef}"),
            "MD5 equal '0123456789abcdef0123456789abcdef'\n");
  EXPECT_EQ(hashes("", "{Hashes|contains|all: [MD5=AB, SHA1=CD]}"),
            "all of\n  MD5 prefix 'ab'\n  SHA1 prefix 'cd'\n");
  EXPECT_EQ(hashes("", "{Hashes|neq: [MD5=AB, SHA1=CD]}"),
            "all of\n  not\n    MD5 equal 'ab'\n  not\n    SHA1 equal 'cd'\n");
  EXPECT_EQ(hashes("", "{f: a, Hashes: null}"), "all of\n  f equal 'a'\n  Hashes null\n");
  const std::string of_all = "- {type: hashes_fields, valid_hash_algos: [MD5]}\n";
  EXPECT_NE(error_of(of_all, "{Hashes: SHA1=CD}").find("no value names a hash algorithm"),
            std::string::npos);
  EXPECT_NE(error_of("- {type: hashes_fields, valid_hash_algos: [MD5], drop_algo_prefix: true}\n")
                .find("is needed with drop_algo_prefix"),
            std::string::npos);
}

TEST(Pipeline, NestedItemsRunUnderTheConditionsOfTheOuter) {
  const auto nest = [](const std::string& product) {
    return "- type: nest\n  id: outer\n  rule_conditions: [{type: logsource, product: " + product +
           "}]\n  items:\n"
           "  - {id: inner, type: field_name_mapping, mapping: {f: g}}\n"
           "  - type: nest\n    items: [{type: field_name_suffix, suffix: .x}]\n"
           "- type: field_name_prefix\n  prefix: p.\n  rule_conditions:\n"
           "  - {type: processing_item_applied, processing_item_id: inner}\n"
           "  - {type: processing_item_applied, processing_item_id: outer}\n";
  };
  EXPECT_EQ(program_of(nest("p"), "{f: a}"), "p.g.x equal 'a'\n");
  EXPECT_EQ(program_of(nest("q"), "{f: a}"), "f equal 'a'\n");
  EXPECT_NE(error_of("- type: nest\n  items: []\n  field_name_conditions: "
                     "[{type: include_fields, fields: [f]}]\n")
                .find("must stand at the items within"),
            std::string::npos);
  EXPECT_NE(error_of("- {type: nest, items: [{type: nope}]}\n").find("\"nope\" is no"),
            std::string::npos);
}

TEST(Pipeline, AttributesThatAreSetCanBeAskedFor) {
  const std::string prefix =
      "- type: field_name_prefix\n  prefix: p.\n  rule_conditions:\n"
      "  - {type: rule_attribute, attribute: tier, value: 2, op: gte}\n";
  EXPECT_EQ(
      program_of("- {type: set_custom_attribute, attribute: tier, value: 3}\n" + prefix, "{f: a}"),
      "p.f equal 'a'\n");
  EXPECT_EQ(
      program_of("- {type: set_custom_attribute, attribute: tier, value: 1}\n" + prefix, "{f: a}"),
      "f equal 'a'\n");
  EXPECT_EQ(program_of("- {type: set_custom_attribute, attribute: tier, value: [1, 2]}\n"
                       "- type: field_name_prefix\n  prefix: p.\n  rule_conditions:\n"
                       "  - {type: rule_attribute, attribute: tier, value: 2, op: in}\n",
                       "{f: a}"),
            "p.f equal 'a'\n");
}

TEST(Pipeline, ListsOfFieldsAreReadAndWarnedOf) {
  for (const char* item :
       {"add_field, field: x", "remove_field, field: [x]", "set_field, fields: [x]"}) {
    Diagnostics diagnostics;
    const std::string text = items("- {type: " + std::string(item) + "}\n");
    EXPECT_TRUE(Pipelines::read({{"p.yml", text}}, diagnostics));
    ASSERT_EQ(diagnostics.warnings().size(), 1U) << item;
    EXPECT_NE(diagnostics.warnings()[0].to_string().find("changes nothing"), std::string::npos);
    EXPECT_EQ(program_of(text.substr(text.find('\n') + 1), "{f: a}"), "f equal 'a'\n");
  }
  EXPECT_NE(error_of("- {type: add_field, fields: x}\n").find("transformations.field: is missing"),
            std::string::npos);
}

}  // namespace
}  // namespace proviso::rules
