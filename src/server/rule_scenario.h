// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <vector>

#include "server/rule_setting.h"

namespace proviso::server {

/// What is fed, and which signals must come of it.
struct ScenarioRun {
  std::string name;
  std::vector<std::string> feed;  ///< logs, in the order in which they come
  std::string expected_file;      ///< empty: no signal may come
};

/// A scenario folder beside rules (docs/rule-guide.md, "Trying a rule out").
struct Scenario {
  std::string folder;
  std::vector<std::string> rules;  ///< rule files and folders
  std::string register_file;       ///< empty: nobody is known
  std::set<std::string> under_review;
  std::vector<ScenarioRun> runs;
};

/// The scenario folders at or below each path: those that hold `expected.jsonl` or `scenario.json`;
/// a path that is a rule file stands for its NAME.test folder. Sorted. not_found where there is
/// none.
Result<std::vector<std::string>> find_scenarios(const std::vector<std::string>& paths);

/// `rules` empty: those that the scenario names, its own rules.yml, or NAME.yml beside NAME.test.
Result<Scenario> read_scenario(const std::string& folder, const std::vector<std::string>& rules);

/// An expected line for which no signal came, or a signal that nobody expected.
struct ScenarioDifference {
  bool is_missing = false;
  Json signal;
  /// Of a missing one: the signal of the same rule and subscription that came instead, or null.
  Json instead;
};

struct RunVerdict {
  std::string name;
  std::size_t signals = 0;
  std::vector<ScenarioDifference> differences;
  [[nodiscard]] bool passed() const { return differences.empty(); }
};

/// Feeds one run through the stages of review, from empty windows. invalid_input where a record is
/// refused or an expected line has an unknown member, with FILE:LINE:COLUMN.
Result<RunVerdict> run_scenario(const Scenario& scenario, const ScenarioRun& run,
                                const RuleSetting& setting);

/// Writes what came as the expected lines, with the members that the file names so far (a new file:
/// rule and subscription). A run without an expected file is left alone.
Result<void> update_scenario(const Scenario& scenario, const ScenarioRun& run,
                             const RuleSetting& setting);

}  // namespace proviso::server
