// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "base/digest.h"
#include "rules/load.h"
#include "rules/resolved.h"

namespace proviso::rules {

struct PipelineProgram;

/// Processing pipelines as pySigma has them: rename fields, add conditions, fill in placeholders,
/// refuse rules. Immutable, any thread.
class Pipelines {
 public:
  /// Sorted by priority; equal ones in the order given. Nothing, and errors with their places,
  /// where something is wrong or makes no sense where no query is written.
  static std::optional<Pipelines> read(std::vector<RuleSource> sources, Diagnostics& diagnostics);

  /// Plain rules first, then correlations. What a pipeline refuses is an error at the rule. False
  /// where the values of all rules became too many: the rest was not looked at, and what there is
  /// must not be compiled.
  [[nodiscard]] bool apply(std::vector<ResolvedRule>& rules, Diagnostics& diagnostics) const;
  /// Over the sources in their order: part of a program's identity.
  [[nodiscard]] const Digest& digest() const { return digest_; }
  [[nodiscard]] const std::vector<RuleSource>& sources() const { return sources_; }

 private:
  Pipelines() = default;
  std::vector<RuleSource> sources_;
  std::shared_ptr<const PipelineProgram> program_;  ///< shared: a copy is cheap, nothing changes
  Digest digest_;
};

}  // namespace proviso::rules
