// SPDX-License-Identifier: Apache-2.0
#include "rules/program.h"

#include <algorithm>
#include <cmath>

namespace proviso::rules {

std::string_view to_string(CorrelationType type) {
  switch (type) {
    case CorrelationType::event_count: return "event_count";
    case CorrelationType::value_count: return "value_count";
    case CorrelationType::temporal: return "temporal";
    case CorrelationType::temporal_ordered: return "temporal_ordered";
    case CorrelationType::value_sum: return "value_sum";
    case CorrelationType::value_avg: return "value_avg";
    case CorrelationType::value_percentile: return "value_percentile";
  }
  return "";
}

Billionths to_billionths(double value) {
  if (std::isnan(value)) return 0;
  const double bounded = std::clamp(value, -1e20, 1e20);
  // The whole part apart: a double times 10^9 would lose its last digits. Both are exact.
  const double whole = std::trunc(bounded);
  const double rest = std::round((bounded - whole) * kBillion);
  return static_cast<Billionths>(whole) * 1'000'000'000 + static_cast<Billionths>(rest);
}

double from_billionths(Billionths value) {
  const Billionths whole = value / 1'000'000'000;
  // Up to 9 million units the digits fit a double's 53 bits: one division, correctly rounded.
  if (whole < 9'000'000 && whole > -9'000'000) return static_cast<double>(value) / kBillion;
  return static_cast<double>(whole) + static_cast<double>(value % 1'000'000'000) / kBillion;
}

const Correlation* Program::correlation(RuleIndex r) const {
  const auto at = std::ranges::find(correlations_, r, &Correlation::rule);
  return at == correlations_.end() ? nullptr : &*at;
}

std::optional<RuleIndex> Program::find(std::string_view id_or_name) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].id == id_or_name || rules_[i].name == id_or_name) return RuleIndex(i);
  }
  return std::nullopt;
}

namespace {

std::string dump_condition(const RefCondition& c, const Correlation& correlation,
                           const Program& program) {
  using Kind = RefCondition::Kind;
  if (c.kind == Kind::ref) return program.rule(correlation.refs[c.ref]).label();
  std::string out = c.kind == Kind::none_of ? "(not " : "(";
  for (std::size_t i = 0; i < c.children.size(); ++i) {
    if (i > 0) out += c.kind == Kind::all_of ? " and " : " or ";
    out += dump_condition(c.children[i], correlation, program);
  }
  return out + ")";
}

std::string dump_correlation(const Correlation& c, const Program& program) {
  std::string out = "  " + std::string(to_string(c.type)) + " within " +
                    std::to_string(c.timespan / std::chrono::seconds(1)) + " s\n";
  for (const RuleIndex ref : c.refs) out += "  of " + program.rule(ref).label() + "\n";
  for (const GroupField& group : c.group_by) out += "  by " + group.name + "\n";
  for (const FieldId f : c.value_fields) out += "  field " + program.fields()[index(f)] + "\n";
  for (const Threshold& t : c.thresholds) {
    std::string limit = std::to_string(t.limit);
    out += "  " + std::string(to_string(t.comparison)) + " " + limit + "\n";
  }
  if (c.condition) out += "  when " + dump_condition(*c.condition, c, program) + "\n";
  return out;
}

}  // namespace

std::string Program::dump() const {
  std::string out;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const RuleIndex rule{static_cast<std::uint32_t>(i)};
    out += "rule " + rules_[i].label() + " \"" + rules_[i].title + "\"\n";
    if (!rules_[i].signals_alone) out += "  only for correlations\n";
    for (const std::string& term : rules_[i].terms) out += "  term " + term + "\n";
    if (const Expression* e = expression(rule)) out += rules::dump(*e, 1);
    if (const Correlation* c = correlation(rule)) out += dump_correlation(*c, *this);
  }
  return out;
}

}  // namespace proviso::rules
