// SPDX-License-Identifier: Apache-2.0
#include "rules/reader.h"

#include "base/encoding.h"
#include "rules/yaml_digest.h"

namespace proviso::rules {
namespace {

class RuleReader {
 public:
  RuleReader(const YamlNode& top, const ReadContext& context, const ReadOptions& options)
      : top_(top), context_(context), options_(options) {}

  std::optional<RuleAst> run() {
    const std::size_t before = context_.diagnostics.count();
    if (!top_.is_map()) {
      context_.error(top_.at, "", "a rule must be a map (begin with `title:`)");
      return std::nullopt;
    }
    check_schema(top_, context_);
    read_info();
    if (options_.keep_attributes) read_attributes();
    read_proviso();
    read_body();
    if (context_.diagnostics.count() != before) return std::nullopt;
    return std::move(out_);
  }

 private:
  std::string text(std::string_view key) {
    const YamlNode* node = top_.find(key);
    if (node == nullptr || node->kind == YamlNode::Kind::null) return "";
    return node->text;  // check_schema() has reported what is no text
  }

  void read_info() {
    RuleInfo& info = out_.info;
    info.file = context_.file;
    info.at = top_.at;
    info.title = text("title");
    info.id = text("id");
    info.name = text("name");
    info.author = text("author");
    info.level = text("level");
    info.license = text("license");
    info.modified = text("modified");
    if (info.modified.empty()) info.modified = text("date");
    info.definition = yaml_digest(top_);
    if (const YamlNode* tags = top_.find("tags")) {
      for (const YamlNode& tag : tags->items) info.tags.push_back(tag.text);
    }
    if (const YamlNode* logsource = top_.find("logsource")) {
      info.logsource = rules::read_logsource(*logsource, "logsource", context_);
    }
  }

  void read_attributes() {
    for (const auto& [key, value] : top_.members) {
      RuleAttribute attribute{key.text, value.is_list(), {}};
      const std::span<const YamlNode> values =
          value.is_list() ? std::span(value.items) : std::span(&value, 1);
      Diagnostics ignored;
      for (const YamlNode& one : values) {
        auto scalar = one.is_scalar() ? read_scalar(one, key.text, {context_.file, ignored})
                                      : std::optional<ScalarAst>();
        if (scalar) attribute.values.push_back(std::move(*scalar));
      }
      if (!attribute.values.empty()) out_.attributes.push_back(std::move(attribute));
    }
  }

  // `proviso:` is open for attributes of later versions, but what it holds must be scalars, lists
  // of scalars or maps of them; the names known today must have their type.
  void read_proviso() {
    const YamlNode* node = top_.find("proviso");
    if (node == nullptr) return;
    if (!node->is_map()) return context_.error(node->at, "proviso", "must be a map");
    if (const YamlNode* terms = node->find("terms")) read_terms(*terms);
    read_shadow(*node);
    if (const YamlNode* quiet = node->find("quiet")) {
      if (quiet->is_scalar()) out_.info.quiet = parse_timespan(quiet->text);
      if (!out_.info.quiet) {
        context_.error(quiet->at, "proviso.quiet",
                       "must be a number and s, m, h, d, w, M or y, e.g. 12h; at most 10y");
      }
    }
    if (const YamlNode* independence = node->find("independence")) {
      if (!independence->is_scalar() || independence->text.empty()) {
        context_.error(independence->at, "proviso.independence", "must be text");
      }
      out_.info.independence = independence->text;
    }
  }

  void read_shadow(const YamlNode& proviso) {
    if (const YamlNode* shadow = proviso.find("shadow")) {
      const auto scalar = read_scalar(*shadow, "proviso.shadow", context_);
      if (scalar && scalar->kind != ScalarAst::Kind::boolean) {
        context_.error(shadow->at, "proviso.shadow", "must be true or false");
      }
      out_.info.shadow = scalar && scalar->text == "true";
      out_.info.shadow_at = shadow->at;
    }
    const YamlNode* of = proviso.find("shadow_of");
    if (of == nullptr) return;
    out_.info.shadow_at = of->at;
    if (of->is_scalar() && !of->text.empty()) {
      out_.info.shadow_of = of->text;
    } else {
      context_.error(of->at, "proviso.shadow_of", "must be the id or name of a rule");
    }
    if (!out_.info.shadow) {
      context_.error(of->at, "proviso.shadow_of", "is for a shadow (add `shadow: true`)");
    }
  }

  void read_terms(const YamlNode& node) {
    if (!node.is_list() || node.items.empty()) {
      return context_.error(node.at, "proviso.terms", "must be a list of term ids, e.g. [T-1]");
    }
    for (const YamlNode& term : node.items) {
      if (!term.is_scalar() || term.text.empty()) {
        context_.error(term.at, "proviso.terms", "must be term ids");
        continue;
      }
      out_.info.terms.push_back(term.text);
    }
  }

  void read_body() {
    const YamlNode* detection = top_.find("detection");
    const YamlNode* correlation = top_.find("correlation");
    const YamlNode* filter = top_.find("filter");
    const int bodies = (detection != nullptr) + (correlation != nullptr) + (filter != nullptr);
    if (bodies != 1) {
      return context_.error(top_.at, "", "has not one of detection, correlation and filter");
    }
    if (correlation != nullptr) {
      out_.correlation = read_correlation(*correlation, context_);
      return;
    }
    if (top_.find("logsource") == nullptr) {
      context_.error(top_.at, "logsource", "is missing (say what logs the rule is for)");
    }
    if (filter != nullptr) out_.filter = read_filter(*filter, context_);
    if (detection != nullptr) out_.detection = read_detection(*detection, context_);
  }

  const YamlNode& top_;
  const ReadContext& context_;
  const ReadOptions& options_;
  RuleAst out_;
};

}  // namespace

LogSource read_logsource(const YamlNode& node, const std::string& path,
                         const ReadContext& context) {
  if (!node.is_map()) {
    context.error(node.at, path, "must be a map of category, product, service");
    return {};
  }
  const auto attribute = [&](std::string_view key) -> std::string {
    const YamlNode* value = node.find(key);
    if (value == nullptr || value->kind == YamlNode::Kind::null) return "";
    if (value->is_scalar()) return value->text;
    context.error(value->at, path + "." + std::string(key), "must be text");
    return "";
  };
  const std::size_t before = context.diagnostics.count();
  LogSource out{attribute("category"), attribute("product"), attribute("service")};
  (void)attribute("definition");
  const bool empty = out.category.empty() && out.product.empty() && out.service.empty();
  if (empty && context.diagnostics.count() == before) {
    context.error(node.at, path, "has none of category, product, service (name one at least)");
  }
  return out;
}

std::optional<RuleAst> read_rule(const YamlNode& document, const ReadContext& context,
                                 const ReadOptions& options) {
  if (document.kind == YamlNode::Kind::null) return std::nullopt;
  return RuleReader(document, context, options).run();
}

}  // namespace proviso::rules
