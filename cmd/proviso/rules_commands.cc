// SPDX-License-Identifier: Apache-2.0
// rules: check and show.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <map>
#include <set>

#include "base/encoding.h"
#include "base/text/format.h"
#include "context.h"
#include "intake/field_policy.h"
#include "rules/load.h"
#include "server/rulebook.h"

namespace proviso::cmd {
namespace {

struct RulesOptions {
  std::vector<std::string> paths;
  std::vector<std::string> pipelines;
  std::string policy;
  bool summary = false;
  std::string stage = "program";
};

// A summary counts all of it; else a thousand errors are enough to read.
constexpr std::size_t kSummaryErrorsMax = 1'000'000;
constexpr std::size_t kFieldsShownMax = 20;

rules::LoadLimits limits_for(const RulesOptions& options) {
  rules::LoadLimits limits;
  if (options.summary) limits.diagnostics_max = kSummaryErrorsMax;
  return limits;
}

// With a data folder the rules are checked as its rulebook, with field policies as rules that may
// read only what these keep; without, as Sigma.
Result<rules::Loaded> load(const RulesOptions& options, const Context& context) {
  const rules::LoadLimits limits = limits_for(options);
  if (!options.policy.empty()) {
    const auto policies = TRY(intake::load_field_policies(real_file_system(), options.policy));
    rules::RulebookPolicy policy = server::rulebook_policy(policies, nullptr);
    policy.needs_terms = false;
    return rules::load_rules_with(options.paths, options.pipelines, &policy, limits);
  }
  if (context.dir.empty()) {
    return rules::load_rules_with(options.paths, options.pipelines, nullptr, limits);
  }
  const server::FolderPaths paths{context.dir};
  const auto policies = TRY(intake::load_field_policies(real_file_system(), paths.field_policy()));
  const std::string text = TRY(read_input_file(paths.terms()));
  auto document = parse_json(text);
  if (!document) return fail(document.error().code, paths.terms() + ":" + document.error().message);
  const model::Terms terms = TRY(model::Terms::parse(*document));
  const rules::RulebookPolicy policy = server::rulebook_policy(policies, &terms);
  return rules::load_rules_with(options.paths, options.pipelines, &policy, limits);
}

Json as_json(const std::vector<rules::Diagnostic>& diagnostics) {
  Json::Array out;
  for (const rules::Diagnostic& d : diagnostics) {
    out.emplace_back(Json::Object{{"file", d.file},
                                  {"line", static_cast<std::int64_t>(d.at.line)},
                                  {"column", static_cast<std::int64_t>(d.at.column)},
                                  {"item", d.item},
                                  {"message", d.message},
                                  {"reason", rules::to_string(d.reason)},
                                  {"snippet", d.snippet}});
  }
  return out;
}

// Rules by why their file is refused, and the fields that most files miss.
class Summary {
 public:
  explicit Summary(const rules::Loaded& loaded) {
    std::map<std::string, std::set<rules::Reason>> reasons;
    std::map<std::string, std::set<std::string>> files_of_field;
    for (const rules::Diagnostic& d : loaded.diagnostics.all()) {
      reasons[d.file].insert(d.reason);
      if (!d.field.empty()) files_of_field[d.field].insert(d.file);
    }
    for (const auto& [file, count] : loaded.rules_of_file) {
      const auto found = reasons.find(file);
      if (found == reasons.end()) loads_ += count;
      if (found != reasons.end()) rules_of_[text_of(found->second)] += count;
    }
    for (const auto& [field, files] : files_of_field) fields_.emplace_back(files.size(), field);
    std::ranges::sort(fields_, std::greater{}, &std::pair<std::size_t, std::string>::first);
    if (fields_.size() > kFieldsShownMax) fields_.resize(kFieldsShownMax);
  }

  [[nodiscard]] Json json() const {
    Json::Object reasons;
    for (const auto& [reason, count] : rules_of_) reasons[reason] = count;
    Json::Array fields;
    for (const auto& [count, field] : fields_) {
      fields.emplace_back(Json::Object{{"field", field}, {"files", count}});
    }
    return Json::Object{
        {"loads", loads_}, {"refused", std::move(reasons)}, {"unkept_fields", std::move(fields)}};
  }
  [[nodiscard]] std::string text() const {
    std::string out = format("{:>6} rules load\n", loads_);
    for (const auto& [reason, count] : rules_of_) {
      out += format("{:>6} refused: {}\n", count, reason);
    }
    if (!fields_.empty()) out += "fields that no policy keeps, by files that need them:\n";
    for (const auto& [count, field] : fields_) {
      out += format("{:>6} {}\n", count, printable(field));
    }
    return out;
  }

 private:
  static std::string text_of(const std::set<rules::Reason>& reasons) {
    std::string out;
    for (const rules::Reason reason : reasons) {
      out += (out.empty() ? "" : " + ") + std::string(rules::to_string(reason));
    }
    return out;
  }
  std::uint64_t loads_ = 0;
  std::map<std::string, std::uint64_t> rules_of_;
  std::vector<std::pair<std::size_t, std::string>> fields_;
};

Result<int> check(const RulesOptions& options, Context& context) {
  const rules::Loaded loaded = TRY(load(options, context));
  const rules::Diagnostics& found = loaded.diagnostics;
  if (!context.json && !options.summary) {
    for (const auto& d : found.warnings()) {
      std::fprintf(stderr, "warning: %s\n", d.to_string().c_str());
    }
    for (const auto& d : found.all()) std::fprintf(stderr, "error: %s\n", d.to_string().c_str());
  }
  Json::Object out{{"ok", found.ok()},
                   {"files", static_cast<std::int64_t>(loaded.files)},
                   {"rules", static_cast<std::int64_t>(loaded.rules)}};
  std::string text = format("{} files, {} rules, {} errors, {} warnings\n", loaded.files,
                            loaded.rules, found.count(), found.warning_count());
  if (options.summary) {
    const Summary summary(loaded);
    out["summary"] = summary.json();
    text += summary.text();
  } else {
    out["errors"] = as_json(found.all());
    out["warnings"] = as_json(found.warnings());
  }
  context.print(std::move(out), text);
  return found.ok() ? kDone : kBadInput;
}

Result<int> show(const RulesOptions& options) {
  if (options.stage == "ast") {
    rules::Diagnostics diagnostics;
    const auto sources = rules::read_sources(options.paths, diagnostics);
    if (!diagnostics.ok()) return fail(Errc::invalid_input, diagnostics.all().front().to_string());
    std::printf("%s", rules::dump_ast(sources).c_str());
    return kDone;
  }
  const rules::Loaded loaded = rules::load_rules_with(options.paths, options.pipelines);
  if (!loaded.program) {
    return fail(Errc::invalid_input, loaded.diagnostics.all().front().to_string());
  }
  std::printf("%s", loaded.program->dump().c_str());
  return kDone;
}

}  // namespace

void add_rules_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<RulesOptions>();
  auto* group = app.add_subcommand("rules", "Sigma rules");
  group->require_subcommand(1);
  auto* check_command = group->add_subcommand(
      "check", "all errors, each with file:line:column (-d: as its rulebook)");
  check_command->add_option("PATH", options->paths, "rule files and folders")->required();
  check_command->add_flag("--summary", options->summary,
                          "how many rules load, and why others don't");
  check_command->add_option("--policy", options->policy,
                            "folder of field policies: rules may read only what these keep");
  check_command->callback(
      [options, &context] { context.run([&] { return check(*options, context); }); });
  auto* show_command = group->add_subcommand("show", "a stage of the compiler, as text");
  show_command->add_option("PATH", options->paths, "rule files and folders")->required();
  show_command->add_option("--stage", options->stage, "ast or program")
      ->check(CLI::IsMember({"ast", "program"}));
  for (CLI::App* command : {check_command, show_command}) {
    command
        ->add_option("--pipeline", options->pipelines,
                     "processing pipeline (repeat it; they run by priority)")
        ->expected(1)
        ->allow_extra_args(false);
  }
  show_command->callback([options, &context] { context.run([&] { return show(*options); }); });
}

}  // namespace proviso::cmd
