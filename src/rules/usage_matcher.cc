// SPDX-License-Identifier: Apache-2.0
#include "rules/usage_matcher.h"

#include <algorithm>
#include <array>

#include "rules/evaluate.h"

// A usage log repeats itself: of a million records, few hundred differ in what they say besides
// whose use it was and how much. So rules are evaluated once per kind of use, with all that the
// kind does not tell left open: no, yes, or open. "No" is nearly always the answer, for good; of
// the open ones what is left of them is asked of each event. Kinds with the same outcome share it.
namespace proviso::rules {
namespace {

// What a kind tells. Subscription, billing account and figures are not among it, nor `customer.*`,
// which may change while a log is read.
constexpr std::array<std::string_view, 8> kTold = {
    "provider",     "service", "service_category", "operation",
    "action_class", "region",  "resource_type",    "status"};

void append(std::string& key, std::string_view text) {
  key.append(std::to_string(text.size())).push_back(':');
  key.append(text);
}

}  // namespace

UsageMatcher::UsageMatcher(std::shared_ptr<const Program> program)
    : program_(std::move(program)), matcher_(program_) {
  for (const std::string& name : program_->fields()) {
    field_is_told_.push_back(std::ranges::find(kTold, name) != kTold.end());
  }
  // kAnyKind: every rule is open.
  std::vector<Candidate> all;
  for (std::size_t i = 0; i < program_->rules().size(); ++i) {
    const RuleIndex rule{static_cast<std::uint32_t>(i)};
    if (program_->expression(rule) != nullptr) all.push_back({rule, false, {}, {}});
  }
  candidates_.push_back(std::move(all));
  set_of_kind_.push_back(0);
}

UsageMatcher::Kind UsageMatcher::kind_of(const model::UsageEvent& event,
                                         model::ActionClass action_class, UsageView& view) {
  key_.assign(1, static_cast<char>(action_class));
  for (const std::string_view text :
       {event.provider, event.service, event.service_category, event.operation, event.region,
        event.resource_type, event.status}) {
    append(key_, text);
  }
  const auto found = kinds_.find(key_);
  if (found != kinds_.end()) return found->second;
  if (set_of_kind_.size() > kKindsMax) return kAnyKind;
  const Kind kind = add_kind(view);
  kinds_.emplace(key_, kind);
  return kind;
}

UsageMatcher::Kind UsageMatcher::add_kind(UsageView& view) {
  std::vector<Candidate> rules;
  for (const Candidate& each : candidates_.front()) {
    Outcome outcome = judge(*program_->expression(each.rule), view);
    if (outcome.truth == Truth::no) continue;
    std::string form = outcome.truth == Truth::open ? dump(outcome.rest, 0) : std::string();
    rules.push_back(
        {each.rule, outcome.truth == Truth::yes, std::move(outcome.rest), std::move(form)});
  }
  // From 1: the set of kAnyKind stands for itself.
  auto at = std::find(candidates_.begin() + 1, candidates_.end(), rules);
  if (at == candidates_.end()) at = candidates_.insert(at, std::move(rules));
  set_of_kind_.push_back(static_cast<std::uint32_t>(at - candidates_.begin()));
  return Kind(static_cast<std::uint32_t>(set_of_kind_.size() - 1));
}

bool UsageMatcher::is_told_by_kind(const Test& test) const {
  switch (test.kind) {
    case TestKind::text:
    case TestKind::regex:
    case TestKind::number:
    case TestKind::cidr:
    case TestKind::null:
    case TestKind::exists: return field_is_told_[index(test.field)];
    case TestKind::field_ref:
      return field_is_told_[index(test.field)] && field_is_told_[index(test.other)];
    default: return false;
  }
}

UsageMatcher::Outcome UsageMatcher::judge(const Expression& expression, UsageView& view) const {
  switch (expression.kind) {
    case Expression::Kind::test:
      if (!is_told_by_kind(expression.test)) return {Truth::open, expression};
      return {evaluate(expression, view) ? Truth::yes : Truth::no, {}};
    case Expression::Kind::negation: {
      Outcome inner = judge(expression.children.front(), view);
      if (inner.truth == Truth::open) {
        return {Truth::open, Expression::negation(std::move(inner.rest))};
      }
      return {inner.truth == Truth::yes ? Truth::no : Truth::yes, {}};
    }
    default: return judge_list(expression, view);
  }
}

/// One "no" decides all_of, one "yes" any_of; else those that are open decide.
UsageMatcher::Outcome UsageMatcher::judge_list(const Expression& expression,
                                               UsageView& view) const {
  const bool all = expression.kind == Expression::Kind::all_of;
  const Truth decides = all ? Truth::no : Truth::yes;
  std::vector<Expression> open;
  for (const Expression& child : expression.children) {
    Outcome one = judge(child, view);
    if (one.truth == decides) return one;
    if (one.truth == Truth::open) open.push_back(std::move(one.rest));
  }
  if (open.empty()) return {all ? Truth::yes : Truth::no, {}};
  return {Truth::open,
          all ? Expression::all_of(std::move(open)) : Expression::any_of(std::move(open))};
}

std::span<const RuleIndex> UsageMatcher::match(Kind kind, UsageView& view) {
  if (kind == kAnyKind) return matcher_.match(view);
  matched_.clear();
  for (const Candidate& each : rules_of(kind)) {
    if (each.is_certain || evaluate(each.rest, view)) {
      matched_.push_back(each.rule);
    }
  }
  return matched_;
}

}  // namespace proviso::rules
