// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>

#include <re2/re2.h>

#include "base/encoding.h"
#include "rules/pipeline_items.h"
#include "rules/yaml_members.h"

namespace proviso::rules {
namespace {

using Kind = PipelineItem::Kind;

constexpr std::array<std::pair<std::string_view, Kind>, 24> kKinds = {{
    {"field_name_mapping", Kind::field_name_mapping},
    {"field_name_prefix_mapping", Kind::field_name_prefix_mapping},
    {"field_name_prefix", Kind::field_name_prefix},
    {"field_name_suffix", Kind::field_name_suffix},
    {"add_condition", Kind::add_condition},
    {"change_logsource", Kind::change_logsource},
    {"value_placeholders", Kind::value_placeholders},
    {"wildcard_placeholders", Kind::wildcard_placeholders},
    {"drop_detection_item", Kind::drop_detection_item},
    {"replace_string", Kind::replace_string},
    {"map_string", Kind::map_string},
    {"set_value", Kind::set_value},
    {"convert_type", Kind::convert_type},
    {"case", Kind::change_case},
    {"hashes_fields", Kind::hashes_fields},
    {"set_state", Kind::set_state},
    {"set_custom_attribute", Kind::set_attribute},
    {"add_field", Kind::list_of_fields},
    {"remove_field", Kind::list_of_fields},
    {"set_field", Kind::list_of_fields},
    {"nest", Kind::nest},
    {"rule_failure", Kind::rule_failure},
    {"detection_item_failure", Kind::detection_item_failure},
    {"strict_field_mapping_failure", Kind::strict_field_mapping_failure},
}};

// Transformations of pySigma that mean nothing here, or would run or read what is outside.
constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kRefused = {{
    {"query_expression_placeholders", "writes queries, and no query is written here"},
    {"field_name_transform", "needs a function of a program"},
    {"extract_fields", "is for queries (map the fields with field_name_mapping)"},
    {"file_placeholders", "reads files: a pipeline must be whole in itself (use vars)"},
    {"http_placeholders", "reads from the network: a pipeline must be whole in itself (use vars)"},
    {"command_placeholders", "runs commands: a pipeline must be whole in itself (use vars)"},
    {"regex", "works around queries that mind case; strings ignore case here"},
}};

// "\1", "\g<1>" and "\g<name>" of Python as RE2 writes them; nothing where RE2 has no such thing.
std::optional<std::string> rewrite_of(std::string_view python, const re2::RE2& pattern) {
  std::string out;
  for (std::size_t i = 0; i < python.size(); ++i) {
    if (python[i] != '\\') {
      out.push_back(python[i]);
      continue;
    }
    const char next = ++i < python.size() ? python[i] : '\\';
    if (next >= '0' && next <= '9') {
      out += std::string("\\") + next;
    } else if (next == 'n' || next == 't') {
      out.push_back(next == 'n' ? '\n' : '\t');
    } else if (next == 'g' && i + 1 < python.size() && python[i + 1] == '<') {
      const std::size_t end = python.find('>', i);
      if (end == std::string_view::npos) return std::nullopt;
      const std::string name(python.substr(i + 2, end - i - 2));
      const auto& names = pattern.NamedCapturingGroups();
      const auto named = names.find(name);
      if (named == names.end() && (name.size() != 1 || name[0] < '0' || name[0] > '9')) {
        return std::nullopt;
      }
      out += "\\" + (named == names.end() ? name : std::to_string(named->second));
      i = end;
    } else if (next == '\\') {
      out += "\\\\";
    } else {
      out += std::string("\\\\") + next;
    }
  }
  std::string error;
  if (!pattern.CheckRewriteString(out, &error)) return std::nullopt;
  return out;
}

std::optional<PipelineItem> read_item(const YamlNode& node, const ReadContext& context);

class ItemReader {
 public:
  ItemReader(const YamlNode& node, const ReadContext& context)
      : node_(node), context_(context), members_(node, "transformations", context) {}

  std::optional<PipelineItem> run() {
    const std::string type = members_.text("type");
    const auto known = std::ranges::find(kKinds, type, &std::pair<std::string_view, Kind>::first);
    if (known == kKinds.end()) {
      refuse_type(type);
      return std::nullopt;
    }
    out_.kind = known->second;
    out_.file = context_.file;
    out_.at = node_.at;
    out_.id = members_.text_or("id", "");
    for (const std::string level : {"rule", "detection_item", "field_name"}) {
      for (const char* what : {"_conditions", "_cond_op", "_cond_not", "_cond_expr"}) {
        members_.know(level + what);
      }
    }
    out_.for_rule = read_condition_group(node_, "rule", context_);
    out_.for_item = read_condition_group(node_, "detection_item", context_);
    out_.for_field = read_condition_group(node_, "field_name", context_);
    parameters();
    members_.finish();
    return std::move(out_);
  }

 private:
  void error(const YamlNode& at, const std::string& name, std::string message) {
    context_.error(at.at, members_.path(name), std::move(message));
  }

  void refuse_type(const std::string& type) {
    const YamlNode* node = node_.find("type");
    if (node == nullptr) return;
    for (const auto& [name, why] : kRefused) {
      if (name == type) return error(*node, "type", type + " " + std::string(why));
    }
    error(*node, "type", "\"" + printable(type) + "\" is no transformation (see the rule guide)");
  }

  void parameters() {
    switch (out_.kind) {
      case Kind::field_name_mapping: return mapping(NullKey::allowed);
      case Kind::field_name_prefix_mapping:
      case Kind::map_string: return mapping(NullKey::refused);
      case Kind::field_name_prefix: out_.text = members_.text("prefix"); return;
      case Kind::field_name_suffix: out_.text = members_.text("suffix"); return;
      case Kind::add_condition: return add_condition();
      case Kind::change_logsource:
        for (const char* name : {"category", "product", "service"}) members_.know(name);
        out_.logsource = read_logsource(node_, "transformations", context_);
        return;
      case Kind::value_placeholders:
      case Kind::wildcard_placeholders: return placeholders();
      case Kind::replace_string: return replace_string();
      case Kind::set_value: return set_value();
      case Kind::convert_type: return word("target_type", {"str", "num"});
      case Kind::change_case: return word("method", {"lower", "upper"});
      case Kind::hashes_fields: return hashes_fields();
      case Kind::set_state: return set_state();
      case Kind::set_attribute: return set_attribute();
      case Kind::list_of_fields: return list_of_fields();
      case Kind::nest: return nest();
      case Kind::rule_failure:
      case Kind::detection_item_failure: out_.text = members_.text("message"); return;
      case Kind::drop_detection_item:
      case Kind::strict_field_mapping_failure: return;
    }
  }

  enum class NullKey : std::uint8_t { refused, allowed };
  void mapping(NullKey null_key) {
    const YamlNode* map = members_.need("mapping");
    if (map == nullptr) return;
    if (!map->is_map()) return error(*map, "mapping", "must be a map of names to names");
    for (const auto& [key, value] : map->members) {
      const bool null = key.kind == YamlNode::Kind::null;
      if (null && null_key == NullKey::refused) error(key, "mapping", "null is for field names");
      FieldMapping one;
      if (!null) one.from = key.text;
      one.to = members_.texts(value, "mapping");
      if (one.to.empty())
        error(value, "mapping", "is empty (to drop an item: drop_detection_item)");
      out_.mapping.push_back(std::move(one));
    }
  }

  void add_condition() {
    const YamlNode* conditions = members_.need("conditions");
    out_.negated = members_.flag("negated");
    out_.is_template = members_.flag("template");
    if (const YamlNode* name = members_.find("name")) added_name(*name);
    if (conditions == nullptr) return;
    out_.selection = read_selection(*conditions, members_.path("conditions"), context_);
    if (out_.selection && !out_.is_template) (void)resolve_selection(*out_.selection, context_);
  }

  // Conditions of the rule can say it: so it must be a word there.
  void added_name(const YamlNode& node) {
    out_.text = members_.text("name");
    const auto parsed = parse_condition(out_.text);
    const auto* word = std::get_if<ConditionAst>(&parsed);
    if (word != nullptr && word->kind == ConditionAst::Kind::name && word->name == out_.text)
      return;
    error(node, "name", "must be a name that a condition can have");
  }

  void word(const std::string& name, std::initializer_list<std::string_view> known) {
    const bool has_default = out_.kind == Kind::change_case;
    out_.text = has_default ? members_.text_or(name, "lower") : members_.text(name);
    if (std::ranges::find(known, out_.text) != known.end()) return;
    std::string list;
    for (const std::string_view one : known)
      list += (list.empty() ? "" : " or ") + std::string(one);
    const YamlNode* node = members_.find(name);
    error(node == nullptr ? node_ : *node, name, "must be " + list);
  }

  void set_value() {
    const YamlNode* value = members_.need("value");
    const std::string type = members_.text_or("force_type", "");
    if (value == nullptr) return;
    const auto scalar = read_scalar(*value, members_.path("value"), context_);
    if (!scalar) return;
    out_.value = *scalar;
    if (type.empty()) return;
    const bool simple = scalar->kind != ScalarAst::Kind::null;
    if (!simple || (type != "str" && type != "num")) {
      return error(*value, "force_type", "must be str or num, for a text or a number");
    }
    out_.value.kind = type == "str" ? ScalarAst::Kind::string : ScalarAst::Kind::number;
    if (type == "str" || scalar->kind == ScalarAst::Kind::number) return;
    const auto number = parse_number(scalar->text);
    if (!number) return error(*value, "value", "is no number");
    out_.value.number = *number;
  }

  void hashes_fields() {
    if (const YamlNode* known = members_.need("valid_hash_algos")) {
      out_.algorithms = members_.texts(*known, "valid_hash_algos");
    }
    out_.text = members_.text_or("field_prefix", "");
    out_.drop_algorithm = members_.flag("drop_algo_prefix");
    if (out_.drop_algorithm && out_.text.empty()) {
      error(node_, "field_prefix", "is needed with drop_algo_prefix (else there is no name)");
    }
  }

  void set_attribute() {
    out_.text = members_.text("attribute");
    const YamlNode* value = members_.need("value");
    if (value == nullptr) return;
    out_.is_list = value->is_list();
    const std::span<const YamlNode> list =
        value->is_list() ? std::span(value->items) : std::span(value, 1);
    for (const YamlNode& one : list) {
      const auto scalar = read_scalar(one, members_.path("value"), context_);
      if (scalar) out_.values.push_back(*scalar);
    }
  }

  void list_of_fields() {
    const YamlNode* type = node_.find("type");
    const std::string name = type->text == "set_field" ? "fields" : "field";
    if (const YamlNode* fields = members_.need(name)) (void)members_.texts(*fields, name);
    context_.warn(type->at, "transformations.type",
                  type->text + " changes nothing: nobody reads a rule's list of fields here");
  }

  void nest() {
    for (const char* level : {"detection_item_conditions", "field_name_conditions"}) {
      const YamlNode* node = node_.find(level);
      if (node != nullptr) error(*node, level, "must stand at the items within (move them)");
    }
    const YamlNode* items = members_.need("items");
    if (items == nullptr) return;
    if (!items->is_list()) return error(*items, "items", "must be a list");
    for (const YamlNode& node : items->items) {
      auto item = read_item(node, context_);
      if (item) out_.nested.push_back(std::move(*item));
    }
  }

  void placeholders() {
    if (const YamlNode* include = members_.find("include")) {
      out_.include = members_.texts(*include, "include");
    }
    if (const YamlNode* exclude = members_.find("exclude")) {
      out_.exclude = members_.texts(*exclude, "exclude");
      if (out_.include) error(*exclude, "exclude", "and include: write one of them");
    }
  }

  void replace_string() {
    const YamlNode* regex = members_.need("regex");
    const YamlNode* replacement = members_.need("replacement");
    out_.skip_special = members_.flag("skip_special");
    out_.interpret_special = members_.flag("interpret_special");
    if (regex == nullptr || replacement == nullptr) return;
    out_.pattern = read_pattern(*regex, members_.path("regex"), context_);
    if (!out_.pattern) return;
    const auto rewrite = rewrite_of(replacement->text, *out_.pattern);
    if (!rewrite) {
      return error(*replacement, "replacement", "names a group that the pattern does not have");
    }
    out_.text = *rewrite;
  }

  void set_state() {
    out_.text = members_.text("key");
    const YamlNode* value = members_.need("val");
    if (value == nullptr) return;
    const auto scalar = read_scalar(*value, members_.path("val"), context_);
    if (scalar) out_.value = *scalar;
  }

  const YamlNode& node_;
  const ReadContext& context_;
  YamlMembers members_;
  PipelineItem out_;
};

std::optional<PipelineItem> read_item(const YamlNode& node, const ReadContext& context) {
  if (node.is_map()) return ItemReader(node, context).run();
  context.error(node.at, "transformations", "must be maps");
  return std::nullopt;
}

void read_variables(const YamlNode& node, const ReadContext& context, PipelineProgram& out) {
  if (!node.is_map()) return context.error(node.at, "vars", "must be a map of names to values");
  for (const auto& [name, value] : node.members) {
    std::vector<std::string>& values = out.variables[name.text];
    const std::span<const YamlNode> list =
        value.is_list() ? std::span(value.items) : std::span(&value, 1);
    for (const YamlNode& one : list) {
      if (one.is_scalar()) values.push_back(one.text);
      if (!one.is_scalar()) context.error(one.at, "vars", "must be text or numbers");
    }
    if (values.empty()) context.error(value.at, "vars", "has no value (give at least one)");
  }
}

}  // namespace

PipelineFile read_pipeline(const YamlNode& document, const ReadContext& context) {
  PipelineFile out;
  if (!document.is_map()) {
    context.error(document.at, "", "a pipeline must be a map (begin with `name:`)");
    return out;
  }
  YamlMembers members(document, "pipeline", context);
  (void)members.text_or("name", "");
  if (const YamlNode* priority = members.find("priority")) {
    const auto number = read_scalar(*priority, "priority", context);
    const bool whole = number && number->kind == ScalarAst::Kind::number &&
                       number->number == static_cast<double>(static_cast<int>(number->number));
    if (!whole) context.error(priority->at, "priority", "must be a whole number");
    if (whole) out.priority = static_cast<std::int64_t>(number->number);
  }
  if (const YamlNode* backends = members.find("allowed_backends")) {
    context.warn(backends->at, "allowed_backends", "is not looked at: there are no backends here");
  }
  for (const char* name : {"postprocessing", "finalizers"}) {
    const YamlNode* node = members.find(name);
    if (node == nullptr || (node->is_list() && node->items.empty())) continue;
    context.error(node->at, name, "changes the text of queries, and no query is written here");
  }
  if (const YamlNode* variables = members.find("vars")) {
    read_variables(*variables, context, out.program);
  }
  members.know("transformations");
  members.finish();
  const YamlNode* items = document.find("transformations");
  if (items == nullptr) return out;
  if (!items->is_list()) context.error(items->at, "transformations", "must be a list");
  for (const YamlNode& node : items->items) {
    auto item = read_item(node, context);
    if (item) out.program.items.push_back(std::move(*item));
  }
  return out;
}

}  // namespace proviso::rules
