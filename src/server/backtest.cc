// SPDX-License-Identifier: Apache-2.0
#include "server/backtest.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_set.hpp>

namespace proviso::server {
namespace {

using rules::RuleIndex;

// Groups that are kept as candidates for near misses. The nearest ones always stay: a group that
// was let go comes back when it comes nearer.
constexpr std::size_t kNearKept = 4096;

struct Tally {
  std::map<std::string, signals::Signal> by_id;
  std::map<std::string, NearMiss> near;
  boost::unordered_flat_set<std::string> fired;  ///< groups
};

std::string group_key(const signals::Signal& s) {
  std::string key = s.group.empty() ? s.subscription : "";
  for (const signals::GroupValue& v : s.group) key += v.name + "=" + v.text + "\n";
  return key;
}

class Collector {
 public:
  Collector(const rules::Twins& twins, const Pseudonyms& pseudonyms, std::size_t top)
      : twins_(twins), pseudonyms_(pseudonyms), top_(top), tallies_(twins.first) {}

  void watch(Replay& replay) {
    replay.on_firing = [this](const signals::Firing& f) { take(f); };
    replay.on_signal = [this](const signals::Signal& s) {
      tallies_[rules::index(last_rule_)].by_id.insert_or_assign(s.id, s);
    };
  }

  std::vector<RuleBacktest> finish(const std::map<std::string, std::vector<SignalSpan>>* in_force) {
    std::vector<RuleBacktest> out;
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      const RuleIndex rule{static_cast<std::uint32_t>(i)};
      if (program().rule(rule).signals_alone) out.push_back(report(rule, in_force));
    }
    return out;
  }

 private:
  [[nodiscard]] const rules::Program& program() const { return *twins_.program; }

  void take(const signals::Firing& f) {
    const auto shown = twins_.shown_by(f.rule);
    if (!shown) {
      last_rule_ = f.rule;
      if (program().correlation(f.rule) == nullptr) return;
      const std::string group = pseudonyms_.group_text(f.group);
      Tally& tally = tallies_[rules::index(f.rule)];
      tally.near.erase(group);
      tally.fired.insert(group);
      return;
    }
    if (program().rule(*shown).signals_alone) take_figure(*shown, f);
  }

  void take_figure(RuleIndex rule, const signals::Firing& f) {
    const rules::Correlation& c = *program().correlation(rule);
    const auto far = rules::distance(c, f.value);
    const double distance = far ? *far : static_cast<double>(c.refs.size()) - f.value;
    if (distance <= 0) return;
    Tally& tally = tallies_[rules::index(rule)];
    std::string group = pseudonyms_.group_text(f.group);
    if (tally.fired.contains(group)) return;
    const auto [at, added] = tally.near.try_emplace(group);
    if (!added && at->second.distance <= distance) return;
    at->second = {std::move(group), f.value, distance, f.to};
    if (tally.near.size() > kNearKept) drop_far(tally);
  }

  static void drop_far(Tally& tally) {
    std::vector<double> distances;
    for (const auto& [group, near] : tally.near) distances.push_back(near.distance);
    const auto middle = distances.begin() + kNearKept / 2;
    std::ranges::nth_element(distances, middle);
    std::erase_if(tally.near, [&](const auto& one) { return one.second.distance > *middle; });
  }

  RuleBacktest report(RuleIndex rule,
                      const std::map<std::string, std::vector<SignalSpan>>* in_force) {
    const rules::RuleInfo& info = program().rule(rule);
    const Tally& tally = tallies_[rules::index(rule)];
    RuleBacktest out;
    out.rule = info.label();
    out.title = info.title;
    out.shadow = info.shadow;
    if (const rules::Correlation* c = program().correlation(rule)) {
      out.needs = rules::thresholds_text(*c);
    }
    out.signals = tally.by_id.size();
    std::set<std::string> subscriptions;
    for (const auto& [id, s] : tally.by_id) {
      subscriptions.insert(s.subscription);
      ++out.per_day[format_time(floor_second(s.from)).substr(0, 10)];
    }
    out.subscriptions = subscriptions.size();
    out.groups = groups(tally);
    out.near_misses = nearest(tally);
    if (in_force != nullptr) compare(info, tally, *in_force, out);
    return out;
  }

  [[nodiscard]] std::vector<BacktestGroup> groups(const Tally& tally) const {
    std::map<std::string, BacktestGroup> by_group;
    for (const auto& [id, s] : tally.by_id) {
      BacktestGroup& g = by_group[group_key(s)];
      if (g.group.empty()) {
        g.group = s.group.empty() ? "subscription=" + pseudonyms_.of(s.subscription)
                                  : pseudonyms_.group_text(s.group);
      }
      ++g.signals;
      g.firings += s.firings;
      g.value_peak = std::max(g.value_peak, s.value_peak);
    }
    std::vector<BacktestGroup> out;
    for (auto& [key, g] : by_group) out.push_back(std::move(g));
    std::ranges::sort(out, [](const BacktestGroup& a, const BacktestGroup& b) {
      if (a.signals != b.signals) return a.signals > b.signals;
      if (a.value_peak != b.value_peak) return a.value_peak > b.value_peak;
      return a.group < b.group;
    });
    if (out.size() > top_) out.resize(top_);
    return out;
  }

  [[nodiscard]] std::vector<NearMiss> nearest(const Tally& tally) const {
    std::vector<NearMiss> out;
    for (const auto& [group, near] : tally.near) out.push_back(near);
    std::ranges::sort(out, [](const NearMiss& a, const NearMiss& b) {
      return a.distance != b.distance ? a.distance < b.distance : a.group < b.group;
    });
    if (out.size() > top_) out.resize(top_);
    return out;
  }

  void compare(const rules::RuleInfo& info, const Tally& tally,
               const std::map<std::string, std::vector<SignalSpan>>& in_force,
               RuleBacktest& out) const {
    auto at = in_force.find(info.label());
    for (const std::string& other : {info.shadow_of, info.name}) {
      if (at == in_force.end() && !other.empty()) at = in_force.find(other);
    }
    if (at == in_force.end()) return;
    std::vector<SignalSpan> mine;
    for (const auto& [id, s] : tally.by_id) mine.push_back({id, s.subscription, s.from, s.to});
    out.compared_with = at->first;
    out.difference = compare_spans(at->second, mine);
  }

  const rules::Twins& twins_;
  const Pseudonyms& pseudonyms_;
  std::size_t top_;
  std::vector<Tally> tallies_;
  RuleIndex last_rule_{};
};

Result<void> read_all(Replay& replay, const BacktestOptions& options) {
  replay.on_progress = options.on_progress;
  for (const std::string& input : options.inputs) TRY_VOID(replay.read(input));
  replay.flush();
  return {};
}

// The signals of each rule in force, by its id and by its name.
Result<std::map<std::string, std::vector<SignalSpan>>> spans_in_force(
    const std::shared_ptr<const rules::Program>& program, const RuleSetting& setting,
    const model::Register& customers, const BacktestOptions& options) {
  std::map<std::string, std::map<std::string, SignalSpan>> by_rule;
  for (const rules::RuleInfo& rule : program->rules()) {
    if (rule.signals_alone && !rule.shadow) by_rule[rule.label()];
  }
  Replay replay(program, setting, customers, options.replay);
  replay.on_signal = [&](const signals::Signal& s) {
    const auto rule = by_rule.find(s.rule);
    if (rule != by_rule.end()) {
      rule->second.insert_or_assign(s.id, SignalSpan{s.id, s.subscription, s.from, s.to});
    }
  };
  TRY_VOID(read_all(replay, options));
  std::map<std::string, std::vector<SignalSpan>> out;
  for (const auto& [label, spans] : by_rule) {
    std::vector<SignalSpan>& list = out[label];
    for (const auto& [id, span] : spans) list.push_back(span);
    const auto rule = program->find(label);
    if (rule && !program->rule(*rule).name.empty()) out[program->rule(*rule).name] = list;
  }
  return out;
}

}  // namespace

Result<Backtest> backtest(const std::shared_ptr<const rules::Program>& program,
                          const std::shared_ptr<const rules::Program>& in_force,
                          const RuleSetting& setting, const model::Register& customers,
                          const Pseudonyms& pseudonyms, const BacktestOptions& options) {
  const rules::Twins twins = rules::with_twins(*program);
  Collector collector(twins, pseudonyms, options.top);
  Replay replay(twins.program, setting, customers, options.replay);
  collector.watch(replay);
  TRY_VOID(read_all(replay, options));
  Backtest out;
  out.counts = replay.counts();
  out.engine = replay.engine_counters();
  if (in_force == nullptr) {
    out.rules = collector.finish(nullptr);
    return out;
  }
  const auto old_ones = TRY(spans_in_force(in_force, setting, customers, options));
  out.rules = collector.finish(&old_ones);
  return out;
}

}  // namespace proviso::server
