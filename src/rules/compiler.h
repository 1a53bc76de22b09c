// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "rules/load.h"
#include "rules/reader.h"
#include "rules/resolved.h"

namespace proviso::rules {

/// Checks and compiles rules, once filters and pipelines have been applied. Null where anything is
/// wrong; all of it is in `diagnostics`.
class Compiler {
 public:
  Compiler(std::vector<ResolvedRule> rules, const RulebookPolicy* policy, Diagnostics& diagnostics);
  std::shared_ptr<const Program> run(const Digest& digest);

 private:
  enum class Mark : std::uint8_t { none, open, done };
  void error(const RuleInfo& rule, Position at, std::string item, std::string message);
  void name_rules();
  void compile_detection(const ResolvedRule& rule, std::size_t at);
  void visit(std::size_t at);
  void compile_correlation(const ResolvedRule& rule, std::size_t at);
  void group_by(const ResolvedRule& rule, Correlation& out);
  void condition(const ResolvedRule& rule, Correlation& out);
  void mark_silent();
  void number_fields();
  void check_policy(const ResolvedRule& rule);
  void check_selection(const ResolvedRule& rule, const std::string& file,
                       const ResolvedSelection& selection);
  /// `file` is where the field is named: the rule's own or a filter's.
  void check_field(const std::string& file, const LogSource& source, const std::string& field,
                   Position at, const std::string& path);
  std::optional<std::size_t> find(const std::string& id_or_name) const;
  FieldId field(const std::string& name);

  std::vector<ResolvedRule> sources_;
  const RulebookPolicy* policy_;
  Diagnostics& diagnostics_;
  std::map<std::string, std::size_t, std::less<>> names_;
  std::vector<Mark> marks_;
  std::size_t depth_ = 0;
  std::vector<std::string> field_names_;
  std::map<std::string, FieldId> field_ids_;
  std::shared_ptr<Program> program_;
};

/// The condition of a detection over its selections, or nothing with errors.
std::optional<Expression> compile_condition(const ResolvedDetection& detection,
                                            const ReadContext& context,
                                            const std::string& path = "detection.condition");

}  // namespace proviso::rules
