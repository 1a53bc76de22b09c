// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "rules/program.h"
#include "signals/counter.h"

namespace proviso::signals {

/// What is done with an event that matched just these rules: which counters can get hits from it,
/// and what of the event they read. Made once per set of matched rules, so that an event costs no
/// look at rules that it has nothing to do with.
///
/// An event in wait carries the bytes of each of `groups` (with three bits a field: the kind of
/// value) and a word for each of `values` (a double; or the hash of a text). A NaN or a 0 says that
/// the event has no such value.
struct MatchSet {
  static constexpr std::uint32_t kNoValue = 0xFFFFFFFFU;
  struct Step {
    std::uint32_t counter = 0;
    std::uint32_t value = kNoValue;       ///< which of `values`
    std::vector<std::uint32_t> group_of;  ///< by ref: which of `groups`
    std::vector<std::uint32_t> refs;      ///< those of which the event can be a hit, ascending
    bool is_direct = false;               ///< some of them matched; else only firings can hit
  };
  struct Value {
    bool is_text = false;
    std::vector<rules::FieldId> fields;
    bool operator==(const Value&) const = default;
  };
  std::vector<rules::RuleIndex> matched;
  std::vector<Step> steps;  ///< in the order of the counters
  std::vector<std::vector<rules::FieldId>> groups;
  std::vector<Value> values;
  bool counts_values = false;  ///< some step counts different values
  bool signals_alone = false;  ///< some of `matched` does
};

MatchSet make_match_set(std::span<const rules::RuleIndex> matched,
                        const std::vector<Counter>& counters, const rules::Program& program);

/// Fills in what follows from `matched` and the counters of `steps`: refs, is_direct,
/// counts_values, signals_alone.
void find_hits(MatchSet& set, const std::vector<Counter>& counters, const rules::Program& program);

}  // namespace proviso::signals
