// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "intake/field_policy.h"
#include "model/catalogue.h"
#include "model/register.h"
#include "model/terms.h"
#include "rules/load.h"
#include "server/data_folder.h"

namespace proviso::server {

/// The documents that rules are tried under, apart from any store: what a data folder has in its
/// files, or what we ship.
struct RuleSetting {
  intake::FieldPolicies policies;
  model::Catalogue catalogue;
  model::Terms terms;
  Duration lateness = std::chrono::hours(1);
};

/// What `proviso init` begins with.
Result<RuleSetting> shipped_setting();
/// What lies in the files of a data folder. Takes no lock and writes nothing.
Result<RuleSetting> folder_setting(const FolderPaths& paths);
/// The one of `dir`, or the shipped one where it is empty.
Result<RuleSetting> setting_for(const std::string& dir);

/// Loads rules as a rulebook under a setting (I1, I14). An error that names the first fault where
/// they do not load.
Result<std::shared_ptr<const rules::Program>> load_program(const std::vector<std::string>& paths,
                                                           const RuleSetting& setting);
/// The same from texts.
Result<std::shared_ptr<const rules::Program>> load_program(std::vector<rules::RuleSource> sources,
                                                           const RuleSetting& setting);

/// A register file, for a trial: nothing is stored. Errors name FILE:LINE:COLUMN.
Result<model::Register> read_register_file(const std::string& path);

/// The lines of a JSON-lines file with their numbers; blank lines are passed over. Errors name
/// FILE:LINE:COLUMN.
struct JsonLine {
  std::size_t number = 0;
  Json value;
};
Result<std::vector<JsonLine>> read_json_lines(const std::string& path);

}  // namespace proviso::server
