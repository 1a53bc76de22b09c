// SPDX-License-Identifier: Apache-2.0
#include "base/encoding.h"
#include "rules/reader.h"

// Shapes of a search identifier:
//   map               every item must hold
//   list of maps      any of them
//   list of scalars   keywords, any of them ("'|all': [...]" in a map: all of them)
//   scalar            one keyword
namespace proviso::rules {
namespace {

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

class DetectionReader {
 public:
  explicit DetectionReader(const ReadContext& context) : context_(context) {}

  std::optional<SelectionAst> selection(const YamlNode& node, const std::string& path) {
    if (node.is_map()) return map(node, path);
    if (node.is_list()) return list(node, path);
    if (node.kind == YamlNode::Kind::null) {
      context_.error(node.at, path, "is empty (write what it looks for)");
      return std::nullopt;
    }
    return keywords({&node, 1}, path);
  }

 private:
  std::optional<SelectionAst> map(const YamlNode& node, const std::string& path) {
    SelectionAst all{.kind = SelectionAst::Kind::all_of};
    if (node.members.empty()) context_.error(node.at, path, "is empty (write what it looks for)");
    bool good = !node.members.empty();
    for (const auto& [key, value] : node.members) {
      auto one = item(key, value, path);
      if (!one) good = false;
      if (one) all.children.push_back({.kind = SelectionAst::Kind::item, .item = std::move(*one)});
    }
    if (!good) return std::nullopt;
    return all;
  }

  std::optional<ItemAst> item(const YamlNode& key, const YamlNode& value, const std::string& path) {
    ItemAst out;
    out.modifiers = split(key.text, '|');
    out.field = out.modifiers.front();
    out.modifiers.erase(out.modifiers.begin());
    out.at = key.at;
    out.path = path + "." + printable(key.text);
    bool good = true;
    const auto add = [&](const YamlNode& node) {
      auto scalar = read_scalar(node, out.path, context_);
      if (!scalar) good = false;
      if (scalar) out.values.push_back(std::move(*scalar));
    };
    if (value.is_list()) {
      for (const YamlNode& one : value.items) add(one);
      // pySigma: a field with an empty list of values is a field that is null.
      if (value.items.empty()) out.values.push_back({.at = value.at});
    } else {
      add(value);
    }
    if (!good) return std::nullopt;
    return out;
  }

  std::optional<SelectionAst> list(const YamlNode& node, const std::string& path) {
    SelectionAst any{.kind = SelectionAst::Kind::any_of};
    if (node.items.empty()) context_.error(node.at, path, "is empty (write what it looks for)");
    bool good = !node.items.empty();
    for (const YamlNode& one : node.items) {
      auto child = selection(one, path);
      if (!child) good = false;
      if (child) any.children.push_back(std::move(*child));
    }
    if (!good) return std::nullopt;
    return any;
  }

  std::optional<SelectionAst> keywords(std::span<const YamlNode> nodes, const std::string& path) {
    SelectionAst out;
    out.item.path = path;
    out.item.at = nodes.front().at;
    for (const YamlNode& node : nodes) {
      auto scalar = read_scalar(node, path, context_);
      if (!scalar) return std::nullopt;
      out.item.values.push_back(std::move(*scalar));
    }
    return out;
  }

  const ReadContext& context_;
};

void read_conditions(const YamlNode& node, const std::string& path, DetectionAst& out,
                     const ReadContext& context) {
  const auto add = [&](const YamlNode& one) {
    if (!one.is_scalar() || one.text.empty()) {
      return context.error(one.at, path, "must be text (name the selections)");
    }
    // Inside quotes the text begins one column on; where it spans lines only the beginning is
    // exact.
    Position at = one.at;
    if (!one.plain) ++at.column;
    out.conditions.push_back({one.text, at});
  };
  if (!node.is_list()) return add(node);
  if (node.items.empty()) context.error(node.at, path, "is empty");
  for (const YamlNode& one : node.items) add(one);
}

// The selections of a rule or a filter; `own` says which members are none.
template <class Own>
bool read_members(const YamlNode& node, const std::string& path, DetectionAst& out,
                  const ReadContext& context, const Own& own) {
  const std::size_t errors_before = context.diagnostics.count();
  DetectionReader reader(context);
  for (const auto& [key, value] : node.members) {
    if (own(key.text, key, value)) continue;
    if (key.text == "condition") {
      read_conditions(value, path + ".condition", out, context);
      continue;
    }
    auto selection = reader.selection(value, path + "." + printable(key.text));
    if (selection) out.selections.push_back({key.text, key.at, std::move(*selection)});
  }
  if (node.find("condition") == nullptr) {
    context.error(node.at, path, "has no condition (add `condition:`)");
  }
  if (context.diagnostics.count() != errors_before) return false;
  if (!out.selections.empty()) return true;
  context.error(node.at, path, "has no selection (say what to look for)");
  return false;
}

}  // namespace

std::optional<SelectionAst> read_selection(const YamlNode& node, const std::string& path,
                                           const ReadContext& context) {
  return DetectionReader(context).selection(node, path);
}

std::optional<DetectionAst> read_detection(const YamlNode& node, const ReadContext& context) {
  if (!node.is_map()) {
    context.error(node.at, "detection", "must be a map of selections and a condition");
    return std::nullopt;
  }
  DetectionAst out;
  const auto own = [&](const std::string& name, const YamlNode& key, const YamlNode&) {
    if (name != "timeframe") return false;
    context.error(key.at, "detection.timeframe", "is no longer Sigma (write a correlation rule)");
    return true;
  };
  if (!read_members(node, "detection", out, context, own)) return std::nullopt;
  return out;
}

namespace {

void read_filter_rules(const YamlNode& node, FilterAst& out, const ReadContext& context) {
  if (node.is_scalar() && (node.text == "any" || node.text == "all")) {
    out.any = true;
    return;
  }
  const auto add = [&](const YamlNode& one) {
    if (one.is_scalar() && !one.text.empty()) return out.rules.push_back({one.text, one.at});
    context.error(one.at, "filter.rules", "must be ids or names of rules, or `any`");
  };
  if (!node.is_list()) return add(node);
  for (const YamlNode& one : node.items) add(one);
  if (!node.items.empty()) return;
  out.any = true;
  context.warn(node.at, "filter.rules", "an empty list means every rule (write `any`)");
}

}  // namespace

std::optional<FilterAst> read_filter(const YamlNode& node, const ReadContext& context) {
  if (!node.is_map()) {
    context.error(node.at, "filter", "must be a map of rules, selections and a condition");
    return std::nullopt;
  }
  FilterAst out;
  out.at = node.at;
  if (node.find("rules") == nullptr) {
    context.error(node.at, "filter", "has no `rules` (name them, or write `rules: any`)");
  }
  const auto own = [&](const std::string& name, const YamlNode&, const YamlNode& value) {
    if (name != "rules") return false;
    read_filter_rules(value, out, context);
    return true;
  };
  if (!read_members(node, "filter", out.detection, context, own)) return std::nullopt;
  if (out.detection.conditions.size() == 1) return out;
  context.error(node.find("condition")->at, "filter.condition", "must be one text, not a list");
  return std::nullopt;
}

}  // namespace proviso::rules
