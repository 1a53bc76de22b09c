// SPDX-License-Identifier: Apache-2.0
#include "rules/load.h"

#include <algorithm>
#include <set>

#include "base/file_system.h"
#include "rules/ast.h"
#include "rules/compiler.h"
#include "rules/documents.h"
#include "rules/filters.h"
#include "rules/pipeline.h"
#include "rules/reader.h"

namespace proviso::rules {
namespace {

constexpr std::size_t kFolderDepthMax = 32;

class SourceFinder {
 public:
  SourceFinder(Diagnostics& diagnostics, const LoadLimits& limits)
      : diagnostics_(diagnostics), limits_(limits) {}

  void take(const std::string& path, bool named, std::size_t depth) {
    FileSystem& files = real_file_system();
    if (auto members = files.list(path)) {
      if (depth > kFolderDepthMax) return fault(path, "folders more than 32 deep (flatten them)");
      for (const std::string& member : *members) take(path + "/" + member, false, depth + 1);
      return;
    }
    const bool rule_file = path.ends_with(".yml") || path.ends_with(".yaml");
    if (!named && !rule_file) return;
    if (out.size() == limits_.files_max) return fault(path, "too many files (load fewer at once)");
    auto text = files.read(path, limits_.file_bytes_max);
    if (!text) return fault(path, text.error().message + " (a rule file has at most 1 MiB)");
    out.push_back({path, std::move(*text)});
  }

  std::vector<RuleSource> out;

 private:
  void fault(const std::string& path, std::string message) {
    diagnostics_.add(path, {}, "", std::move(message));
  }
  Diagnostics& diagnostics_;
  const LoadLimits& limits_;
};

std::vector<RuleAst> read_rules(const RuleSource& source, Diagnostics& diagnostics,
                                const LoadLimits& limits, std::size_t& documents,
                                const ReadOptions& options = {}) {
  std::vector<RuleAst> rules;
  if (source.text.size() > limits.file_bytes_max) {
    diagnostics.add(source.name, {}, "", "a rule file has at most 1 MiB (split it)");
    return rules;
  }
  const YamlLimits yaml{.documents_max = limits.documents_per_file_max};
  const ReadContext context{source.name, diagnostics};
  ActionDocuments actions(context);
  for (YamlNode& raw : parse_yaml(source.name, source.text, diagnostics, yaml)) {
    const auto document = actions.take(std::move(raw));
    if (!document || document->kind == YamlNode::Kind::null) continue;
    ++documents;
    auto rule = read_rule(*document, context, options);
    if (rule) rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace

std::vector<RuleSource> read_sources(const std::vector<std::string>& paths,
                                     Diagnostics& diagnostics, const LoadLimits& limits) {
  SourceFinder finder(diagnostics, limits);
  for (const std::string& path : paths) finder.take(path, /*named=*/true, 0);
  return std::move(finder.out);
}

namespace {

struct Resolved {
  std::vector<ResolvedRule> rules;
  std::vector<ResolvedFilter> filters;
};

// Nothing where there are too many.
std::optional<Resolved> read_all(const std::vector<RuleSource>& sources, const LoadLimits& limits,
                                 const ReadOptions& options, Loaded& out) {
  Resolved all;
  for (const RuleSource& source : sources) {
    ++out.files;
    const std::size_t rules_before = out.rules;
    auto asts = read_rules(source, out.diagnostics, limits, out.rules, options);
    out.rules_of_file[source.name] += out.rules - rules_before;
    for (RuleAst& ast : asts) {
      if (ast.filter) {
        auto filter = resolve_filter(std::move(ast), out.diagnostics);
        if (filter) all.filters.push_back(std::move(*filter));
      } else {
        all.rules.push_back(resolve_rule(std::move(ast), out.diagnostics));
      }
    }
    if (all.rules.size() + all.filters.size() <= limits.rules_max) continue;
    out.diagnostics.add(source.name, {}, "",
                        "more than " + std::to_string(limits.rules_max) + " rules (load fewer)");
    return std::nullopt;
  }
  return all;
}

void add_snippets(const std::vector<RuleSource>& sources, Diagnostics& diagnostics) {
  std::set<std::string_view> files;
  for (const Diagnostic& d : diagnostics.all()) files.insert(d.file);
  for (const Diagnostic& d : diagnostics.warnings()) files.insert(d.file);
  for (const RuleSource& source : sources) {
    if (files.contains(source.name)) diagnostics.add_snippets(source.name, source.text);
  }
}

}  // namespace

Loaded compile_rules(std::vector<RuleSource> sources, const RulebookPolicy* policy,
                     const LoadLimits& limits, const Pipelines* pipelines) {
  Loaded out{.program = nullptr, .diagnostics = Diagnostics(limits.diagnostics_max)};
  const std::vector<RuleSource> texts = std::move(sources);
  auto all = read_all(texts, limits, {.keep_attributes = pipelines != nullptr}, out);
  if (!all) return out;
  apply_filters(all->filters, all->rules, out.diagnostics);
  Digest digest = rulebook_digest(texts);
  if (pipelines != nullptr) {
    if (!pipelines->apply(all->rules, out.diagnostics)) {
      add_snippets(texts, out.diagnostics);
      return out;
    }
    digest = sha256(std::string(digest.view()) + std::string(pipelines->digest().view()));
  }
  auto program = Compiler(std::move(all->rules), policy, out.diagnostics).run(digest);
  if (out.diagnostics.ok()) out.program = std::move(program);
  add_snippets(texts, out.diagnostics);
  return out;
}

Loaded load_rules(const std::vector<std::string>& paths, const RulebookPolicy* policy,
                  const LoadLimits& limits, const Pipelines* pipelines) {
  Diagnostics reading(limits.diagnostics_max);
  Loaded out = compile_rules(read_sources(paths, reading, limits), policy, limits, pipelines);
  out.diagnostics.take(reading);
  if (!out.diagnostics.ok()) out.program = nullptr;
  return out;
}

Loaded load_rules_with(const std::vector<std::string>& paths,
                       const std::vector<std::string>& pipeline_paths, const RulebookPolicy* policy,
                       const LoadLimits& limits) {
  if (pipeline_paths.empty()) return load_rules(paths, policy, limits);
  Diagnostics diagnostics;
  auto sources = read_sources(pipeline_paths, diagnostics, limits);
  const auto pipelines =
      diagnostics.ok() ? Pipelines::read(std::move(sources), diagnostics) : std::nullopt;
  Loaded out;
  if (pipelines) out = load_rules(paths, policy, limits, &*pipelines);
  out.diagnostics.take(diagnostics);
  return out;
}

Digest rulebook_digest(std::vector<RuleSource> sources) {
  std::ranges::sort(sources, {}, &RuleSource::name);
  std::string all;
  for (const RuleSource& source : sources) {
    all += source.name;
    all.push_back('\0');
    all += std::to_string(source.text.size());
    all.push_back('\0');
    all += source.text;
  }
  return sha256(all);
}

namespace {

std::string dump_selection(const SelectionAst& selection, std::size_t indent) {
  std::string out(indent * 2, ' ');
  if (selection.kind != SelectionAst::Kind::item) {
    out += selection.kind == SelectionAst::Kind::all_of ? "all of\n" : "any of\n";
    for (const SelectionAst& child : selection.children) out += dump_selection(child, indent + 1);
    return out;
  }
  out += selection.item.field.empty() ? "(keywords)" : selection.item.field;
  for (const std::string& modifier : selection.item.modifiers) out += "|" + modifier;
  for (const ScalarAst& value : selection.item.values) {
    const bool text = value.kind == ScalarAst::Kind::string;
    out += value.kind == ScalarAst::Kind::null ? " null"
           : text                              ? " '" + value.text + "'"
                                               : " " + value.text;
  }
  return out + "\n";
}

}  // namespace

std::string dump_ast(const std::vector<RuleSource>& sources) {
  std::string out;
  Diagnostics diagnostics;
  std::size_t documents = 0;
  for (const RuleSource& source : sources) {
    for (const RuleAst& rule : read_rules(source, diagnostics, {}, documents)) {
      out += (rule.filter ? "filter " : "rule ") + rule.info.label() + " \"" + rule.info.title +
             "\"\n";
      if (rule.correlation) {
        out += "  correlation " + std::string(to_string(rule.correlation->type)) + "\n";
        for (const TextAst& ref : rule.correlation->refs) out += "    of " + ref.text + "\n";
        for (const TextAst& by : rule.correlation->group_by) out += "    by " + by.text + "\n";
        continue;
      }
      const DetectionAst& detection = rule.filter ? rule.filter->detection : *rule.detection;
      for (const NamedSelection& s : detection.selections) {
        out += "  " + s.name + "\n" + dump_selection(s.selection, 2);
      }
      for (const TextAst& c : detection.conditions) out += "  condition " + c.text + "\n";
    }
  }
  return out + diagnostics.to_string();
}

}  // namespace proviso::rules
