// SPDX-License-Identifier: Apache-2.0
// Processing pipelines (sigma.md 1.7): each transformation and each condition, rule text and
// pipeline text in, canonical program out.
#include "rules/tests/pipeline_test_kit.h"

namespace proviso::rules {
namespace {

TEST(Pipeline, FieldNameMapping) {
  const std::string map = "- {type: field_name_mapping, mapping: {f: g, h: [i, j]}}\n";
  EXPECT_EQ(program_of(map, "{f|contains: a}"), "g contains 'a'\n");
  EXPECT_EQ(program_of(map, "{h: a}"), "any of\n  i equal 'a'\n  j equal 'a'\n");
  EXPECT_EQ(program_of(map, "{x: a}"), "x equal 'a'\n");
  EXPECT_EQ(program_of(map, "{x|fieldref: f}"), "x equal field g\n");
  EXPECT_EQ(program_of(map, "{x|fieldref: h}"), "any of\n  x equal field i\n  x equal field j\n");
  EXPECT_EQ(program_of(map, "{h|all: [a, b]}"),
            "any of\n  all of\n    i equal 'a'\n    i equal 'b'\n  all of\n    j equal 'a'\n    j "
            "equal 'b'\n");
}

TEST(Pipeline, KeywordsMappedToAFieldStayContained) {
  EXPECT_EQ(program_of("- {type: field_name_mapping, mapping: {null: msg}}\n", "[a, 5]"),
            "any of\n  msg contains 'a'\n  msg contains '5'\n");
}

TEST(Pipeline, PrefixMappingPrefixAndSuffix) {
  EXPECT_EQ(program_of("- {type: field_name_prefix_mapping, mapping: {win.: [event., e.]}}\n",
                       "{win.id: 1}"),
            "any of\n  event.id eq 1\n  e.id eq 1\n");
  EXPECT_EQ(program_of("- {type: field_name_prefix, prefix: data.}\n", "{f: a}"),
            "data.f equal 'a'\n");
  EXPECT_EQ(program_of("- {type: field_name_suffix, suffix: .keyword}\n", "{f: a}"),
            "f.keyword equal 'a'\n");
  EXPECT_EQ(program_of("- {type: field_name_prefix, prefix: data.}\n", "[a]"),
            "(any value) contains 'a'\n");
}

TEST(Pipeline, AddCondition) {
  EXPECT_EQ(program_of("- {type: add_condition, conditions: {index|startswith: x}}\n", "{f: a}"),
            "all of\n  f equal 'a'\n  index prefix 'x'\n");
  EXPECT_EQ(
      program_of("- {type: add_condition, negated: true, conditions: {i: [1, 2]}}\n", "{f: a}"),
      "all of\n  f equal 'a'\n  not\n    any of\n      i eq 1\n      i eq 2\n");
  EXPECT_EQ(program_of("- type: add_condition\n  template: true\n"
                       "  conditions: {src: '$product-${product}$$'}\n",
                       "{f: a}"),
            "all of\n  f equal 'a'\n  src equal 'p-p$'\n");
  EXPECT_NE(error_of("- {type: add_condition, template: true, conditions: {s: $service}}\n")
                .find("log source has no service"),
            std::string::npos);
}

TEST(Pipeline, AddConditionGoesThroughTheItemsBehindIt) {
  EXPECT_EQ(program_of("- {type: add_condition, conditions: {i: x}}\n"
                       "- {type: field_name_mapping, mapping: {i: j}}\n",
                       "{f: a}"),
            "all of\n  f equal 'a'\n  j equal 'x'\n");
}

TEST(Pipeline, ChangeLogsource) {
  const Loaded loaded = load_with({items("- {type: change_logsource, product: q, service: s}\n")},
                                  rule_with("{f: a}"));
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  EXPECT_EQ(loaded.program->rule(RuleIndex(0)).logsource.product, "q");
  EXPECT_EQ(loaded.program->rule(RuleIndex(0)).logsource.service, "s");
}

TEST(Pipeline, ValuePlaceholders) {
  const std::string pipeline =
      "vars: {admins: [root, 'adm*'], one: 5}\n" + items("- {type: value_placeholders}\n");
  EXPECT_EQ(program_with({pipeline}, rule_with("{f|expand: '%admins%'}")),
            "any of\n  f equal 'root'\n  f prefix 'adm'\n");
  EXPECT_EQ(program_with({pipeline}, rule_with("{f|contains|expand: 'x-%one%-%admins%'}")),
            "any of\n  f contains 'x-5-root'\n  f contains 'x-5-adm'\n");
  EXPECT_EQ(program_with({pipeline}, rule_with("{f|re|expand: '^%admins%$'}")),
            "any of\n  f regex '^root$'\n  f regex '^adm*$'\n");
  EXPECT_EQ(program_with({pipeline}, rule_with("{f: '%admins%'}")), "f equal '%admins%'\n");
  const std::string error =
      load_with({pipeline}, rule_with("{f|expand: '%zz%'}")).diagnostics.to_string();
  EXPECT_TRUE(error.starts_with("rule.yml:4:19: detection.sel.f|expand: no pipeline has")) << error;
  EXPECT_NE(error.find("[pipeline p0.yml:3]"), std::string::npos) << error;
}

TEST(Pipeline, PlaceholdersIncludeAndExclude) {
  const std::string vars = "vars: {a: [1], b: [2]}\n";
  EXPECT_EQ(program_with({vars + items("- {type: value_placeholders, include: [a]}\n"
                                       "- {type: wildcard_placeholders}\n")},
                         rule_with("{f|expand: '%a%-%b%'}")),
            "f prefix '1-'\n");
  EXPECT_EQ(program_with({vars + items("- {type: wildcard_placeholders, exclude: [a]}\n"
                                       "- {type: value_placeholders}\n")},
                         rule_with("{f|expand: '%a%-%b%'}")),
            "f prefix '1-'\n");
}

TEST(Pipeline, WildcardPlaceholders) {
  EXPECT_EQ(program_of("- {type: wildcard_placeholders}\n", "{f|expand: 'a%x%b'}"),
            "f glob 'a<*>b'\n");
}

TEST(Pipeline, DropDetectionItem) {
  const std::string drop =
      "- type: drop_detection_item\n  field_name_conditions:\n"
      "  - {type: include_fields, fields: [x, y]}\n";
  EXPECT_EQ(program_of(drop, "{f: a, x: b}"), "f equal 'a'\n");
  EXPECT_EQ(program_with({items(drop)},
                         "title: t\nlogsource: {product: p}\ndetection:\n"
                         "  s: {f: a}\n  t: {x: b}\n  condition: s and not t\n"),
            "f equal 'a'\n");
  const std::string error = error_of(drop, "{x: a, y: b}");
  EXPECT_TRUE(error.starts_with("rule.yml:5:14: detection.condition: nothing is left")) << error;
}

TEST(Pipeline, ReplaceString) {
  const auto replace = [](const std::string& rest) {
    return "- {type: replace_string, " + rest + "}\n";
  };
  EXPECT_EQ(program_of(replace("regex: '^a(.)', replacement: '\\1x'"), "{f: abc}"),
            "f equal 'bxc'\n");
  EXPECT_EQ(program_of(replace("regex: '(?P<n>b)', replacement: '\\g<n>\\g<1>'"), "{f: ab}"),
            "f equal 'abb'\n");
  EXPECT_EQ(program_of(replace("regex: '\\*', replacement: x"), "{f|contains: a}"),
            "f equal 'xax'\n");
  EXPECT_EQ(program_of(replace("regex: a, replacement: '*', skip_special: true"), "{f: 'a*'}"),
            "f prefix '*'\n");
  EXPECT_EQ(program_of(replace("regex: a, replacement: '*', skip_special: true, "
                               "interpret_special: true"),
                       "{f: 'ab'}"),
            "f suffix 'b'\n");
  EXPECT_EQ(program_of(replace("regex: 'C:', replacement: 'D:'"), R"({f: 'C:\x\\*'})"),
            "f equal 'd:\\x*'\n");
  EXPECT_EQ(program_of(replace("regex: 'E:', replacement: 'D:'"), R"({f: 'C:\x\\*'})"),
            "f prefix 'c:\\x\\'\n");
  EXPECT_EQ(program_of(replace("regex: 4, replacement: 5"), "{f: 403}"), "f equal '503'\n");
}

TEST(Pipeline, MapString) {
  const std::string map = "- {type: map_string, mapping: {a: b, c: [d, e]}}\n";
  EXPECT_EQ(program_of(map, "{f: [a, c, x]}"),
            "any of\n  f equal 'b'\n  f equal 'd'\n  f equal 'e'\n  f equal 'x'\n");
  EXPECT_EQ(program_of(map, "{f|contains: a}"), "f contains 'a'\n") << "*a* is another text";
}

TEST(Pipeline, Failures) {
  EXPECT_EQ(error_of("- {type: rule_failure, message: no such log}\n"),
            "rule.yml:1:1: no such log [pipeline p0.yml:2]");
  EXPECT_EQ(error_of("- type: detection_item_failure\n  message: not kept\n"
                     "  field_name_conditions: [{type: include_fields, fields: [f]}]\n"),
            "rule.yml:4:9: detection.sel.f: not kept [pipeline p0.yml:2]");
  EXPECT_EQ(error_of("- {type: field_name_mapping, mapping: {f: g}}\n"
                     "- {type: strict_field_mapping_failure}\n",
                     "{f: a, h: b, i: c}"),
            "rule.yml:1:1: no pipeline maps the fields h, i [pipeline p0.yml:3]");
  EXPECT_EQ(program_of("- {type: field_name_mapping, mapping: {f: [g, h]}}\n"
                       "- {type: strict_field_mapping_failure}\n",
                       "{f: a}"),
            "any of\n  g equal 'a'\n  h equal 'a'\n");
}

// Whether a prefix is put before "f" under these conditions.
bool applies(const std::string& conditions, const std::string& rules) {
  const std::string before =
      "- {type: set_state, key: k, val: 5}\n"
      "- {id: first, type: field_name_mapping, mapping: {m: n}}\n";
  const std::string pipeline =
      items(before + "- type: field_name_prefix\n  prefix: x.\n" + conditions);
  return program_with({pipeline}, rules).find("x.") != std::string::npos;
}
bool rule_condition(const std::string& condition, const std::string& more = "",
                    const std::string& selection = "{f: a}") {
  const std::string about =
      "id: 5b0c2c2e-4b1d-4c55-9a39-0d4a4b7a1c01\nlevel: high\nstatus: test\ndate: 2026-01-31\n"
      "tags: [attack.t1078]\nseverity: 7\nauthor: A\n";
  return applies("  rule_conditions: [" + condition + "]\n" + more, rule_with(selection) + about);
}

TEST(PipelineRuleConditions, Logsource) {
  EXPECT_TRUE(rule_condition("{type: logsource, product: p}"));
  EXPECT_FALSE(rule_condition("{type: logsource, product: q}"));
  EXPECT_FALSE(rule_condition("{type: logsource, product: p, service: s}"));
}

TEST(PipelineRuleConditions, ContainsFieldAndItem) {
  EXPECT_TRUE(rule_condition("{type: contains_field, field: f}"));
  EXPECT_FALSE(rule_condition("{type: contains_field, field: g}"));
  EXPECT_TRUE(rule_condition("{type: contains_detection_item, field: f, value: a}"));
  EXPECT_FALSE(rule_condition("{type: contains_detection_item, field: f, value: b}"));
  EXPECT_TRUE(rule_condition("{type: contains_detection_item, field: f, value: 1}", "", "{f: 1}"));
  EXPECT_FALSE(
      rule_condition("{type: contains_detection_item, field: f, value: '1'}", "", "{f: 1}"));
}

TEST(PipelineRuleConditions, AppliedAndState) {
  EXPECT_TRUE(rule_condition("{type: processing_item_applied, processing_item_id: first}"));
  EXPECT_FALSE(rule_condition("{type: processing_item_applied, processing_item_id: other}"));
  EXPECT_TRUE(rule_condition("{type: processing_state, key: k, val: 5}"));
  EXPECT_TRUE(rule_condition("{type: processing_state, key: k, val: 4, op: gt}"));
  EXPECT_FALSE(rule_condition("{type: processing_state, key: other, val: 5}"));
  EXPECT_FALSE(rule_condition("{type: processing_state, key: k, val: '5'}"));
}

TEST(PipelineRuleConditions, KindTagAndAttributes) {
  EXPECT_TRUE(rule_condition("{type: is_sigma_rule}"));
  EXPECT_FALSE(rule_condition("{type: is_sigma_correlation_rule}"));
  EXPECT_TRUE(rule_condition("{type: tag, tag: attack.t1078}"));
  EXPECT_FALSE(rule_condition("{type: tag, tag: attack.t1079}"));
  const auto attribute = [](const std::string& rest) {
    return rule_condition("{type: rule_attribute, attribute: " + rest + "}");
  };
  EXPECT_TRUE(attribute("level, value: high"));
  EXPECT_TRUE(attribute("level, value: medium, op: gt"));
  EXPECT_FALSE(attribute("level, value: critical, op: gte"));
  EXPECT_TRUE(attribute("status, value: experimental, op: gte"));
  EXPECT_TRUE(attribute("date, value: '2026-01-01', op: gt"));
  EXPECT_FALSE(attribute("date, value: '2026-02-01', op: gt"));
  EXPECT_TRUE(attribute("tags, value: attack.t1078, op: in"));
  EXPECT_TRUE(attribute("tags, value: other.x, op: not_in"));
  EXPECT_TRUE(attribute("severity, value: 7"));
  EXPECT_TRUE(attribute("severity, value: 7.5, op: lt"));
  EXPECT_TRUE(attribute("author, value: B, op: ne"));
  EXPECT_FALSE(attribute("nothing, value: B, op: ne"));
  EXPECT_TRUE(attribute("id, value: 5b0c2c2e-4b1d-4c55-9a39-0d4a4b7a1c01"));
}

TEST(PipelineRuleConditions, OperatorNotAndExpression) {
  const std::string two = "{type: contains_field, field: f}, {type: contains_field, field: g}";
  EXPECT_FALSE(rule_condition(two));
  EXPECT_TRUE(rule_condition(two, "  rule_cond_op: or\n"));
  EXPECT_TRUE(rule_condition(two, "  rule_cond_not: true\n"));
  const std::string named =
      "  rule_conditions:\n    a: {type: contains_field, field: f}\n"
      "    b: {type: contains_field, field: g}\n";
  EXPECT_TRUE(applies(named + "  rule_cond_expr: a and not b\n", rule_with("{f: a}")));
  EXPECT_FALSE(applies(named + "  rule_cond_expr: not (a or b)\n", rule_with("{f: a}")));
}

bool item_condition(const std::string& condition, const std::string& selection) {
  return applies("  detection_item_conditions: [" + condition + "]\n", rule_with(selection));
}

TEST(PipelineItemConditions, All) {
  EXPECT_TRUE(item_condition("{type: match_string, cond: any, pattern: a}", "{f: [ab, c]}"));
  EXPECT_FALSE(item_condition("{type: match_string, cond: all, pattern: a}", "{f: [ab, c]}"));
  EXPECT_FALSE(item_condition("{type: match_string, cond: any, pattern: b}", "{f: ab}"));
  EXPECT_TRUE(item_condition("{type: match_string, cond: any, pattern: '\\*'}", "{f|contains: a}"));
  EXPECT_FALSE(item_condition("{type: match_string, cond: any, pattern: '5'}", "{f: 5}"));
  EXPECT_TRUE(
      item_condition("{type: match_string, cond: any, pattern: b, negate: true}", "{f: ab}"));
  EXPECT_TRUE(item_condition("{type: match_value, cond: any, value: 5}", "{f: 5}"));
  EXPECT_FALSE(item_condition("{type: match_value, cond: any, value: 5}", "{f|gte: 5}"));
  EXPECT_TRUE(item_condition("{type: contains_wildcard, cond: any}", "{f: 'a*'}"));
  EXPECT_FALSE(item_condition("{type: contains_wildcard, cond: any}", "{f: a}"));
  EXPECT_TRUE(item_condition("{type: is_null, cond: all}", "{f: null}"));
  EXPECT_FALSE(item_condition("{type: is_null, cond: all}", "{f: ''}"));
  EXPECT_TRUE(
      item_condition("{type: processing_item_applied, processing_item_id: first}", "{m: a}"));
  EXPECT_FALSE(
      item_condition("{type: processing_item_applied, processing_item_id: first}", "{f: a}"));
}

TEST(PipelineFieldConditions, All) {
  const auto field = [](const std::string& condition, const std::string& selection = "{f: a}") {
    return applies("  field_name_conditions: [" + condition + "]\n", rule_with(selection));
  };
  EXPECT_TRUE(field("{type: include_fields, fields: [f]}"));
  EXPECT_FALSE(field("{type: include_fields, fields: [g]}"));
  EXPECT_TRUE(field("{type: include_fields, fields: ['[e-g]$'], mode: re}"));
  EXPECT_FALSE(field("{type: exclude_fields, fields: [f]}"));
  EXPECT_TRUE(field("{type: exclude_fields, fields: [g]}"));
  EXPECT_TRUE(field("{type: include_fields, fields: [g]}", "{f|fieldref: g}")) << "by reference";
}

TEST(Pipeline, FieldConditionsMeanTheNamedFieldOnly) {
  EXPECT_EQ(program_of("- type: field_name_prefix\n  prefix: x.\n  field_name_conditions:\n"
                       "  - {type: include_fields, fields: [g]}\n",
                       "{f|fieldref: g}"),
            "f equal field x.g\n");
}

TEST(Pipeline, SeveralRunByPriorityWithSharedVariables) {
  const std::string late =
      "priority: 20\nvars: {v: late}\n" + items("- {type: value_placeholders}\n");
  const std::string early =
      "priority: 10\nvars: {v: early}\n" + items("- {type: field_name_mapping, mapping: {f: g}}\n");
  const std::string last =
      "priority: 30\n" + items("- {type: field_name_mapping, mapping: {g: h}}\n");
  EXPECT_EQ(program_with({last, late, early}, rule_with("{f|expand: '%v%'}")), "h equal 'late'\n");
}

TEST(Pipeline, TakesFilteredRulesAsAWhole) {
  EXPECT_EQ(
      program_with({items("- {type: field_name_prefix, prefix: x.}\n")},
                   rule_with("{f: a}") + "---\ntitle: t\nlogsource: {product: p}\n"
                                         "filter: {rules: any, s: {g: b}, condition: not s}\n"),
      "all of\n  x.f equal 'a'\n  not\n    x.g equal 'b'\n");
}

TEST(Pipeline, FieldsOfCorrelations) {
  const std::string rules = rule_with("{f: a}") +
                            "name: r\n---\ntitle: c\nname: c\ncorrelation:\n  type: value_count\n"
                            "  rules: [r]\n  group-by: [user, who]\n  timespan: 1m\n"
                            "  aliases: {who: {r: f}}\n  condition: {field: ip, gte: 3}\n";
  const Loaded loaded = load_with(
      {items(
          "- {type: field_name_mapping, mapping: {user: [u1, u2], ip: src.ip, f: g, who: no}}\n")},
      rules);
  ASSERT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  const Correlation& c = loaded.program->correlations().at(0);
  ASSERT_EQ(c.group_by.size(), 3U);
  EXPECT_EQ(c.group_by[0].name, "u1");
  EXPECT_EQ(c.group_by[1].name, "u2");
  EXPECT_EQ(c.group_by[2].name, "who") << "an alias is no field";
  const auto field = [&](FieldId id) { return loaded.program->fields()[index(id)]; };
  EXPECT_EQ(field(c.group_by[2].field_of_ref.at(0)), "g");
  EXPECT_EQ(field(c.value_fields.at(0)), "src.ip");
  const Loaded two =
      load_with({items("- {type: field_name_mapping, mapping: {ip: [a, b]}}\n")}, rules);
  EXPECT_NE(two.diagnostics.to_string().find("several fields"), std::string::npos);
}

TEST(Pipeline, LogsourceOfACorrelationIsThatOfItsRules) {
  const std::string rules = rule_with("{f: a}") +
                            "name: r\n---\ntitle: c\nname: c\ncorrelation: {type: event_count, "
                            "rules: [r], timespan: 1m, condition: {gte: 3}}\n";
  const auto refused = [&](const std::string& product) {
    return !load_with({items("- type: rule_failure\n  message: x\n  rule_conditions:\n"
                             "  - {type: logsource, product: " +
                             product +
                             "}\n"
                             "  - {type: is_sigma_correlation_rule}\n")},
                      rules)
                .program;
  };
  EXPECT_TRUE(refused("p"));
  EXPECT_FALSE(refused("q"));
}

TEST(Pipeline, IsPartOfTheProgramsIdentity) {
  const auto digest = [](const std::vector<std::string>& p) {
    return load_with(p, rule_with("{f: a}")).program->digest();
  };
  EXPECT_NE(digest({items("[]\n")}), digest({items("[] # other\n")}));
  EXPECT_NE(digest({items("[]\n")}), load_text(rule_with("{f: a}")).program->digest());
}

TEST(Pipeline, WhatIsRefusedHasItsPlaceAndReason) {
  const auto refuses = [](const std::string& pipeline, const std::string& begins) {
    const Loaded loaded = load_with({pipeline}, rule_with("{f: a}"));
    ASSERT_FALSE(loaded.diagnostics.ok()) << pipeline;
    const std::string error = loaded.diagnostics.all().front().to_string();
    EXPECT_TRUE(error.starts_with(begins)) << error;
    EXPECT_FALSE(loaded.diagnostics.all().front().snippet.empty());
  };
  const std::string t = "transformations:\n";
  refuses(t + "- {type: nope}\n", "p0.yml:2:10: transformations.type: \"nope\" is no");
  refuses(t + "- {type: query_expression_placeholders}\n",
          "p0.yml:2:10: transformations.type: query");
  refuses(t + "- {type: command_placeholders}\n", "p0.yml:2:10: transformations.type: command");
  refuses(t + "- {type: field_name_prefix}\n", "p0.yml:2:3: transformations.prefix: is missing");
  refuses(t + "- {type: field_name_prefix, prefix: a, x: b}\n",
          "p0.yml:2:40: transformations: \"x\"");
  refuses(t + "- {type: replace_string, regex: '(?<!a)', replacement: b}\n", "p0.yml:2:33: ");
  refuses(t + "- {type: replace_string, regex: 'a', replacement: '\\1'}\n", "p0.yml:2:51: ");
  refuses(t + "- {type: rule_failure, message: m, rule_conditions: [{type: tag, tag: x}]}\n",
          "p0.yml:2:54: rule_conditions.tag: must be NAMESPACE.NAME");
  refuses(t + "- {type: rule_failure, message: m, rule_conditions: [{type: is_null, cond: any}]}\n",
          "p0.yml:2:61: rule_conditions.type: \"is_null\" is no condition of a rule");
  refuses(t + "- {type: rule_failure, message: m, rule_cond_not: true}\n",
          "p0.yml:2:3: rule_conditions: are missing");
  refuses(t + "- {type: rule_failure, message: m, rule_conditions: {a: {type: is_sigma_rule}}, "
              "rule_cond_expr: a and b}\n",
          "p0.yml:2:103: rule_cond_expr: there is no condition \"b\"");
  refuses("postprocessing: [{type: template}]\n", "p0.yml:1:17: postprocessing: changes the text");
  refuses("finalizers: [{type: concat}]\n", "p0.yml:1:13: finalizers: ");
  refuses("nope: 1\n", "p0.yml:1:1: pipeline: \"nope\" is not known");
  refuses("vars: {a: [null]}\n", "p0.yml:1:12: vars: must be text or numbers");
  refuses("priority: high\n", "p0.yml:1:11: priority: must be a whole number");
  refuses("- a\n", "p0.yml:1:1: a pipeline must be a map");
}

TEST(Pipeline, PlaceholdersThatMultiplyAreBounded) {
  std::string pipeline = "vars:\n  v: [";
  for (int i = 0; i < 1000; ++i) pipeline += (i == 0 ? "v" : ", v") + std::to_string(i);
  pipeline += "]\n" + items("- {type: value_placeholders}\n");
  const std::string error =
      load_with({pipeline}, rule_with("{f|expand: '%v%%v%%v%%v%'}")).diagnostics.to_string();
  EXPECT_NE(error.find("more than 10,000 values"), std::string::npos) << error;
}

}  // namespace
}  // namespace proviso::rules
