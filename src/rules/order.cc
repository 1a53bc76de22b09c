// SPDX-License-Identifier: Apache-2.0
#include "rules/order.h"

#include <algorithm>
#include <map>
#include <set>

namespace proviso::rules {
namespace {

constexpr std::size_t kWaysMax = 64;
constexpr std::size_t kCountedMax = 16;

/// What must have come in order and what must not have come at all.
struct Clause {
  std::set<std::uint32_t> present;
  std::set<std::uint32_t> absent;
  bool operator<(const Clause& other) const {
    return std::tie(present, absent) < std::tie(other.present, other.absent);
  }
};
using Clauses = std::set<Clause>;

Result<Clauses> joined(const Clauses& a, const Clauses& b) {
  Clauses out;
  for (const Clause& one : a) {
    for (const Clause& two : b) {
      Clause both = one;
      both.present.insert(two.present.begin(), two.present.end());
      both.absent.insert(two.absent.begin(), two.absent.end());
      const auto is_absent = [&](std::uint32_t ref) { return both.absent.contains(ref); };
      if (std::ranges::none_of(both.present, is_absent)) out.insert(std::move(both));
      if (out.size() > kWaysMax) {
        return fail(Errc::exhausted, "can hold in more than 64 ways (split the correlation)");
      }
    }
  }
  return out;
}

Result<Clauses> clauses_of(const RefCondition& c, bool negated) {
  using Kind = RefCondition::Kind;
  if (c.kind == Kind::ref) {
    Clause one;
    (negated ? one.absent : one.present).insert(static_cast<std::uint32_t>(c.ref));
    return Clauses{one};
  }
  const bool inner = c.kind == Kind::none_of ? !negated : negated;
  const bool every = c.kind == Kind::all_of    ? !negated
                     : c.kind == Kind::none_of ? !negated
                                               : negated;
  Clauses out;
  if (every) out.insert(Clause{});
  for (const RefCondition& child : c.children) {
    Clauses one = TRY(clauses_of(child, inner));
    if (every) out = TRY(joined(out, one));
    if (!every) out.merge(one);
    if (out.size() > kWaysMax) {
      return fail(Errc::exhausted, "can hold in more than 64 ways (split the correlation)");
    }
  }
  return out;
}

/// Sequences that begin alike share their steps.
class Steps {
 public:
  explicit Steps(std::vector<OrderStep>& out) : out_(out) {}

  std::optional<std::uint32_t> add(const std::set<std::uint32_t>& refs) {
    std::vector<std::uint32_t> prefix;
    std::optional<std::uint32_t> last;
    for (const std::uint32_t ref : refs) {
      prefix.push_back(ref);
      const auto [at, added] = known_.emplace(prefix, static_cast<std::uint32_t>(out_.size()));
      if (added) {
        OrderStep step{ref, static_cast<std::uint32_t>(prefix.size())};
        if (last) step.after.push_back(*last);
        out_.push_back(std::move(step));
      }
      last = at->second;
    }
    return last;
  }

 private:
  std::vector<OrderStep>& out_;
  std::map<std::vector<std::uint32_t>, std::uint32_t> known_;
};

// For each rule and each number of rules that a sequence may have up to it.
Result<void> count_steps(Correlation& c) {
  const auto refs = static_cast<std::uint32_t>(c.refs.size());
  if (refs > kCountedMax) {
    return fail(Errc::exhausted, "counts at most 16 rules in order (name fewer)");
  }
  for (std::uint32_t ref = 0; ref < refs; ++ref) {
    for (std::uint32_t length = 1; length <= ref + 1; ++length) {
      OrderStep step{ref, length};
      for (std::uint32_t i = 0; i < c.order.size(); ++i) {
        const OrderStep& before = c.order[i];
        if (before.length + 1 == length && before.ref < ref) step.after.push_back(i);
      }
      c.order.push_back(std::move(step));
    }
  }
  return {};
}

}  // namespace

Result<void> make_order(Correlation& c) {
  c.order.clear();
  c.ways.clear();
  if (!c.thresholds.empty()) return count_steps(c);
  Clauses clauses;
  if (c.condition) {
    clauses = TRY(clauses_of(*c.condition, false));
    if (clauses.empty())
      return fail(Errc::invalid_input, "can never hold (a rule and not the same)");
  } else {
    Clause all;
    for (std::uint32_t ref = 0; ref < c.refs.size(); ++ref) all.present.insert(ref);
    clauses.insert(std::move(all));
  }
  Steps steps(c.order);
  for (const Clause& clause : clauses) {
    c.ways.push_back({steps.add(clause.present), {clause.absent.begin(), clause.absent.end()}});
  }
  return {};
}

}  // namespace proviso::rules
