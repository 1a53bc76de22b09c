// SPDX-License-Identifier: Apache-2.0
#include "signals/counter.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "rules/expression.h"
#include "signals/event_names.h"
#include "signals/state.h"

namespace proviso::signals {
namespace {

using rules::Comparison;
using rules::Correlation;
using rules::CorrelationType;
using rules::Program;
using rules::RuleIndex;

// A value_count that asks for more is answered by bounds.
constexpr std::size_t kValuesMax = 65'536;

// Above every sum of a window, and its negative below.
constexpr rules::Billionths kNever = static_cast<rules::Billionths>(1) << 120;

Keeps keeps_of(CorrelationType type) {
  switch (type) {
    case CorrelationType::event_count: return Keeps::operations;
    case CorrelationType::value_count: return Keeps::distinct;
    case CorrelationType::value_sum:
    case CorrelationType::value_avg: return Keeps::sums;
    case CorrelationType::value_percentile: return Keeps::ranks;
    case CorrelationType::temporal:
    case CorrelationType::temporal_ordered: return Keeps::occurrences;
  }
  return Keeps::operations;
}

// Definitions as digests: of a rule its tests, of a correlation all that decides when it fires.
class Definitions {
 public:
  explicit Definitions(const Program& program)
      : program_(program), known_(program.rules().size()) {}

  const Digest& of(RuleIndex rule) {
    std::optional<Digest>& known = known_[rules::index(rule)];
    if (known) return *known;
    ByteWriter bytes;
    const rules::RuleInfo& info = program_.rule(rule);
    bytes.text(info.logsource.category);
    bytes.text(info.logsource.product);
    bytes.text(info.logsource.service);
    if (const rules::Expression* e = program_.expression(rule)) bytes.text(rules::dump(*e, 0));
    if (const Correlation* c = program_.correlation(rule)) {
      bytes.raw(counter(*c).view());
      bytes.number(static_cast<std::uint64_t>(c->type));
      bytes.real(c->percentile);
      for (const rules::Threshold& t : c->thresholds) {
        bytes.number(static_cast<std::uint64_t>(t.comparison));
        bytes.real(t.limit);
      }
      if (c->condition) condition(*c->condition, bytes);
    }
    known = sha256(bytes.take());
    return *known;
  }

  Digest counter(const Correlation& c) {
    ByteWriter bytes;
    bytes.number(static_cast<std::uint64_t>(keeps_of(c.type)));
    bytes.number(static_cast<std::uint64_t>(c.timespan.count()));
    bytes.number(c.refs.size());
    for (const RuleIndex ref : c.refs) bytes.raw(of(ref).view());
    bytes.number(c.group_by.size());
    for (const auto& group : c.group_by) {
      for (const rules::FieldId f : group.field_of_ref) bytes.text(name(f));
    }
    for (const rules::FieldId f : c.value_fields) bytes.text(name(f));
    for (const rules::OrderStep& step : c.order) {
      bytes.number(step.ref);
      bytes.number(step.length);
      bytes.number(step.after.size());
      for (const std::uint32_t before : step.after) bytes.number(before);
    }
    return sha256(bytes.take());
  }

 private:
  static void condition(const rules::RefCondition& c, ByteWriter& out) {
    out.number(static_cast<std::uint64_t>(c.kind));
    out.number(c.ref);
    out.number(c.children.size());
    for (const rules::RefCondition& child : c.children) condition(child, out);
  }
  [[nodiscard]] const std::string& name(rules::FieldId f) const {
    return program_.fields()[rules::index(f)];
  }
  const Program& program_;
  std::vector<std::optional<Digest>> known_;
};

Counter make_counter(const Correlation& c, const Digest& identity) {
  Counter out;
  out.identity = identity;
  out.keeps = keeps_of(c.type);
  out.timespan = c.timespan;
  out.refs = c.refs;
  out.ref_is_correlation = c.ref_is_correlation;
  out.group_of.resize(c.refs.size());
  for (std::size_t ref = 0; ref < c.refs.size(); ++ref) {
    for (const auto& group : c.group_by) out.group_of[ref].push_back(group.field_of_ref[ref]);
  }
  out.value_fields = c.value_fields;
  out.order = c.order;
  out.steps_of_ref.resize(c.refs.size());
  for (std::uint32_t i = 0; i < c.order.size(); ++i) out.steps_of_ref[c.order[i].ref].push_back(i);
  out.names_from = kNever;
  out.holds_from = kNever;
  return out;
}

rules::Billionths whole(double number) {
  return rules::to_billionths(std::ceil(number)) / 1'000'000'000;
}

// Below which figure this reader does not hold: the greatest of what it wants at least.
rules::Billionths holds_from(const Correlation& c) {
  const bool counts = c.type == CorrelationType::event_count;
  if (!counts && c.type != CorrelationType::value_sum) return -kNever;
  rules::Billionths from = -kNever;
  for (const rules::Threshold& t : c.thresholds) {
    const bool at_least = t.comparison == Comparison::gte || t.comparison == Comparison::gt ||
                          t.comparison == Comparison::eq;
    if (at_least) from = std::max(from, counts ? whole(t.limit) : t.exact);
  }
  return from;
}

// From which figure on the events of this reader's windows are named.
rules::Billionths names_from(const Correlation& c) {
  const bool grows = c.type == CorrelationType::event_count ||
                     c.type == CorrelationType::value_count || c.type == CorrelationType::value_sum;
  std::optional<double> least;
  for (const rules::Threshold& t : c.thresholds) {
    if (t.comparison == Comparison::lt || t.comparison == Comparison::lte) continue;
    if (t.comparison == Comparison::neq) continue;
    least = std::min(least.value_or(t.limit / 4), t.limit / 4);
  }
  if (!grows || !least) return -kNever;
  if (c.type == CorrelationType::value_sum) return rules::to_billionths(*least);
  if (*least * 4 <= static_cast<double>(EventNames::kMax)) return -kNever;
  return whole(*least);
}

void add_reader(Counter& counter, const Correlation& c, std::uint32_t at, std::size_t values_min) {
  counter.readers.push_back(at);
  counter.names_from = std::min(counter.names_from, names_from(c));
  counter.holds_from = std::min(counter.holds_from, holds_from(c));
  counter.values_max = std::max(counter.values_max, values_min);
  for (const rules::Threshold& t : c.thresholds) {
    if (c.type != CorrelationType::value_count || t.limit < 0) continue;
    const double asked = std::min(t.limit + 1, static_cast<double>(kValuesMax));
    counter.values_max = std::max(counter.values_max, static_cast<std::size_t>(asked));
  }
}

}  // namespace

std::vector<Digest> definitions_of(const Program& program) {
  Definitions definitions(program);
  std::vector<Digest> out;
  for (std::size_t i = 0; i < program.rules().size(); ++i) {
    out.push_back(definitions.of(RuleIndex(static_cast<std::uint32_t>(i))));
  }
  return out;
}

std::vector<Counter> counters_of(const Program& program, std::size_t values_min) {
  Definitions definitions(program);
  std::vector<Counter> out;
  std::map<std::string, std::size_t> known;
  const auto& correlations = program.correlations();
  for (std::uint32_t i = 0; i < correlations.size(); ++i) {
    const Digest identity = definitions.counter(correlations[i]);
    // Equal definitions under other rules' names are still counted apart: their hits come from
    // rules of their own.
    std::string key(identity.view());
    for (const RuleIndex ref : correlations[i].refs) {
      key += "," + std::to_string(rules::index(ref));
    }
    const auto [at, added] = known.emplace(key, out.size());
    if (added) {
      // Two of one definition: the second is named after both.
      const auto twin = std::ranges::find(out, identity, &Counter::identity);
      out.push_back(make_counter(correlations[i], twin == out.end()
                                                      ? identity
                                                      : sha256(key + std::to_string(out.size()))));
    }
    add_reader(out[at->second], correlations[i], i, values_min);
  }
  return out;
}

}  // namespace proviso::signals
