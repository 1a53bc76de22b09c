// SPDX-License-Identifier: Apache-2.0
#include <map>

#include "base/encoding.h"
#include "rules/compiler.h"
#include "rules/condition.h"
#include "rules/item_compiler.h"

namespace proviso::rules {
namespace {

// "1 of them" over many selections in every branch of a long condition copies them; this bounds it.
constexpr std::size_t kNodesMax = 200'000;

std::size_t count_nodes(const Expression& e) {
  std::size_t count = 1;
  for (const Expression& child : e.children) count += count_nodes(child);
  return count;
}

// What a pipeline has emptied: no condition at all, neither true nor false.
bool is_nothing(const Expression& e) {
  return e.kind != Expression::Kind::test && e.children.empty();
}
Expression nothing() { return Expression::any_of({}); }

Expression join(Expression::Kind kind, std::vector<Expression> children) {
  std::erase_if(children, is_nothing);
  if (children.empty()) return nothing();
  return kind == Expression::Kind::all_of ? Expression::all_of(std::move(children))
                                          : Expression::any_of(std::move(children));
}

std::optional<Expression> compile_selection(const ResolvedSelection& selection,
                                            const ReadContext& context) {
  using Kind = ResolvedSelection::Kind;
  if (selection.kind == Kind::item) return compile_item(selection.item, context);
  std::vector<Expression> children;
  bool good = true;
  for (const ResolvedSelection& child : selection.children) {
    auto one = compile_selection(child, context);
    if (!one) good = false;
    if (one) children.push_back(std::move(*one));
  }
  if (!good) return std::nullopt;
  return join(selection.kind == Kind::all_of ? Expression::Kind::all_of : Expression::Kind::any_of,
              std::move(children));
}

class ConditionCompiler {
 public:
  ConditionCompiler(const std::map<std::string, Expression>& selections, Position at,
                    const std::string& path, const ReadContext& context)
      : selections_(selections), at_(at), path_(path), context_(context) {}

  std::optional<Expression> compile(const ConditionAst& node) {
    if (node.kind == ConditionAst::Kind::name) return name(node);
    if (node.kind == ConditionAst::Kind::one_of || node.kind == ConditionAst::Kind::every_of) {
      return quantified(node);
    }
    std::vector<Expression> children;
    for (const ConditionAst& child : node.children) {
      auto one = compile(child);
      if (!one) return std::nullopt;
      children.push_back(std::move(*one));
    }
    if (node.kind == ConditionAst::Kind::negation) {
      if (is_nothing(children.front())) return nothing();
      return Expression::negation(std::move(children.front()));
    }
    return join(node.kind == ConditionAst::Kind::all_of ? Expression::Kind::all_of
                                                        : Expression::Kind::any_of,
                std::move(children));
  }

 private:
  std::optional<Expression> refuse(const ConditionAst& node, std::string message) {
    context_.error({at_.line, at_.column + static_cast<std::uint32_t>(node.offset)}, path_,
                   std::move(message));
    return std::nullopt;
  }

  static Expression named(const std::string& name, const Expression& selection) {
    Expression out = selection;
    out.selection = name;
    return out;
  }

  bool spend(const Expression& e) {
    nodes_ += count_nodes(e);
    return nodes_ <= kNodesMax;
  }

  std::optional<Expression> name(const ConditionAst& node) {
    const auto found = selections_.find(node.name);
    if (found == selections_.end()) {
      return refuse(node, "there is no selection \"" + printable(node.name) + "\" (add it)");
    }
    if (!spend(found->second)) return refuse(node, "is too large (name fewer selections)");
    return named(found->first, found->second);
  }

  std::optional<Expression> quantified(const ConditionAst& node) {
    std::vector<Expression> fitting;
    for (const auto& [name, selection] : selections_) {
      if (!name_fits(node.name, name)) continue;
      if (!spend(selection)) return refuse(node, "is too large (name fewer selections)");
      fitting.push_back(named(name, selection));
    }
    if (fitting.empty()) {
      return refuse(node, "no selection fits \"" + printable(node.name) + "\" (mend the pattern)");
    }
    return join(node.kind == ConditionAst::Kind::every_of ? Expression::Kind::all_of
                                                          : Expression::Kind::any_of,
                std::move(fitting));
  }

  const std::map<std::string, Expression>& selections_;
  Position at_;
  const std::string& path_;
  const ReadContext& context_;
  std::size_t nodes_ = 0;
};

std::optional<std::map<std::string, Expression>> compile_selections(
    const std::vector<NamedResolved>& selections, Diagnostics& diagnostics) {
  std::map<std::string, Expression> out;
  bool good = true;
  for (const NamedResolved& named : selections) {
    auto one = compile_selection(named.selection, {named.file, diagnostics});
    if (!one) good = false;
    if (one) out.emplace(named.name, std::move(*one));
  }
  if (!good) return std::nullopt;
  return out;
}

std::optional<Expression> compile_text(const std::map<std::string, Expression>& selections,
                                       const TextAst& text, const std::string& path,
                                       const ReadContext& context) {
  const auto parsed = parse_condition(text.text);
  if (const auto* fault = std::get_if<ConditionError>(&parsed)) {
    context.error({text.at.line, text.at.column + static_cast<std::uint32_t>(fault->offset)}, path,
                  fault->message);
    return std::nullopt;
  }
  return ConditionCompiler(selections, text.at, path, context)
      .compile(std::get<ConditionAst>(parsed));
}

}  // namespace

std::optional<Expression> compile_condition(const ResolvedDetection& detection,
                                            const ReadContext& context, const std::string& path) {
  const auto selections = compile_selections(detection.selections, context.diagnostics);
  if (!selections) return std::nullopt;
  bool good = true;
  std::vector<Expression> conditions;
  for (const TextAst& text : detection.conditions) {
    auto one = compile_text(*selections, text, path, context);
    if (!one) good = false;
    if (one) conditions.push_back(std::move(*one));
  }
  std::vector<Expression> all;
  all.push_back(join(Expression::Kind::any_of, std::move(conditions)));
  for (const AddedCondition& added : detection.added) {
    const ReadContext there{added.file, context.diagnostics};
    const auto own = added.selections.empty()
                         ? selections
                         : compile_selections(added.selections, context.diagnostics);
    auto one = own ? compile_text(*own, added.condition, added.path, there) : std::nullopt;
    if (!one) good = false;
    if (one) all.push_back(std::move(*one));
  }
  if (!good) return std::nullopt;
  auto whole = join(Expression::Kind::all_of, std::move(all));
  if (!is_nothing(whole)) return whole;
  context.error(detection.conditions.front().at, path,
                "nothing is left of the rule (the pipelines drop all of its items)");
  return std::nullopt;
}

}  // namespace proviso::rules
