// SPDX-License-Identifier: Apache-2.0
// contract/sigma/rule.schema.json, which editors use, agrees with the reader: all rules that are
// shipped, those of the guide and SigmaHQ's validate, and what the reader refuses it refuses.
//
// The validator here knows the keywords that the schema uses; any other fails the test.
#include <re2/re2.h>

#include "base/file_system.h"
#include "base/json.h"
#include "rules/reader.h"
#include "rules/tests/rule_test_kit.h"
#include "rules/yaml.h"

namespace proviso::rules {
namespace {

class Validator {
 public:
  explicit Validator(Json schema) : root_(std::move(schema)) {}

  // What does not fit, or nothing.
  std::string validate(const YamlNode& node) { return check(root_, node, "$"); }

 private:
  using Keyword = std::string (Validator::*)(const Json& rule, const Json& schema,
                                             const YamlNode& node, const std::string& at);

  static std::string type_of(const YamlNode& node) {
    if (node.is_map()) return "object";
    if (node.is_list()) return "array";
    Diagnostics ignored;
    const auto scalar = read_scalar(node, "", {"", ignored});
    if (!scalar) return "string";
    switch (scalar->kind) {
      case ScalarAst::Kind::null: return "null";
      case ScalarAst::Kind::boolean: return "boolean";
      case ScalarAst::Kind::number: return "number";
      case ScalarAst::Kind::string: return "string";
    }
    return "";
  }

  std::string check(const Json& schema, const YamlNode& node, const std::string& at) {
    if (const bool* all = schema.if_bool()) return *all ? "" : at + " may not be here";
    for (const auto& [name, rule] : *schema.if_object()) {
      const auto found = keywords().find(name);
      EXPECT_NE(found, keywords().end()) << "the validator does not know " << name;
      if (found == keywords().end() || found->second == nullptr) continue;
      std::string wrong = (this->*found->second)(rule, schema, node, at);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }

  static const std::map<std::string, Keyword>& keywords() {
    static const std::map<std::string, Keyword> table = {
        {"$schema", nullptr},
        {"$id", nullptr},
        {"$defs", nullptr},
        {"title", nullptr},
        {"description", nullptr},
        {"$ref", &Validator::ref},
        {"type", &Validator::type},
        {"enum", &Validator::one_of_values},
        {"anyOf", &Validator::any_of},
        {"oneOf", &Validator::one_of},
        {"required", &Validator::required},
        {"properties", &Validator::properties},
        {"additionalProperties", &Validator::additional},
        {"propertyNames", &Validator::names},
        {"minProperties", &Validator::min_properties},
        {"items", &Validator::items},
        {"minItems", &Validator::min_items},
        {"uniqueItems", &Validator::unique},
        {"pattern", &Validator::pattern},
        {"minLength", &Validator::min_length},
        {"maxLength", &Validator::max_length},
        {"minimum", &Validator::minimum},
        {"maximum", &Validator::maximum},
    };
    return table;
  }

  std::string ref(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    const std::string name = rule.if_string()->substr(std::string("#/$defs/").size());
    const Json* target = root_.find("$defs")->find(name);
    EXPECT_NE(target, nullptr) << name;
    return target == nullptr ? at : check(*target, node, at);
  }
  std::string type(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    const std::string is = type_of(node);
    if (const std::string* one = rule.if_string()) {
      return *one == is ? "" : at + " is " + is + ", not " + *one;
    }
    for (const Json& one : *rule.if_array()) {
      if (*one.if_string() == is) return "";
    }
    return at + " is " + is;
  }
  std::string one_of_values(const Json& rule, const Json&, const YamlNode& node,
                            const std::string& at) {
    for (const Json& one : *rule.if_array()) {
      if (node.is_scalar() && *one.if_string() == node.text) return "";
    }
    return at + " is none of the words";
  }
  std::size_t fitting(const Json& rule, const YamlNode& node, const std::string& at) {
    std::size_t count = 0;
    for (const Json& one : *rule.if_array()) {
      if (check(one, node, at).empty()) ++count;
    }
    return count;
  }
  std::string any_of(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    return fitting(rule, node, at) > 0 ? "" : at + " fits none of anyOf";
  }
  std::string one_of(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    return fitting(rule, node, at) == 1 ? "" : at + " does not fit one of oneOf";
  }
  std::string required(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    for (const Json& name : *rule.if_array()) {
      if (node.is_map() && node.find(*name.if_string()) == nullptr) {
        return at + " lacks " + *name.if_string();
      }
    }
    return "";
  }
  std::string properties(const Json& rule, const Json&, const YamlNode& node,
                         const std::string& at) {
    for (const auto& [name, schema] : *rule.if_object()) {
      const YamlNode* member = node.find(name);
      if (member == nullptr) continue;
      std::string wrong = check(schema, *member, at + "." + name);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  std::string additional(const Json& rule, const Json& schema, const YamlNode& node,
                         const std::string& at) {
    const Json* known = schema.find("properties");
    for (const auto& [key, value] : node.members) {
      if (known != nullptr && known->find(key.text) != nullptr) continue;
      std::string wrong = check(rule, value, at + "." + key.text);
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  std::string names(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    for (const auto& [key, value] : node.members) {
      std::string wrong = check(rule, key, at + "." + key.text + " (name)");
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  std::string min_properties(const Json& rule, const Json&, const YamlNode& node,
                             const std::string& at) {
    const bool good = !node.is_map() || std::ssize(node.members) >= *rule.if_int();
    return good ? "" : at + " has too few members";
  }
  std::string items(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    for (const YamlNode& one : node.items) {
      std::string wrong = check(rule, one, at + "[]");
      if (!wrong.empty()) return wrong;
    }
    return "";
  }
  std::string min_items(const Json& rule, const Json&, const YamlNode& node,
                        const std::string& at) {
    const bool good = !node.is_list() || std::ssize(node.items) >= *rule.if_int();
    return good ? "" : at + " has too few items";
  }
  std::string unique(const Json&, const Json&, const YamlNode& node, const std::string& at) {
    std::set<std::string> seen;
    for (const YamlNode& one : node.items) {
      if (one.is_scalar() && !seen.insert(one.text).second) return at + " has an item twice";
    }
    return "";
  }
  std::string pattern(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    const re2::RE2 regex(*rule.if_string());
    EXPECT_TRUE(regex.ok()) << regex.error();
    return !node.is_scalar() || re2::RE2::PartialMatch(node.text, regex) ? ""
                                                                         : at + " fits no pattern";
  }
  std::string min_length(const Json& rule, const Json&, const YamlNode& node,
                         const std::string& at) {
    const bool good = !node.is_scalar() || std::ssize(node.text) >= *rule.if_int();
    return good ? "" : at + " is too short";
  }
  std::string max_length(const Json& rule, const Json&, const YamlNode& node,
                         const std::string& at) {
    // In bytes: stricter than the schema's characters.
    const bool good = !node.is_scalar() || std::ssize(node.text) <= *rule.if_int();
    return good ? "" : at + " is too long";
  }
  static double number(const YamlNode& node) { return parse_number(node.text).value_or(0); }
  std::string minimum(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    return number(node) >= static_cast<double>(*rule.if_int()) ? "" : at + " is too small";
  }
  std::string maximum(const Json& rule, const Json&, const YamlNode& node, const std::string& at) {
    return number(node) <= static_cast<double>(*rule.if_int()) ? "" : at + " is too large";
  }

  Json root_;
};

Validator schema() {
  const auto text =
      real_file_system().read(PROVISO_SOURCE_DIR "/contract/sigma/rule.schema.json", 1U << 20U);
  EXPECT_TRUE(text);
  auto parsed = parse_json(*text);
  EXPECT_TRUE(parsed) << parsed.error().message;
  return Validator(std::move(*parsed));
}

// Documents that were validated.
std::size_t validate_all(const std::vector<std::string>& paths) {
  Validator validator = schema();
  Diagnostics diagnostics;
  std::size_t count = 0;
  for (const RuleSource& source : read_sources(paths, diagnostics)) {
    for (const YamlNode& document : parse_yaml(source.name, source.text, diagnostics)) {
      if (document.kind == YamlNode::Kind::null) continue;
      EXPECT_EQ(validator.validate(document), "") << source.name;
      ++count;
    }
  }
  EXPECT_TRUE(diagnostics.ok()) << diagnostics.to_string();
  return count;
}

TEST(Schema, ShippedRulesValidate) {
  EXPECT_GE(validate_all({PROVISO_SOURCE_DIR "/rulebook"}), 11U);
}

TEST(Schema, RulesOfSigmaHqValidate) {
  const std::string data = PROVISO_SOURCE_DIR "/../shared/data/sigma";
  if (!real_file_system().exists(data)) GTEST_SKIP() << "SKIPPED: " << data << " is not there";
  EXPECT_EQ(validate_all({data + "/all"}), 3141U);
  EXPECT_GT(validate_all({data + "/corr.yml"}), 0U);
}

TEST(Schema, RefusesWhatTheReaderRefuses) {
  Validator validator = schema();
  const std::string rule = rule_with("{f|contains: a}");
  const std::string correlation =
      "title: c\ncorrelation: {type: event_count, rules: [r], "
      "timespan: 5m, condition: {gte: 2}}\n";
  const auto fits = [&](const std::string& text) {
    Diagnostics diagnostics;
    const auto documents = parse_yaml("x", text, diagnostics);
    EXPECT_EQ(documents.size(), 1U);
    return !documents.empty() && validator.validate(documents.front()).empty();
  };
  const auto replaced = [](std::string text, const std::string& from, const std::string& to) {
    EXPECT_NE(text.find(from), std::string::npos) << from;
    return text.replace(text.find(from), from.size(), to);
  };
  EXPECT_TRUE(fits(rule));
  EXPECT_TRUE(fits(correlation));
  EXPECT_TRUE(
      fits("title: f\nlogsource: {product: p}\n"
           "filter: {rules: any, s: {f: a}, condition: not s}\n"));
  EXPECT_TRUE(fits("title: o\ncorrelation: {type: temporal, timespan: 5m, condition: a and b}\n"));
  EXPECT_TRUE(fits(rule + "proviso: {quiet: 1d}\n"));
  std::vector<std::string> bad;
  for (const char* more :
       {"id: 5\n", "id: abc\n", "status: new\n", "level: severe\n", "date: yesterday\n",
        "tags: [x]\n", "related: [{id: a, type: derived}]\n", "author: 5\n", "references: x\n",
        "name: ''\n", "proviso: {terms: []}\n", "proviso: {quiet: 1 day}\n", "correlation: {}\n"}) {
    bad.push_back(rule + more);
  }
  bad.push_back(replaced(rule, "title: t", "title: " + std::string(257, 'x')));
  bad.push_back(replaced(rule, "{product: p}", "{definition: p}"));
  bad.push_back(replaced(rule, "contains", "contain"));
  bad.push_back(replaced(rule, "{f|contains: a}", "{}"));
  bad.push_back(replaced(correlation, "event_count", "event_counts"));
  bad.push_back(replaced(correlation, "5m", "5 minutes"));
  bad.push_back(replaced(correlation, "gte: 2", "gte: two"));
  bad.push_back(replaced(correlation, "[r]", "[]"));
  bad.push_back(replaced(correlation, "rules: [r], ", ""));
  for (const std::string& text : bad) {
    EXPECT_FALSE(fits(text)) << text;
    const std::string base =
        text.starts_with("title: c") ? rule_with("{f: a}") + "name: r\n---\n" : "";
    EXPECT_FALSE(load_text(base + text).program) << text;
  }
}

}  // namespace
}  // namespace proviso::rules
