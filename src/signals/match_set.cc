// SPDX-License-Identifier: Apache-2.0
#include "signals/match_set.h"

#include <algorithm>

namespace proviso::signals {
namespace {

template <class T>
std::uint32_t place_of(std::vector<T>& all, const T& one) {
  const auto at = std::ranges::find(all, one);
  const auto place = static_cast<std::uint32_t>(at - all.begin());
  if (at == all.end()) all.push_back(one);
  return place;
}

}  // namespace

MatchSet make_match_set(std::span<const rules::RuleIndex> matched,
                        const std::vector<Counter>& counters, const rules::Program& program) {
  MatchSet out;
  out.matched.assign(matched.begin(), matched.end());
  // Rules that can give a hit at this event: those that matched, and correlations that they feed.
  std::vector<bool> can_hit(program.rules().size());
  for (const rules::RuleIndex rule : matched) can_hit[rules::index(rule)] = true;
  for (std::uint32_t i = 0; i < counters.size(); ++i) {
    const Counter& counter = counters[i];
    const bool is_fed = std::ranges::any_of(
        counter.refs, [&](rules::RuleIndex ref) { return can_hit[rules::index(ref)]; });
    if (!is_fed) continue;
    MatchSet::Step step;
    step.counter = i;
    for (const auto& fields : counter.group_of) {
      step.group_of.push_back(place_of(out.groups, fields));
    }
    if (!counter.value_fields.empty()) {
      step.value = place_of(out.values, {counter.keeps == Keeps::distinct, counter.value_fields});
    }
    out.steps.push_back(std::move(step));
    for (const std::uint32_t reader : counter.readers) {
      can_hit[rules::index(program.correlations()[reader].rule)] = true;
    }
  }
  find_hits(out, counters, program);
  return out;
}

void find_hits(MatchSet& set, const std::vector<Counter>& counters, const rules::Program& program) {
  std::vector<bool> can_hit(program.rules().size());
  for (const rules::RuleIndex rule : set.matched) {
    can_hit[rules::index(rule)] = true;
    set.signals_alone = set.signals_alone || program.rule(rule).signals_alone;
  }
  for (MatchSet::Step& step : set.steps) {
    const Counter& counter = counters[step.counter];
    set.counts_values = set.counts_values || counter.keeps == Keeps::distinct;
    for (std::uint32_t ref = 0; ref < counter.refs.size(); ++ref) {
      if (!can_hit[rules::index(counter.refs[ref])]) continue;
      step.refs.push_back(ref);
      step.is_direct = step.is_direct || !counter.ref_is_correlation[ref];
    }
    for (const std::uint32_t reader : counter.readers) {
      can_hit[rules::index(program.correlations()[reader].rule)] = true;
    }
  }
}

}  // namespace proviso::signals
