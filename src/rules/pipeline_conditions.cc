// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <set>

#include <re2/re2.h>

#include "base/encoding.h"
#include "rules/pipeline_items.h"
#include "rules/yaml_members.h"

namespace proviso::rules {
namespace {

using Kind = PipelineCondition::Kind;

struct NamedKind {
  std::string_view level;
  std::string_view type;
  Kind kind;
};

constexpr std::array<NamedKind, 19> kKinds = {{
    {"rule", "logsource", Kind::logsource},
    {"rule", "contains_detection_item", Kind::contains_detection_item},
    {"rule", "contains_field", Kind::contains_field},
    {"rule", "processing_item_applied", Kind::item_applied},
    {"rule", "processing_state", Kind::state},
    {"rule", "is_sigma_rule", Kind::is_rule},
    {"rule", "is_sigma_correlation_rule", Kind::is_correlation},
    {"rule", "rule_attribute", Kind::rule_attribute},
    {"rule", "tag", Kind::tag},
    {"detection_item", "match_string", Kind::match_string},
    {"detection_item", "match_value", Kind::match_value},
    {"detection_item", "contains_wildcard", Kind::contains_wildcard},
    {"detection_item", "is_null", Kind::is_null},
    {"detection_item", "processing_item_applied", Kind::item_applied},
    {"detection_item", "processing_state", Kind::state},
    {"field_name", "include_fields", Kind::include_fields},
    {"field_name", "exclude_fields", Kind::exclude_fields},
    {"field_name", "processing_item_applied", Kind::item_applied},
    {"field_name", "processing_state", Kind::state},
}};

constexpr std::array<std::pair<std::string_view, Relation>, 8> kRelations = {{
    {"eq", Relation::eq},
    {"ne", Relation::ne},
    {"gte", Relation::gte},
    {"gt", Relation::gt},
    {"lte", Relation::lte},
    {"lt", Relation::lt},
    {"in", Relation::in},
    {"not_in", Relation::not_in},
}};

class ConditionsReader {
 public:
  ConditionsReader(const YamlNode& item, const std::string& level, const ReadContext& context)
      : item_(item), level_(level), context_(context) {}

  ConditionGroup run() {
    if (const YamlNode* list = item_.find(level_ + "_conditions")) conditions(*list);
    linking();
    if (out_.conditions.empty() && (out_.negated || out_.any || out_.expression)) {
      context_.error(item_.at, level_ + "_conditions", "are missing (add them)");
    }
    return std::move(out_);
  }

 private:
  void conditions(const YamlNode& list) {
    if (list.is_list()) {
      for (const YamlNode& one : list.items) add(one, "");
    } else if (list.is_map()) {
      for (const auto& [key, one] : list.members) add(one, key.text);
    } else {
      context_.error(list.at, level_ + "_conditions", "must be a list, or a map of named ones");
    }
  }

  void add(const YamlNode& node, const std::string& key) {
    const std::string where = level_ + "_conditions";
    if (!node.is_map()) return context_.error(node.at, where, "a condition must be a map");
    YamlMembers members(node, where, context_);
    const std::string type = members.text("type");
    const auto known = std::ranges::find_if(
        kKinds, [&](const NamedKind& k) { return k.level == level_ && k.type == type; });
    if (known == kKinds.end()) {
      const YamlNode* at = node.find("type");
      return context_.error(at == nullptr ? node.at : at->at, where + ".type",
                            "\"" + printable(type) + "\" is no condition of a " + level_);
    }
    PipelineCondition condition;
    condition.kind = known->kind;
    condition.at = node.at;
    condition.key = key;
    parameters(members, node, condition);
    members.finish();
    out_.conditions.push_back(std::move(condition));
  }

  void parameters(YamlMembers& members, const YamlNode& node, PipelineCondition& c) {
    switch (c.kind) {
      case Kind::logsource:
        for (const char* name : {"category", "product", "service"}) members.know(name);
        c.logsource = read_logsource(node, members.path("logsource"), context_);
        return;
      case Kind::contains_detection_item:
        c.name = members.text("field");
        return value(members, "value", c);
      case Kind::contains_field: c.name = members.text("field"); return;
      case Kind::item_applied: c.name = members.text("processing_item_id"); return;
      case Kind::state:
        c.name = members.text("key");
        value(members, "val", c);
        return relation(members, c);
      case Kind::rule_attribute:
        c.name = members.text("attribute");
        value(members, "value", c);
        return relation(members, c);
      case Kind::tag:
        c.name = members.text("tag");
        if (c.name.find('.') == std::string::npos) {
          context_.error(c.at, members.path("tag"), "must be NAMESPACE.NAME");
        }
        return;
      case Kind::match_string:
        every(members, c);
        if (const YamlNode* pattern = members.need("pattern")) {
          c.patterns.push_back(read_pattern(*pattern, members.path("pattern"), context_));
        }
        c.negate = members.flag("negate");
        return;
      case Kind::match_value: every(members, c); return value(members, "value", c);
      case Kind::contains_wildcard:
      case Kind::is_null: return every(members, c);
      case Kind::include_fields:
      case Kind::exclude_fields: return fields(members, c);
      case Kind::is_rule:
      case Kind::is_correlation: return;
    }
  }

  void value(YamlMembers& members, const std::string& name, PipelineCondition& c) {
    const YamlNode* node = members.need(name);
    if (node == nullptr) return;
    const auto scalar = read_scalar(*node, members.path(name), context_);
    if (scalar) c.value = *scalar;
  }

  void relation(YamlMembers& members, PipelineCondition& c) {
    const std::string op = members.text_or("op", "eq");
    for (const auto& [name, relation] : kRelations) {
      const bool of_lists = relation == Relation::in || relation == Relation::not_in;
      if (name != op || (of_lists && c.kind == Kind::state)) continue;
      c.relation = relation;
      return;
    }
    context_.error(c.at, members.path("op"), "must be eq, ne, gte, gt, lte or lt (or in, not_in)");
  }

  void every(YamlMembers& members, PipelineCondition& c) {
    const std::string cond = members.text("cond");
    if (cond != "any" && cond != "all") {
      context_.error(c.at, members.path("cond"), "must be any or all");
    }
    c.every = cond == "all";
  }

  void fields(YamlMembers& members, PipelineCondition& c) {
    const YamlNode* node = members.need("fields");
    if (node != nullptr) c.fields = members.texts(*node, "fields");
    const std::string mode = members.text_or("mode", "plain");
    if (mode != "plain" && mode != "re") {
      context_.error(c.at, members.path("mode"), "must be plain or re");
    }
    if (mode != "re" || node == nullptr) return;
    const std::span<const YamlNode> list =
        node->is_list() ? std::span(node->items) : std::span(node, 1);
    for (const YamlNode& one : list) {
      c.patterns.push_back(read_pattern(one, members.path("fields"), context_));
    }
  }

  void linking() {
    YamlMembers members(item_, "transformations", context_);
    const std::string op = members.text_or(level_ + "_cond_op", "");
    if (!op.empty() && op != "and" && op != "or") {
      context_.error(item_.at, level_ + "_cond_op", "must be and or or");
    }
    out_.any = op == "or";
    out_.negated = members.flag(level_ + "_cond_not");
    const YamlNode* expression = item_.find(level_ + "_cond_expr");
    if (expression == nullptr) return;
    if (!op.empty()) {
      context_.error(expression->at, level_ + "_cond_expr", "and an operator: write one of them");
    }
    parse_expression(*expression);
  }

  void parse_expression(const YamlNode& node) {
    const std::string item = level_ + "_cond_expr";
    const auto parsed = parse_condition(node.text, {.quantifiers = false});
    const auto at = [&](std::size_t offset) {
      const auto column =
          node.at.column + static_cast<std::uint32_t>(offset + (node.plain ? 0 : 1));
      return Position{node.at.line, column};
    };
    if (const auto* fault = std::get_if<ConditionError>(&parsed)) {
      return context_.error(at(fault->offset), item, fault->message);
    }
    out_.expression = std::get<ConditionAst>(parsed);
    std::set<std::string> used;
    collect(*out_.expression, used, [&](const ConditionAst& unknown) {
      context_.error(at(unknown.offset), item, "there is no condition \"" + unknown.name + "\"");
    });
    for (const PipelineCondition& c : out_.conditions) {
      if (used.contains(c.key)) continue;
      context_.error(c.at, item, "does not use the condition \"" + printable(c.key) + "\"");
    }
  }

  template <class Unknown>
  void collect(const ConditionAst& node, std::set<std::string>& used, const Unknown& unknown) {
    if (node.kind == ConditionAst::Kind::name) {
      const auto has = std::ranges::find(out_.conditions, node.name, &PipelineCondition::key);
      if (has == out_.conditions.end()) unknown(node);
      used.insert(node.name);
    }
    for (const ConditionAst& child : node.children) collect(child, used, unknown);
  }

  const YamlNode& item_;
  const std::string& level_;
  const ReadContext& context_;
  ConditionGroup out_;
};

}  // namespace

ConditionGroup read_condition_group(const YamlNode& item, const std::string& level,
                                    const ReadContext& context) {
  return ConditionsReader(item, level, context).run();
}

std::shared_ptr<const re2::RE2> read_pattern(const YamlNode& node, const std::string& path,
                                             const ReadContext& context) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1LL << 20U);
  auto pattern = std::make_shared<const re2::RE2>(node.text, options);
  if (node.is_scalar() && pattern->ok()) return pattern;
  context.error(node.at, path,
                "the regular expression is not supported: " + pattern->error() +
                    " (RE2 has no look-around and no back references)");
  return nullptr;
}

}  // namespace proviso::rules
