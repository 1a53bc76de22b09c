// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rules/program.h"
#include "signals/hit.h"

// The slow, obvious twin of the engine: it keeps every hit for ever, and at each hit counts the
// whole window anew. It is given all events in order.
namespace proviso::signals::twin {

struct Event {
  Place place;
  std::uint64_t weight = 1;
  std::vector<rules::RuleIndex> matched;
  /// By field name; a number has its value.
  struct Value {
    std::string text;
    std::optional<double> number;
  };
  std::map<std::string, Value> fields;
};

struct Fired {
  std::string rule;
  std::uint64_t line = 0;
  std::string group;
  Time from{};
  Time to{};
  double value = 0;
  std::uint64_t events = 0;
  auto operator<=>(const Fired&) const = default;
};

struct Hit {
  Place place;
  std::size_t ref = 0;
  std::uint64_t weight = 1;
  std::string group;
  std::string text;
  double number = 0;
};

class Twin {
 public:
  explicit Twin(const rules::Program& program)
      : program_(program), history_(program.correlations().size()) {}

  std::vector<Fired> run(std::vector<Event> events) {
    std::ranges::sort(events, {}, &Event::place);
    for (const Event& event : events) take(event);
    return std::move(fired_);
  }

 private:
  void take(const Event& event) {
    std::map<std::size_t, std::vector<std::uint64_t>> hits;
    for (const auto rule : event.matched) hits[rules::index(rule)].push_back(event.weight);
    for (std::size_t i = 0; i < history_.size(); ++i) {
      const rules::Correlation& c = program_.correlations()[i];
      for (std::size_t ref = 0; ref < c.refs.size(); ++ref) {
        for (const std::uint64_t weight : hits[rules::index(c.refs[ref])]) {
          std::optional<Hit> hit = hit_of(c, ref, event, weight);
          if (!hit) continue;
          history_[i].push_back(*hit);
          if (judge(c, history_[i], *hit)) hits[rules::index(c.rule)].push_back(1);
        }
      }
    }
  }

  const Event::Value* field(const Event& event, rules::FieldId id) const {
    const auto at = event.fields.find(program_.fields()[rules::index(id)]);
    return at == event.fields.end() ? nullptr : &at->second;
  }

  std::optional<Hit> hit_of(const rules::Correlation& c, std::size_t ref, const Event& event,
                            std::uint64_t weight) const {
    Hit hit{event.place, ref, weight, {}, {}, 0};
    for (const auto& by : c.group_by) {
      const auto* value = field(event, by.field_of_ref[ref]);
      hit.group += by.name + "=" + (value == nullptr ? "<none>" : value->text) + ";";
    }
    for (const rules::FieldId id : c.value_fields) {
      const auto* value = field(event, id);
      if (value == nullptr) return std::nullopt;
      hit.text += value->text + "|";
      if (c.type == rules::CorrelationType::value_count) continue;
      if (!value->number) return std::nullopt;
      hit.number = *value->number;
    }
    return hit;
  }

  bool judge(const rules::Correlation& c, const std::vector<Hit>& all, const Hit& now) {
    std::vector<Hit> in;
    for (const Hit& hit : all) {
      if (hit.group == now.group && hit.place.time >= now.place.time - c.timespan)
        in.push_back(hit);
    }
    const std::optional<double> value = figure(c, in);
    if (!value) return false;
    for (const rules::Threshold& t : c.thresholds) {
      if (!rules::holds(t.comparison, *value, t.limit)) return false;
    }
    fired_.push_back({program_.rule(c.rule).title, now.place.line, now.group, in.front().place.time,
                      now.place.time, *value, in.size()});
    return true;
  }

  static double percentile(const rules::Correlation& c, std::vector<double> values) {
    std::ranges::sort(values);
    const double rank = c.percentile / 100 * static_cast<double>(values.size() - 1);
    const auto low = static_cast<std::size_t>(rank);
    if (low + 1 == values.size()) return values[low];
    return values[low] + (values[low + 1] - values[low]) * (rank - static_cast<double>(low));
  }

  static bool holds(const rules::RefCondition& c, const std::set<std::size_t>& seen) {
    using Kind = rules::RefCondition::Kind;
    const auto child = [&](const rules::RefCondition& one) { return holds(one, seen); };
    switch (c.kind) {
      case Kind::ref: return seen.contains(c.ref);
      case Kind::all_of: return std::ranges::all_of(c.children, child);
      case Kind::any_of: return std::ranges::any_of(c.children, child);
      case Kind::none_of: return std::ranges::none_of(c.children, child);
    }
    return false;
  }

  // Whether the refs of `chain` from `stage` on can follow `before` one after the other.
  static bool follows(const rules::Correlation& c, const std::vector<Hit>& in,
                      const std::vector<std::size_t>& chain, std::size_t stage, const Hit* before) {
    if (stage == chain.size()) return true;
    for (const Hit& hit : in) {
      if (hit.ref != chain[stage]) continue;
      const bool same_counts = stage > 0 && c.ref_is_correlation[chain[stage - 1]] &&
                               !c.ref_is_correlation[chain[stage]];
      if (before != nullptr && hit.place < before->place) continue;
      if (before != nullptr && hit.place == before->place && !same_counts) continue;
      if (follows(c, in, chain, stage + 1, &hit)) return true;
    }
    return false;
  }

  // A name means that it is one of the chain; under `not`, that it did not occur at all.
  static bool holds_ordered(const rules::RefCondition& c, const std::set<std::size_t>& chain,
                            const std::set<std::size_t>& seen, bool negated) {
    using Kind = rules::RefCondition::Kind;
    if (c.kind == Kind::ref) return negated ? !seen.contains(c.ref) : chain.contains(c.ref);
    const bool inner = (c.kind == Kind::none_of) != negated;
    const auto child = [&](const rules::RefCondition& one) {
      return holds_ordered(one, chain, seen, inner);
    };
    const bool every = (c.kind == Kind::any_of) == negated;
    return every ? std::ranges::all_of(c.children, child) : std::ranges::any_of(c.children, child);
  }

  // By trying every choice of rules.
  static std::optional<double> ordered(const rules::Correlation& c, const std::vector<Hit>& in,
                                       const std::set<std::size_t>& seen) {
    std::optional<double> longest;
    bool holds = c.condition && holds_ordered(*c.condition, {}, seen, false);
    for (std::size_t choice = 1; choice < (std::size_t{1} << c.refs.size()); ++choice) {
      std::vector<std::size_t> chain;
      for (std::size_t ref = 0; ref < c.refs.size(); ++ref) {
        if (((choice >> ref) & 1U) != 0) chain.push_back(ref);
      }
      if (!follows(c, in, chain, 0, nullptr)) continue;
      const std::set<std::size_t> set(chain.begin(), chain.end());
      if (c.condition && holds_ordered(*c.condition, set, seen, false)) holds = true;
      if (!c.condition && (!c.thresholds.empty() || chain.size() == c.refs.size())) holds = true;
      longest = std::max(longest.value_or(0), static_cast<double>(chain.size()));
    }
    if (!holds) return std::nullopt;
    return c.condition ? static_cast<double>(seen.size()) : longest.value_or(0);
  }

  // What the thresholds are compared with; nothing where the condition does not hold anyway.
  static std::optional<double> figure(const rules::Correlation& c, const std::vector<Hit>& in) {
    using Type = rules::CorrelationType;
    std::set<std::string> texts;
    std::set<std::size_t> seen;
    std::vector<double> numbers;
    double operations = 0;
    rules::Billionths sum = 0;
    for (const Hit& hit : in) {
      texts.insert(hit.text);
      seen.insert(hit.ref);
      numbers.push_back(hit.number);
      operations += static_cast<double>(hit.weight);
      sum += rules::to_billionths(hit.number);
    }
    const auto refs_seen = static_cast<double>(seen.size());
    switch (c.type) {
      case Type::event_count: return operations;
      case Type::value_count: return static_cast<double>(texts.size());
      case Type::value_sum: return rules::from_billionths(sum);
      case Type::value_avg: return rules::from_billionths(sum) / static_cast<double>(in.size());
      case Type::value_percentile: return percentile(c, numbers);
      case Type::temporal: {
        const bool all = c.condition ? holds(*c.condition, seen)
                                     : !c.thresholds.empty() || seen.size() == c.refs.size();
        return all ? std::optional(refs_seen) : std::nullopt;
      }
      case Type::temporal_ordered: return ordered(c, in, seen);
    }
    return std::nullopt;
  }

  const rules::Program& program_;
  std::vector<std::vector<Hit>> history_;
  std::vector<Fired> fired_;
};

}  // namespace proviso::signals::twin
