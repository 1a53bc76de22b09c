// SPDX-License-Identifier: Apache-2.0
#include "rules/pipeline.h"

#include <algorithm>
#include <functional>

#include "base/encoding.h"
#include "rules/pipeline_match.h"

namespace proviso::rules {
namespace {

// Values that all pipelines may make for all rules of one load.
constexpr std::size_t kValuesMax = 1'000'000;
constexpr std::size_t kCorrelationDepthMax = 16;

using Kind = PipelineItem::Kind;

bool renames(Kind kind) {
  return kind == Kind::field_name_mapping || kind == Kind::field_name_prefix_mapping ||
         kind == Kind::field_name_prefix || kind == Kind::field_name_suffix;
}

// The names that a field gets; nothing where the item has none for it. Null: keywords.
std::optional<std::vector<std::string>> names_for(const PipelineItem& item,
                                                  const std::string* field) {
  if (item.kind == Kind::field_name_mapping) {
    const auto fits = [&](const FieldMapping& m) {
      return field == nullptr ? !m.from.has_value() : m.from == *field;
    };
    const auto found = std::ranges::find_if(item.mapping, fits);
    if (found == item.mapping.end()) return std::nullopt;
    return found->to;
  }
  if (field == nullptr) return std::nullopt;
  if (item.kind == Kind::field_name_prefix) return std::vector{item.text + *field};
  if (item.kind == Kind::field_name_suffix) return std::vector{*field + item.text};
  for (const FieldMapping& m : item.mapping) {
    if (!field->starts_with(*m.from)) continue;
    std::vector<std::string> out;
    for (const std::string& to : m.to) out.push_back(to + field->substr(m.from->size()));
    return out;
  }
  return std::nullopt;
}

/// One rule going through all items.
class RuleRun {
 public:
  RuleRun(const PipelineProgram& program, ResolvedRule& rule, Diagnostics& diagnostics,
          ValueBudget& budget, const PipelineMatch::RulesOf& rules_of)
      : program_(program),
        rule_(rule),
        diagnostics_(diagnostics),
        budget_(budget),
        match_(rule, state_, rules_of) {}

  void run() { run(program_.items); }

 private:
  void run(const std::vector<PipelineItem>& items) {
    for (const PipelineItem& item : items) {
      if (failed_) return;
      if (!match_.rule(item)) continue;
      apply(item);
      const bool nothing_done = item.kind == Kind::add_condition && rule_.correlation;
      if (!item.id.empty() && !nothing_done) state_.applied.insert(item.id);
    }
  }

  void fail_at(const std::string& file, Position at, std::string where, const PipelineItem& item,
               const std::string& message) {
    failed_ = true;
    diagnostics_.add(
        file, at, std::move(where),
        message + " [pipeline " + item.file + ":" + std::to_string(item.at.line) + "]");
  }
  void fail_rule(const PipelineItem& item, const std::string& message) {
    fail_at(rule_.info.file, rule_.info.at, "", item, message);
  }

  void apply(const PipelineItem& item) {
    switch (item.kind) {
      case Kind::add_condition: return add_condition(item);
      case Kind::change_logsource:
        if (!rule_.correlation) rule_.info.logsource = item.logsource;
        return;
      case Kind::set_state: state_.values[item.text] = item.value; return;
      case Kind::set_attribute: return set_attribute(item);
      case Kind::nest: return run(item.nested);
      case Kind::list_of_fields: return;
      case Kind::rule_failure: return fail_rule(item, item.text);
      case Kind::strict_field_mapping_failure: return strict(item);
      default: break;
    }
    if (renames(item.kind) && rule_.correlation) rename_correlation(item);
    if (!rule_.detection) return;
    for (NamedResolved& s : rule_.detection->selections) walk(item, s.file, s.selection);
    for (AddedCondition& added : rule_.detection->added) {
      for (NamedResolved& s : added.selections) walk(item, s.file, s.selection);
    }
  }

  void walk(const PipelineItem& item, const std::string& file, ResolvedSelection& node) {
    if (failed_) return;
    if (node.kind != ResolvedSelection::Kind::item) {
      for (ResolvedSelection& child : node.children) walk(item, file, child);
      return;
    }
    if (!match_.item(item, node.item)) return;
    if (renames(item.kind)) return rename(item, node);
    if (item.kind == Kind::drop_detection_item) {
      node = {.kind = ResolvedSelection::Kind::any_of};
      return;
    }
    if (item.kind == Kind::detection_item_failure) {
      return fail_at(file, node.item.at, node.item.path, item, item.text);
    }
    if (item.kind == Kind::hashes_fields) return split(item, file, node);
    change_values(item, file, node.item);
  }

  void split(const PipelineItem& item, const std::string& file, ResolvedSelection& node) {
    auto made = split_hashes(item, node.item);
    if (!made) return fail_at(file, node.item.at, node.item.path, item, made.error().message);
    if (!*made) return;
    node = std::move(**made);
    for (ResolvedSelection& child : node.children) mark(item, child.item);
  }

  void set_attribute(const PipelineItem& item) {
    RuleAttribute made{item.text, item.is_list, item.values};
    const auto found = std::ranges::find(rule_.attributes, item.text, &RuleAttribute::name);
    if (found == rule_.attributes.end()) return rule_.attributes.push_back(std::move(made));
    *found = std::move(made);
  }

  void mark(const PipelineItem& item, ResolvedItem& detection) {
    if (!item.id.empty()) detection.applied.push_back(item.id);
  }

  std::vector<std::string> renamed(const PipelineItem& item, const std::string& field) {
    auto names = names_for(item, &field);
    if (!names || !match_.field(item, &field)) return {field};
    track(item, field, *names);
    return std::move(*names);
  }
  void track(const PipelineItem& item, const std::string& field,
             const std::vector<std::string>& names) {
    if (names == std::vector{field}) return;
    std::set<std::string> ids = std::move(state_.field_applied[field]);
    state_.field_applied.erase(field);
    if (!item.id.empty()) ids.insert(item.id);
    for (const std::string& name : names) state_.field_applied[name] = ids;
  }

  void rename(const PipelineItem& item, ResolvedSelection& node) {
    rename_references(item, node.item);
    const std::string* field = node.item.field.empty() ? nullptr : &node.item.field;
    const auto names = names_for(item, field);
    if (!names || !match_.field(item, field)) return;
    if (field != nullptr) state_.mapped.insert(*field);
    state_.mapped.insert(names->begin(), names->end());
    if (field == nullptr) open_keywords(node.item);
    mark(item, node.item);
    if (names->size() == 1) {
      node.item.field = names->front();
      return;
    }
    ResolvedSelection any{.kind = ResolvedSelection::Kind::any_of};
    for (const std::string& name : *names) {
      any.children.push_back(ResolvedSelection{.item = node.item});
      any.children.back().item.field = name;
    }
    node = std::move(any);
  }

  void rename_references(const PipelineItem& item, ResolvedItem& detection) {
    std::vector<ItemValue> values;
    bool changed = false;
    for (ItemValue& value : detection.values) {
      if (value.kind != ItemValue::Kind::field_ref || !match_.field(item, &value.text)) {
        values.push_back(std::move(value));
        continue;
      }
      changed = true;
      for (std::string& name : renamed(item, value.text)) {
        ItemValue one = value;
        one.text = std::move(name);
        values.push_back(std::move(one));
      }
    }
    detection.values = std::move(values);
    if (changed) mark(item, detection);
  }

  // A keyword is found anywhere in a value; in a field of its own it still is.
  static void open_keywords(ResolvedItem& detection) {
    for (ItemValue& value : detection.values) {
      if (value.kind == ItemValue::Kind::number) {
        value.kind = ItemValue::Kind::string;
        value.strings = {literal_pieces(value.text)};
      }
      if (value.kind == ItemValue::Kind::regex || value.placed) continue;
      for (Pieces& pieces : value.strings) {
        if (pieces.empty() || pieces.front().kind != Piece::Kind::many) {
          pieces.insert(pieces.begin(), {Piece::Kind::many});
        }
        if (pieces.back().kind != Piece::Kind::many) pieces.push_back({Piece::Kind::many});
      }
    }
  }

  void change_values(const PipelineItem& item, const std::string& file, ResolvedItem& detection) {
    std::vector<ItemValue> values;
    bool changed = false;
    for (ItemValue& value : detection.values) {
      auto made = transform_value(item, program_, value, budget_);
      if (!made) return fail_at(file, value.at, detection.path, item, made.error().message);
      if (!*made) {
        values.push_back(std::move(value));
        continue;
      }
      changed = true;
      for (ItemValue& one : **made) values.push_back(std::move(one));
    }
    detection.values = std::move(values);
    if (changed) mark(item, detection);
    const auto null = std::ranges::find(detection.values, ItemValue::Kind::null, &ItemValue::kind);
    if (detection.field.empty() && null != detection.values.end()) {
      fail_at(file, detection.at, detection.path, item, "a keyword must be text");
    }
  }

  void strict(const PipelineItem& item) {
    std::set<std::string> missing;
    for_each_item(rule_, [&](const ResolvedItem& detection) {
      const std::string& field = detection.field;
      if (!field.empty() && !state_.mapped.contains(field)) missing.insert(field);
    });
    if (missing.empty()) return;
    std::string list;
    for (const std::string& field : missing) list += (list.empty() ? "" : ", ") + printable(field);
    fail_rule(item, "no pipeline maps the fields " + list);
  }

  void add_condition(const PipelineItem& item) {
    if (!rule_.detection) return;
    SelectionAst ast = *item.selection;
    if (item.is_template) {
      const auto filled = fill_template(ast, rule_.info.logsource);
      if (!filled) return fail_rule(item, filled.error().message);
    }
    auto selection = resolve_selection(ast, {item.file, diagnostics_});
    if (!selection) {
      failed_ = true;
      return;
    }
    for (ResolvedSelection& child : selection->children) mark(item, child.item);
    AddedCondition added;
    const std::string name = item.text.empty() ? "added" : item.text;
    auto& selections = item.text.empty() ? added.selections : rule_.detection->selections;
    if (std::ranges::find(selections, name, &NamedResolved::name) != selections.end()) {
      return fail_rule(item, "the rule has a selection \"" + name + "\" already (rename one)");
    }
    selections.push_back({name, item.file, std::move(*selection)});
    added.condition = {item.negated ? "not " + name : name, item.at};
    added.file = item.file;
    added.path = "transformations.add_condition";
    rule_.detection->added.push_back(std::move(added));
  }

  void rename_correlation(const PipelineItem& item) {
    CorrelationAst& correlation = *rule_.correlation;
    std::set<std::string> aliases;
    for (AliasAst& alias : correlation.aliases) {
      aliases.insert(alias.name);
      for (auto& [ref, field] : alias.fields) {
        if (!rename_one(item, field, ref.at, "correlation.aliases")) return;
      }
    }
    std::vector<TextAst> group_by;
    for (TextAst& name : correlation.group_by) {
      if (aliases.contains(name.text)) {
        group_by.push_back(name);
        continue;
      }
      for (std::string& one : renamed(item, name.text))
        group_by.push_back({std::move(one), name.at});
    }
    correlation.group_by = std::move(group_by);
    for (TextAst& field : correlation.value_fields) {
      if (!rename_one(item, field.text, field.at, "correlation.condition.field")) return;
    }
  }
  bool rename_one(const PipelineItem& item, std::string& field, Position at,
                  const std::string& path) {
    auto names = renamed(item, field);
    if (names.size() != 1) {
      fail_at(rule_.info.file, at, path, item,
              "\"" + printable(field) + "\" would become several fields here");
      return false;
    }
    field = std::move(names.front());
    return true;
  }

  const PipelineProgram& program_;
  ResolvedRule& rule_;
  Diagnostics& diagnostics_;
  ValueBudget& budget_;
  PipelineState state_;
  PipelineMatch match_;
  bool failed_ = false;
};

// The plain rules under a correlation; cycles are the compiler's to report.
class RuleTree {
 public:
  explicit RuleTree(const std::vector<ResolvedRule>& rules) {
    for (const ResolvedRule& rule : rules) {
      if (!rule.info.id.empty()) names_.emplace(rule.info.id, &rule);
      if (!rule.info.name.empty()) names_.emplace(rule.info.name, &rule);
    }
  }
  [[nodiscard]] std::vector<const ResolvedRule*> leaves(const ResolvedRule& rule) const {
    std::set<const ResolvedRule*> seen;
    std::vector<const ResolvedRule*> out;
    collect(rule, 0, seen, out);
    return out;
  }

 private:
  void collect(const ResolvedRule& rule, std::size_t depth, std::set<const ResolvedRule*>& seen,
               std::vector<const ResolvedRule*>& out) const {
    if (!seen.insert(&rule).second || depth > kCorrelationDepthMax) return;
    if (!rule.correlation) {
      out.push_back(&rule);
      return;
    }
    for (const TextAst& ref : rule.correlation->refs) {
      const auto found = names_.find(ref.text);
      if (found != names_.end()) collect(*found->second, depth + 1, seen, out);
    }
  }
  std::map<std::string, const ResolvedRule*, std::less<>> names_;
};

}  // namespace

std::optional<Pipelines> Pipelines::read(std::vector<RuleSource> sources,
                                         Diagnostics& diagnostics) {
  const std::size_t before = diagnostics.count();
  std::vector<PipelineFile> files;
  for (const RuleSource& source : sources) {
    const ReadContext context{source.name, diagnostics};
    const YamlLimits limits{.documents_max = 1, .null_keys = true};
    const auto documents = parse_yaml(source.name, source.text, diagnostics, limits);
    if (!documents.empty()) files.push_back(read_pipeline(documents.front(), context));
    if (documents.empty() && diagnostics.count() == before) {
      context.error({}, "", "is empty (a pipeline is a map with transformations)");
    }
    diagnostics.add_snippets(source.name, source.text);
  }
  if (diagnostics.count() != before) return std::nullopt;
  std::ranges::stable_sort(files, {}, &PipelineFile::priority);
  auto program = std::make_shared<PipelineProgram>();
  for (PipelineFile& file : files) {
    std::ranges::move(file.program.items, std::back_inserter(program->items));
    for (auto& [name, values] : file.program.variables) program->variables[name] = values;
  }
  Pipelines out;
  out.program_ = std::move(program);
  std::string all;
  for (const RuleSource& source : sources) {
    all += std::to_string(source.text.size());
    all.push_back('\0');
    all += source.text;
  }
  out.digest_ = sha256(all);
  out.sources_ = std::move(sources);
  return out;
}

bool Pipelines::apply(std::vector<ResolvedRule>& rules, Diagnostics& diagnostics) const {
  const RuleTree tree(rules);
  const PipelineMatch::RulesOf rules_of = [&](const ResolvedRule& r) { return tree.leaves(r); };
  ValueBudget budget{kValuesMax};
  for (const bool correlations : {false, true}) {
    for (ResolvedRule& rule : rules) {
      if (rule.correlation.has_value() != correlations) continue;
      RuleRun(*program_, rule, diagnostics, budget, rules_of).run();
      if (budget.exceeded) return false;
    }
  }
  return true;
}

}  // namespace proviso::rules
