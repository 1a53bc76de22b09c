// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "base/digest.h"
#include "rules/program.h"

namespace proviso::signals {

/// What the windows of a counter keep of their hits.
enum class Keeps : std::uint8_t {
  operations,   ///< event_count
  sums,         ///< value_sum, value_avg
  distinct,     ///< value_count
  ranks,        ///< value_percentile, value_median
  occurrences,  ///< temporal, temporal_ordered
};

/// A counter: what several correlations that differ only in what they ask of it have in common.
/// Its identity is the digest of its definition: what it keeps, the definitions of the rules that
/// it counts, group-by, timespan and value fields; not thresholds, titles, ids or names. So a
/// changed threshold goes on with what has been counted, and a changed rule begins anew.
struct Counter {
  Digest identity;
  Keeps keeps = Keeps::operations;
  Duration timespan{};
  std::vector<rules::RuleIndex> refs;
  std::vector<bool> ref_is_correlation;               ///< parallel to refs
  std::vector<std::vector<rules::FieldId>> group_of;  ///< parallel to refs: the group-by fields
  std::vector<rules::FieldId> value_fields;
  /// Indices into Program::correlations() of those that read it, in that order.
  std::vector<std::uint32_t> readers;
  /// Of temporal_ordered readers: the steps of their sequences, and by rule which are its.
  std::vector<rules::OrderStep> order;
  std::vector<std::vector<std::uint32_t>> steps_of_ref;
  /// Different values that are told apart one by one.
  std::size_t values_max = 0;
  /// Events are named from this figure on: a quarter of the least threshold, so that quiet windows
  /// stay small; all of them where a reader asks for anything but "at least so much", or for few.
  /// Operations, different values, or billionths of a sum.
  rules::Billionths names_from = 0;
  /// No reader can hold while the figure (operations, or billionths of a sum) is certainly below.
  rules::Billionths holds_from = 0;
};

/// By rule, the digest of what decides when it matches or fires.
std::vector<Digest> definitions_of(const rules::Program& program);

/// The counters of a program, in an order in which each comes after those that it depends on.
/// `values_min`: the least Counter::values_max.
std::vector<Counter> counters_of(const rules::Program& program, std::size_t values_min);

}  // namespace proviso::signals
