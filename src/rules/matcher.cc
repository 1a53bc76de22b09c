// SPDX-License-Identifier: Apache-2.0
#include "rules/matcher.h"

#include <algorithm>

namespace proviso::rules {
namespace {

std::vector<RuleIndex> all_rules(const Program& program) {
  std::vector<RuleIndex> out;
  for (std::size_t i = 0; i < program.rules().size(); ++i) out.push_back(RuleIndex(i));
  return out;
}

std::vector<Plan> plans_of(const Program& program) {
  std::vector<Plan> out;
  for (const RuleIndex rule : all_rules(program)) {
    const Expression* expression = program.expression(rule);
    out.push_back(expression != nullptr ? Plan(*expression) : Plan());
  }
  return out;
}

}  // namespace

Matcher::Matcher(std::shared_ptr<const Program> program)
    : program_(std::move(program)),
      index_(*program_, all_rules(*program_)),
      plans_(plans_of(*program_)),
      looked_at_(program_->rules().size()) {}

Matcher::Matcher(std::shared_ptr<const Program> program, std::span<const RuleIndex> rules)
    : program_(std::move(program)),
      index_(*program_, rules),
      plans_(plans_of(*program_)),
      looked_at_(program_->rules().size()) {}

std::span<const RuleIndex> Matcher::match(EventView& event) {
  candidates_.clear();
  index_.find(event, candidates_);
  return evaluate_candidates(event);
}

std::span<const RuleIndex> Matcher::match(JsonEvent& event) {
  candidates_.clear();
  index_.find(event, candidates_);
  return evaluate_candidates(event);
}

std::span<const RuleIndex> Matcher::evaluate_candidates(EventView& event) {
  matched_.clear();
  ++serial_;
  for (const RuleIndex rule : candidates_) {
    if (looked_at_[index(rule)] == serial_) continue;
    looked_at_[index(rule)] = serial_;
    if (plans_[index(rule)].holds(event)) matched_.push_back(rule);
  }
  if (matched_.size() > 1) std::ranges::sort(matched_);
  return matched_;
}

}  // namespace proviso::rules
