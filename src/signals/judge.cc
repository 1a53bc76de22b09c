// SPDX-License-Identifier: Apache-2.0
#include "signals/judge.h"

#include <algorithm>
#include <limits>

namespace proviso::signals {
namespace {

using rules::Comparison;
using rules::Correlation;
using rules::CorrelationType;
using rules::RefCondition;
using Holds = Verdict::Holds;

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr rules::Billionths kMost = static_cast<rules::Billionths>(1) << 120;

Holds sure(bool yes) { return yes ? Holds::yes : Holds::no; }

// Whether every number between the bounds compares so, none does, or some do.
template <class T>
Holds compare(Comparison comparison, const T& lower, const T& upper, const T& limit) {
  const auto decide = [](bool all, bool some) {
    return all ? Holds::yes : some ? Holds::unsure : Holds::no;
  };
  switch (comparison) {
    case Comparison::gt: return decide(lower > limit, upper > limit);
    case Comparison::gte: return decide(lower >= limit, upper >= limit);
    case Comparison::lt: return decide(upper < limit, lower < limit);
    case Comparison::lte: return decide(upper <= limit, lower <= limit);
    case Comparison::eq:
      return decide(lower == limit && upper == limit, lower <= limit && limit <= upper);
    case Comparison::neq:
      return decide(limit < lower || upper < limit, !(lower == limit && upper == limit));
  }
  return Holds::no;
}

Holds both(Holds a, Holds b) {
  if (a == Holds::no || b == Holds::no) return Holds::no;
  return a == Holds::yes && b == Holds::yes ? Holds::yes : Holds::unsure;
}

Holds either(Holds a, Holds b) {
  if (a == Holds::yes || b == Holds::yes) return Holds::yes;
  return a == Holds::no && b == Holds::no ? Holds::no : Holds::unsure;
}

Verdict compare_all(const Correlation& c, const Between& figure) {
  Verdict out{Holds::yes, figure.lower};
  for (const rules::Threshold& t : c.thresholds) {
    out.holds = both(out.holds, compare(t.comparison, figure.lower, figure.upper, t.limit));
    const bool from_above = t.comparison == Comparison::lt || t.comparison == Comparison::lte;
    if (from_above && figure.upper != kInfinite) out.value = figure.upper;
  }
  return out;
}

Verdict judge_sum(const Correlation& c, const Window& window, Missing missing) {
  Window::Sums sums = window.sums();
  if (missing == Missing::some_below_zero) return {Holds::unsure, 0};
  if (missing == Missing::some) sums.upper = kMost;
  Verdict out{Holds::yes, 0};
  for (const rules::Threshold& t : c.thresholds) {
    out.holds = both(out.holds, compare(t.comparison, sums.lower, sums.upper, t.exact));
  }
  if (out.holds == Holds::yes) out.value = rules::from_billionths(sums.lower);
  return out;
}

Holds occurred(const RefCondition& c, const Window& window, Time begin, bool incomplete) {
  const auto child = [&](const RefCondition& one) {
    return occurred(one, window, begin, incomplete);
  };
  Holds out = Holds::no;
  switch (c.kind) {
    case RefCondition::Kind::ref:
      // What was not seen may have been let go.
      if (window.occurred(c.ref, begin)) return Holds::yes;
      return incomplete ? Holds::unsure : Holds::no;
    case RefCondition::Kind::all_of:
      out = Holds::yes;
      for (const RefCondition& one : c.children) out = both(out, child(one));
      return out;
    case RefCondition::Kind::any_of:
    case RefCondition::Kind::none_of:
      for (const RefCondition& one : c.children) out = either(out, child(one));
      if (c.kind == RefCondition::Kind::any_of || out == Holds::unsure) return out;
      return out == Holds::yes ? Holds::no : Holds::yes;
  }
  return out;
}

double different(const Correlation& c, const Window& window, Time begin) {
  double seen = 0;
  for (std::size_t ref = 0; ref < c.refs.size(); ++ref) {
    if (window.occurred(ref, begin)) seen += 1;
  }
  return seen;
}

Verdict judge_temporal(const Correlation& c, const Window& window, bool incomplete) {
  const Time begin = begin_of(window.newest(), c.timespan);
  const double seen = different(c, window, begin);
  const double most = incomplete ? static_cast<double>(c.refs.size()) : seen;
  Verdict out{Holds::yes, seen};
  if (c.condition) {
    out.holds = occurred(*c.condition, window, begin, incomplete);
  } else if (c.thresholds.empty()) {
    out.holds = sure(seen == static_cast<double>(c.refs.size()));
  } else {
    out = compare_all(c, {seen, most});
  }
  return out;
}

// Of sequences only what is there is certain: a late hit extends none, and older ones may be
// missing.
Verdict judge_ordered(const Correlation& c, const Window& window, bool incomplete) {
  const Time begin = begin_of(window.newest(), c.timespan);
  const auto met = [&](std::uint32_t step) { return window.in_order_since(step, begin); };
  if (!c.thresholds.empty()) {
    double longest = 0;
    for (std::uint32_t i = 0; i < c.order.size(); ++i) {
      if (met(i)) longest = std::max(longest, static_cast<double>(c.order[i].length));
    }
    return compare_all(c, {longest, incomplete ? static_cast<double>(c.refs.size()) : longest});
  }
  const Holds otherwise = incomplete ? Holds::unsure : Holds::no;
  Verdict out{Holds::no, different(c, window, begin)};
  for (const rules::OrderWay& way : c.ways) {
    Holds one = !way.step || met(*way.step) ? Holds::yes : otherwise;
    for (const std::uint32_t ref : way.absent) {
      const bool came = window.occurred(ref, begin);
      one = both(one, came ? Holds::no : incomplete ? Holds::unsure : Holds::yes);
    }
    out.holds = either(out.holds, one);
  }
  return out;
}

}  // namespace

Verdict judge(const Correlation& c, const Window& window, Missing missing) {
  const bool incomplete = missing != Missing::none;
  switch (c.type) {
    case CorrelationType::event_count: {
      const Window::Sums sums = window.sums();
      const auto lower = static_cast<double>(static_cast<std::int64_t>(sums.lower));
      const auto upper = static_cast<double>(static_cast<std::int64_t>(sums.upper));
      return compare_all(c, {lower, incomplete ? kInfinite : upper});
    }
    case CorrelationType::value_count: {
      Between values = window.distinct();
      if (incomplete) values.upper = kInfinite;
      return compare_all(c, values);
    }
    case CorrelationType::value_sum: return judge_sum(c, window, missing);
    case CorrelationType::value_avg:
      if (incomplete) return {Holds::unsure, 0};
      return compare_all(c, window.average());
    case CorrelationType::value_percentile:
      if (incomplete) return {Holds::unsure, 0};
      return compare_all(c, window.percentile(c.percentile));
    case CorrelationType::temporal: return judge_temporal(c, window, incomplete);
    case CorrelationType::temporal_ordered: return judge_ordered(c, window, incomplete);
  }
  return {};
}

}  // namespace proviso::signals
