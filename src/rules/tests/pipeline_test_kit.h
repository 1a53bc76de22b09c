// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/pipeline.h"
#include "rules/tests/rule_test_kit.h"

namespace proviso::rules {

inline Loaded load_with(const std::vector<std::string>& pipelines, const std::string& rules) {
  std::vector<RuleSource> sources;
  for (std::size_t i = 0; i < pipelines.size(); ++i) {
    sources.push_back({"p" + std::to_string(i) + ".yml", pipelines[i]});
  }
  Diagnostics diagnostics;
  const auto read = Pipelines::read(std::move(sources), diagnostics);
  if (!read) {
    Loaded out;
    out.diagnostics = diagnostics;
    return out;
  }
  return compile_rules({{"rule.yml", rules}}, nullptr, {}, &*read);
}

inline std::string items(const std::string& list) { return "transformations:\n" + list; }

inline std::string program_with(const std::vector<std::string>& pipelines,
                                const std::string& rules) {
  const Loaded loaded = load_with(pipelines, rules);
  EXPECT_TRUE(loaded.program) << loaded.diagnostics.to_string();
  return loaded.program ? dump(*loaded.program->expression(RuleIndex(0)), 0) : "";
}
inline std::string program_of(const std::string& transformations, const std::string& selection) {
  return program_with({items(transformations)}, rule_with(selection));
}
inline std::string error_of(const std::string& transformations,
                            const std::string& selection = "{f: a}") {
  const Loaded loaded = load_with({items(transformations)}, rule_with(selection));
  EXPECT_FALSE(loaded.program);
  return loaded.diagnostics.all().empty() ? "" : loaded.diagnostics.all().front().to_string();
}

}  // namespace proviso::rules
