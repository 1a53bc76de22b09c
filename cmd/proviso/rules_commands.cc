// SPDX-License-Identifier: Apache-2.0
// rules: check and show.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "intake/field_policy.h"
#include "rules/load.h"
#include "server/rulebook.h"

namespace proviso::cmd {
namespace {

struct RulesOptions {
  std::vector<std::string> paths;
  std::string stage = "program";
};

// With a data folder the rules are checked as its rulebook; without, as Sigma.
Result<rules::Loaded> load(const RulesOptions& options, const Context& context) {
  if (context.dir.empty()) return rules::load_rules(options.paths);
  const server::FolderPaths paths{context.dir};
  const auto policies = TRY(intake::load_field_policies(real_file_system(), paths.field_policy()));
  const std::string text = TRY(read_input_file(paths.terms()));
  auto document = parse_json(text);
  if (!document) return fail(document.error().code, paths.terms() + ":" + document.error().message);
  const model::Terms terms = TRY(model::Terms::parse(*document));
  return server::load_rulebook(options.paths, policies, &terms);
}

Result<int> check(const RulesOptions& options, Context& context) {
  const rules::Loaded loaded = TRY(load(options, context));
  Json::Array errors;
  for (const rules::Diagnostic& d : loaded.diagnostics.all()) {
    errors.emplace_back(Json::Object{{"file", d.file},
                                     {"line", static_cast<std::int64_t>(d.at.line)},
                                     {"column", static_cast<std::int64_t>(d.at.column)},
                                     {"item", d.item},
                                     {"message", d.message}});
    if (!context.json) std::fprintf(stderr, "error: %s\n", d.to_string().c_str());
  }
  const std::size_t wrong = loaded.diagnostics.count();
  context.print(Json::Object{{"ok", loaded.diagnostics.ok()},
                             {"files", static_cast<std::int64_t>(loaded.files)},
                             {"rules", static_cast<std::int64_t>(loaded.rules)},
                             {"errors", std::move(errors)}},
                format("{} files, {} rules, {} errors\n", loaded.files, loaded.rules, wrong));
  return loaded.diagnostics.ok() ? kDone : kBadInput;
}

Result<int> show(const RulesOptions& options) {
  rules::Diagnostics diagnostics;
  auto sources = rules::read_sources(options.paths, diagnostics);
  if (!diagnostics.ok()) return fail(Errc::invalid_input, diagnostics.all().front().to_string());
  if (options.stage == "ast") {
    std::printf("%s", rules::dump_ast(sources).c_str());
    return kDone;
  }
  const rules::Loaded loaded = rules::compile_rules(std::move(sources));
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
  check_command->callback(
      [options, &context] { context.run([&] { return check(*options, context); }); });
  auto* show_command = group->add_subcommand("show", "a stage of the compiler, as text");
  show_command->add_option("PATH", options->paths, "rule files and folders")->required();
  show_command->add_option("--stage", options->stage, "ast or program")
      ->check(CLI::IsMember({"ast", "program"}));
  show_command->callback([options, &context] { context.run([&] { return show(*options); }); });
}

}  // namespace proviso::cmd
