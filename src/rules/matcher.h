// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rules/candidate_index.h"
#include "rules/json_event.h"
#include "rules/plan.h"
#include "rules/program.h"

namespace proviso::rules {

/// Which plain rules an event matches: those candidates of the index that hold.
///
/// One thread; as many matchers as wanted share a program. No allocation per event once warm.
class Matcher {
 public:
  /// All rules of the program, or those named.
  explicit Matcher(std::shared_ptr<const Program> program);
  Matcher(std::shared_ptr<const Program> program, std::span<const RuleIndex> rules);
  /// Ascending; valid until the next call.
  std::span<const RuleIndex> match(EventView& event);
  std::span<const RuleIndex> match(JsonEvent& event);
  [[nodiscard]] const Program& program() const { return *program_; }
  [[nodiscard]] const CandidateIndex& candidates() const { return index_; }

 private:
  std::span<const RuleIndex> evaluate_candidates(EventView& event);

  std::shared_ptr<const Program> program_;
  CandidateIndex index_;
  std::vector<Plan> plans_;               ///< by rule
  std::vector<std::uint64_t> looked_at_;  ///< by rule: the event at which it was evaluated last
  std::uint64_t serial_ = 0;
  std::vector<RuleIndex> candidates_;
  std::vector<RuleIndex> matched_;
};

}  // namespace proviso::rules
