// SPDX-License-Identifier: Apache-2.0
// rules test: scenario files beside rules.
#include <CLI/CLI.hpp>

#include "base/text/format.h"
#include "context.h"
#include "server/rule_scenario.h"

namespace proviso::cmd {
namespace {

struct TestOptions {
  std::vector<std::string> paths = {"."};
  std::vector<std::string> rules;
  bool update = false;
};

// A member a line: what was expected, and what came.
std::string members_in_words(const Json::Object& expected, const Json& instead) {
  std::string out;
  for (const auto& [name, value] : expected) {
    const Json* got = instead.find(name);
    const std::string text = got == nullptr ? "(nothing)" : canonical_json(*got);
    if (got != nullptr && *got == value) continue;
    out += format("      {}: expected {}, got {}\n", name, canonical_json(value), text);
  }
  return out;
}

std::string in_words(const server::ScenarioDifference& d) {
  if (!d.is_missing) return format("    + not expected: {}\n", canonical_json(d.signal));
  if (d.instead.is_null()) return format("    - missing: {}\n", canonical_json(d.signal));
  const Json* rule = d.instead.find("title");
  return format("    ~ different: {}\n", rule == nullptr ? "" : canonical_json(*rule)) +
         members_in_words(*d.signal.if_object(), d.instead);
}

Json to_json(const server::RunVerdict& verdict) {
  Json::Array differences;
  for (const server::ScenarioDifference& d : verdict.differences) {
    differences.emplace_back(Json::Object{{"kind", !d.is_missing         ? "unexpected"
                                                   : d.instead.is_null() ? "missing"
                                                                         : "different"},
                                          {"signal", d.signal},
                                          {"instead", d.instead}});
  }
  return Json::Object{{"run", verdict.name},
                      {"signals", static_cast<std::int64_t>(verdict.signals)},
                      {"passed", verdict.passed()},
                      {"differences", std::move(differences)}};
}

struct Tally {
  std::int64_t passed = 0;
  std::int64_t failed = 0;
  Json::Array scenarios;
  std::string text;
};

Result<void> run_folder(const std::string& folder, const TestOptions& options,
                        const server::RuleSetting& setting, Tally& tally) {
  const server::Scenario scenario = TRY(server::read_scenario(folder, options.rules));
  Json::Array runs;
  for (const server::ScenarioRun& run : scenario.runs) {
    if (options.update) TRY_VOID(server::update_scenario(scenario, run, setting));
    const server::RunVerdict verdict = TRY(server::run_scenario(scenario, run, setting));
    ++(verdict.passed() ? tally.passed : tally.failed);
    tally.text += format("{} {}{}{}: {} signals\n", verdict.passed() ? "ok  " : "FAIL", folder,
                         run.name.empty() ? "" : ": ", run.name, verdict.signals);
    for (const auto& difference : verdict.differences) tally.text += in_words(difference);
    runs.emplace_back(to_json(verdict));
  }
  tally.scenarios.emplace_back(Json::Object{{"scenario", folder}, {"runs", std::move(runs)}});
  return {};
}

Result<int> test(const TestOptions& options, Context& context) {
  const server::RuleSetting setting = TRY(server::setting_for(context.dir));
  Tally tally;
  for (const std::string& folder : TRY(server::find_scenarios(options.paths))) {
    TRY_VOID(run_folder(folder, options, setting, tally));
  }
  context.print(Json::Object{{"ok", tally.failed == 0},
                             {"passed", tally.passed},
                             {"failed", tally.failed},
                             {"scenarios", std::move(tally.scenarios)}},
                tally.text + format("{} passed, {} failed\n", tally.passed, tally.failed));
  return tally.failed == 0 ? kDone : kFailed;
}

}  // namespace

void add_scenario_commands(CLI::App& app, Context& context) {
  auto options = std::make_shared<TestOptions>();
  auto* command = app.get_subcommand("rules")->add_subcommand(
      "test", "run scenario folders beside rules: events in, expected signals out");
  command
      ->add_option("PATH", options->paths,
                   "scenario folders, folders that hold some, or NAME.yml for NAME.test")
      ->capture_default_str();
  command->add_option("--rules", options->rules, "rules to use instead of those of each scenario")
      ->allow_extra_args(false);
  command->add_flag("--update", options->update, "write what came as what is expected");
  command->callback([options, &context] { context.run([&] { return test(*options, context); }); });
}

}  // namespace proviso::cmd
