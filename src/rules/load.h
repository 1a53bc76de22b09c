// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rules/diagnostic.h"
#include "rules/program.h"

namespace proviso::rules {

class Pipelines;

struct LoadLimits {
  std::uint64_t file_bytes_max = 1U << 20U;
  std::size_t documents_per_file_max = 10'000;
  std::size_t files_max = 100'000;
  std::size_t rules_max = 100'000;
  /// Errors, and warnings, that are kept; the rest is only counted.
  std::size_t diagnostics_max = Diagnostics::kMax;
};

/// What a rulebook (the rules that open cases) demands beyond good Sigma.
struct RulebookPolicy {
  /// Why a rule of this log source may not read this field, or nothing where it may (I1: only
  /// fields that the field policy keeps). Not called for the names that usage_field_known() knows.
  std::function<std::optional<std::string>(const LogSource&, std::string_view field)> refuse_field;
  /// Whether every rule that signals names terms.
  bool needs_terms = true;
  /// Terms that exist; unset means that any name goes.
  std::function<bool(std::string_view term)> term_exists;
};

/// The text of one rule file.
struct RuleSource {
  std::string name;  ///< as it is to appear in errors
  std::string text;
};

/// What came of loading: a program only where there is nothing wrong.
struct Loaded {
  std::shared_ptr<const Program> program;
  Diagnostics diagnostics;
  /// Files and rules (correlations included) that were looked at, also of those refused.
  std::size_t files = 0;
  std::size_t rules = 0;
  /// How many rules each file has.
  std::map<std::string, std::size_t> rules_of_file{};
};

/// Finds *.yml and *.yaml in folders (recursively, sorted) and reads them; a path that is a file is
/// read whatever its name. What cannot be read goes to `diagnostics`.
std::vector<RuleSource> read_sources(const std::vector<std::string>& paths,
                                     Diagnostics& diagnostics, const LoadLimits& limits = {});

/// Reads, checks and compiles. Collects everything that is wrong, not only the first thing. With
/// `policy`: as a rulebook (I1, I14, terms required). With `pipelines`: they change the rules
/// first, once filters are applied. Pure.
Loaded compile_rules(std::vector<RuleSource> sources, const RulebookPolicy* policy = nullptr,
                     const LoadLimits& limits = {}, const Pipelines* pipelines = nullptr);

/// read_sources and compile_rules.
Loaded load_rules(const std::vector<std::string>& paths, const RulebookPolicy* policy = nullptr,
                  const LoadLimits& limits = {}, const Pipelines* pipelines = nullptr);

/// load_rules with the pipelines of these files; with none of them, without.
Loaded load_rules_with(const std::vector<std::string>& paths,
                       const std::vector<std::string>& pipeline_paths,
                       const RulebookPolicy* policy = nullptr, const LoadLimits& limits = {});

/// For `proviso rules show --stage=ast`: what the reader made of the text, before it is compiled.
std::string dump_ast(const std::vector<RuleSource>& sources);

/// SHA-256 over the sources sorted by name: "NAME\0LENGTH\0TEXT" of each.
Digest rulebook_digest(std::vector<RuleSource> sources);

}  // namespace proviso::rules
