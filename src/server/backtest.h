// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rules/explain.h"
#include "server/pseudonym.h"
#include "server/replay.h"
#include "server/shadow.h"

namespace proviso::server {

/// A group that a rule fired for.
struct BacktestGroup {
  std::string group;  ///< with pseudonyms (I14)
  std::uint64_t signals = 0;
  std::uint64_t firings = 0;
  double value_peak = 0;
};

/// A group whose figure came close and never held.
struct NearMiss {
  std::string group;  ///< with pseudonyms (I14)
  double value = 0;
  double distance = 0;  ///< how far from holding
  Time at{};
};

struct RuleBacktest {
  std::string rule;
  std::string title;
  std::string needs;  ///< thresholds as text; empty for plain and temporal rules
  bool shadow = false;
  std::uint64_t signals = 0;
  std::uint64_t subscriptions = 0;               ///< different ones that were hit
  std::map<std::string, std::uint64_t> per_day;  ///< UTC day of a signal's beginning -> signals
  std::vector<BacktestGroup> groups;             ///< most signals, then highest peak, first
  std::vector<NearMiss> near_misses;             ///< nearest first
  /// Against the rule of the same id in force, or the one that it is a shadow of.
  std::optional<SpanDifference> difference;
  std::string compared_with;
};

struct BacktestOptions {
  std::vector<std::string> inputs;  ///< files; read twice where `in_force` is given
  ReplayOptions replay;
  std::size_t top = 10;  ///< groups and near misses of a rule
  std::function<void(const std::string& input, std::uint64_t records)> on_progress;
};

struct Backtest {
  std::vector<RuleBacktest> rules;  ///< those that raise signals, in the rulebook's order
  ReplayCounts counts;
  signals::EngineCounters engine;
};

/// Runs rules over history: what they would have found, and how far the rest was from it. Writes
/// nothing. `in_force`: the rulebook to compare with, may be null. Errors: as of Replay.
Result<Backtest> backtest(const std::shared_ptr<const rules::Program>& program,
                          const std::shared_ptr<const rules::Program>& in_force,
                          const RuleSetting& setting, const model::Register& customers,
                          const Pseudonyms& pseudonyms, const BacktestOptions& options);

}  // namespace proviso::server
