// SPDX-License-Identifier: Apache-2.0
#include "rules/compiler.h"

#include <algorithm>

#include "base/encoding.h"
#include "rules/condition.h"
#include "rules/order.h"

namespace proviso::rules {
namespace {

constexpr std::size_t kNestingMax = 16;

void collect_fields(const Expression& e, std::set<std::string>& names) {
  if (e.kind == Expression::Kind::test) {
    if (!e.test.field_name.empty()) names.insert(e.test.field_name);
    if (e.test.kind == TestKind::field_ref) names.insert(e.test.other_name);
  }
  for (const Expression& child : e.children) collect_fields(child, names);
}

void bind_fields(Expression& e, const std::map<std::string, FieldId>& ids, bool& keywords) {
  if (e.kind == Expression::Kind::test) {
    if (e.test.kind == TestKind::keyword) keywords = true;
    if (!e.test.field_name.empty()) e.test.field = ids.at(e.test.field_name);
    if (e.test.kind == TestKind::field_ref) e.test.other = ids.at(e.test.other_name);
  }
  for (Expression& child : e.children) bind_fields(child, ids, keywords);
}

void collect_refs(const RefCondition& c, std::set<std::size_t>& refs) {
  if (c.kind == RefCondition::Kind::ref) refs.insert(c.ref);
  for (const RefCondition& child : c.children) collect_refs(child, refs);
}

}  // namespace

Compiler::Compiler(std::vector<ResolvedRule> rules, const RulebookPolicy* policy,
                   Diagnostics& diagnostics)
    : sources_(std::move(rules)),
      policy_(policy),
      diagnostics_(diagnostics),
      marks_(sources_.size(), Mark::none),
      program_(std::make_shared<Program>()) {}

void Compiler::error(const RuleInfo& rule, Position at, std::string item, std::string message) {
  diagnostics_.add(rule.file, at, std::move(item), std::move(message));
}

std::shared_ptr<const Program> Compiler::run(const Digest& digest) {
  const std::size_t before = diagnostics_.count();
  name_rules();
  program_->expressions_.resize(sources_.size());
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    program_->rules_.push_back(sources_[i].info);
    if (sources_[i].detection) compile_detection(sources_[i], i);
  }
  for (std::size_t i = 0; i < sources_.size(); ++i) visit(i);
  mark_silent();
  if (policy_ != nullptr) {
    for (const ResolvedRule& rule : sources_) check_policy(rule);
  }
  if (diagnostics_.count() != before) return nullptr;
  number_fields();
  program_->digest_ = digest;
  return program_;
}

void Compiler::name_rules() {
  for (std::size_t i = 0; i < sources_.size(); ++i) {
    const RuleInfo& info = sources_[i].info;
    for (const std::string* name : {&info.id, &info.name}) {
      if (name->empty() || (name == &info.name && info.name == info.id)) continue;
      const auto [at, added] = names_.emplace(*name, i);
      if (added) continue;
      const RuleInfo& other = sources_[at->second].info;
      error(info, info.at, name == &info.id ? "id" : "name",
            "\"" + printable(*name) + "\" is also at " + other.file + ":" +
                std::to_string(other.at.line) + " (give each rule its own)");
    }
  }
}

std::optional<std::size_t> Compiler::find(const std::string& id_or_name) const {
  const auto found = names_.find(id_or_name);
  if (found == names_.end()) return std::nullopt;
  return found->second;
}

void Compiler::compile_detection(const ResolvedRule& rule, std::size_t at) {
  const ReadContext context{rule.info.file, diagnostics_};
  program_->expressions_[at] = compile_condition(*rule.detection, context);
}

// Depth first: what a correlation refers to is compiled before it, and a way back to an open one is
// a cycle.
void Compiler::visit(std::size_t at) {
  const ResolvedRule& rule = sources_[at];
  if (!rule.correlation || marks_[at] != Mark::none) return;
  if (depth_ == kNestingMax) {
    error(rule.info, rule.info.at, "correlation.rules",
          "correlations refer to each other more than 16 deep (make it flatter)");
    return;
  }
  marks_[at] = Mark::open;
  ++depth_;
  for (const TextAst& ref : rule.correlation->refs) {
    const auto target = find(ref.text);
    if (!target) {
      error(rule.info, ref.at, "correlation.rules",
            "there is no rule \"" + printable(ref.text) + "\" (give its id or name)");
    } else if (marks_[*target] == Mark::open) {
      error(rule.info, ref.at, "correlation.rules",
            "\"" + printable(ref.text) + "\" refers back to this correlation (break the cycle)");
    } else {
      visit(*target);
    }
  }
  --depth_;
  marks_[at] = Mark::done;
  compile_correlation(rule, at);
}

FieldId Compiler::field(const std::string& name) {
  // Numbered in order of appearance here, sorted in number_fields().
  const auto [at, added] = field_ids_.emplace(name, FieldId(field_names_.size()));
  if (added) field_names_.push_back(name);
  return at->second;
}

void Compiler::compile_correlation(const ResolvedRule& rule, std::size_t at) {
  const CorrelationAst& ast = *rule.correlation;
  Correlation out;
  out.rule = RuleIndex(at);
  out.type = ast.type;
  out.timespan = ast.timespan;
  out.percentile = ast.percentile;
  std::set<std::size_t> seen;
  for (const TextAst& ref : ast.refs) {
    const auto target = find(ref.text);
    if (!target) return;
    if (!seen.insert(*target).second) {
      return error(rule.info, ref.at, "correlation.rules",
                   "\"" + printable(ref.text) + "\" is here twice (name it once)");
    }
    out.refs.push_back(RuleIndex(*target));
    out.ref_is_correlation.push_back(sources_[*target].correlation.has_value());
  }
  for (const ThresholdAst& t : ast.thresholds) {
    out.thresholds.push_back({t.comparison, t.limit, to_billionths(t.limit)});
  }
  for (const TextAst& name : ast.value_fields) out.value_fields.push_back(field(name.text));
  group_by(rule, out);
  condition(rule, out);
  if (out.type == CorrelationType::temporal_ordered) {
    const auto made = make_order(out);
    if (!made) error(rule.info, ast.at, "correlation.condition", made.error().message);
  }
  program_->correlations_.push_back(std::move(out));
}

void Compiler::group_by(const ResolvedRule& rule, Correlation& out) {
  const CorrelationAst& ast = *rule.correlation;
  for (const TextAst& name : ast.group_by) {
    GroupField group{name.text, {}};
    const auto alias = std::ranges::find(ast.aliases, name.text, &AliasAst::name);
    if (alias == ast.aliases.end()) {
      group.field_of_ref.assign(out.refs.size(), field(name.text));
      out.group_by.push_back(std::move(group));
      continue;
    }
    for (const RuleIndex ref : out.refs) {
      const auto names_ref = [&](const auto& entry) {
        return find(entry.first.text) == index(ref);
      };
      const auto entry = std::ranges::find_if(alias->fields, names_ref);
      if (entry == alias->fields.end()) {
        error(rule.info, alias->at, "correlation.aliases." + printable(alias->name),
              "does not say the field of \"" + sources_[index(ref)].info.label() + "\" (add it)");
        return;
      }
      group.field_of_ref.push_back(field(entry->second));
    }
    out.group_by.push_back(std::move(group));
  }
}

namespace {

// Names to refs; the offset of the first name that is none.
std::variant<RefCondition, std::size_t> resolve(const ConditionAst& node,
                                                const std::vector<std::size_t>& targets,
                                                const auto& find) {
  RefCondition out;
  if (node.kind == ConditionAst::Kind::name) {
    const auto target = find(node.name);
    const auto at = target ? std::ranges::find(targets, *target) : targets.end();
    if (at == targets.end()) return node.offset;
    out.ref = static_cast<std::size_t>(at - targets.begin());
    return out;
  }
  out.kind = node.kind == ConditionAst::Kind::all_of   ? RefCondition::Kind::all_of
             : node.kind == ConditionAst::Kind::any_of ? RefCondition::Kind::any_of
                                                       : RefCondition::Kind::none_of;
  for (const ConditionAst& child : node.children) {
    auto one = resolve(child, targets, find);
    if (const auto* offset = std::get_if<std::size_t>(&one)) return *offset;
    out.children.push_back(std::move(std::get<RefCondition>(one)));
  }
  return out;
}

}  // namespace

void Compiler::condition(const ResolvedRule& rule, Correlation& out) {
  if (!rule.correlation->condition) return;
  const TextAst& text = *rule.correlation->condition;
  const auto fault = [&](std::size_t offset, std::string message) {
    error(rule.info, {text.at.line, text.at.column + static_cast<std::uint32_t>(offset)},
          "correlation.condition", std::move(message));
  };
  const auto parsed =
      parse_condition(text.text, {.upper_case_operators = true, .quantifiers = false});
  if (const auto* wrong = std::get_if<ConditionError>(&parsed)) {
    return fault(wrong->offset, wrong->message);
  }
  std::vector<std::size_t> targets;
  for (const RuleIndex ref : out.refs) targets.push_back(index(ref));
  auto resolved = resolve(std::get<ConditionAst>(parsed), targets,
                          [&](const std::string& name) { return find(name); });
  if (const auto* offset = std::get_if<std::size_t>(&resolved)) {
    return fault(*offset, "names a rule that is not under `rules` (add it there)");
  }
  out.condition = std::get<RefCondition>(std::move(resolved));
  std::set<std::size_t> used;
  collect_refs(*out.condition, used);
  if (used.size() != out.refs.size()) fault(0, "does not use every rule under `rules` (use all)");
}

void Compiler::mark_silent() {
  std::set<std::size_t> referred;
  std::set<std::size_t> generated;
  for (const ResolvedRule& rule : sources_) {
    if (!rule.correlation) continue;
    for (const TextAst& ref : rule.correlation->refs) {
      const auto target = find(ref.text);
      if (!target) continue;
      referred.insert(*target);
      if (rule.correlation->generate) generated.insert(*target);
    }
  }
  for (const std::size_t i : referred) {
    const bool alone = generated.contains(i);
    program_->rules_[i].signals_alone = alone;
    sources_[i].info.signals_alone = alone;
  }
}

void Compiler::number_fields() {
  std::set<std::string> names(field_names_.begin(), field_names_.end());
  for (const auto& e : program_->expressions_) {
    if (e) collect_fields(*e, names);
  }
  const std::vector<std::string> old_names = std::move(field_names_);
  field_names_.clear();
  field_ids_.clear();
  for (const std::string& name : names) field(name);
  const auto renumber = [&](FieldId& id) { id = field_ids_.at(old_names[index(id)]); };
  for (Correlation& c : program_->correlations_) {
    std::ranges::for_each(c.value_fields, renumber);
    for (GroupField& group : c.group_by) std::ranges::for_each(group.field_of_ref, renumber);
  }
  for (auto& e : program_->expressions_) {
    if (e) bind_fields(*e, field_ids_, program_->reads_keywords_);
  }
  program_->fields_ = field_names_;
}

}  // namespace proviso::rules
