// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "intake/field_policy.h"
#include "model/catalogue.h"
#include "model/register.h"
#include "model/terms.h"
#include "rules/matcher.h"
#include "rules/usage_view.h"
#include "server/customer_facts.h"
#include "signals/engine.h"
#include "signals/signal.h"

namespace proviso::bench {

/// What a provider has set up: the shipped rulebook, field policies, catalogue and terms.
struct Setup {
  intake::FieldPolicies policies;
  model::Catalogue catalogue;
  model::Terms terms;
  std::shared_ptr<const rules::Program> program;
};
/// Out of the source tree at `root`. Every `gte:` of a correlation is multiplied by
/// `scale_percent` / 100 (of 1 and 2 nothing is taken away).
Result<Setup> load_setup(const std::string& root, std::uint32_t scale_percent);

/// One customer's signals of one term group, as review puts them into one case.
struct FoundCase {
  Time seen{};                    ///< event time that the stages had reached when it opened
  std::string rule;               ///< title of the rule of the first signal
  std::set<std::string> rules;    ///< of all its signals
  std::set<std::int64_t> months;  ///< of 30 days since the start, in which a rule held
  bool operator==(const FoundCase&) const = default;
};

/// The stages of `proviso review` from the usage event on, in memory: facts of the register, rules,
/// windows, signals, and signals by customer and term group. No store, no ledger, no duplicates.
/// One thread.
class Pipeline {
 public:
  /// `setup` and `reg` must outlive it.
  Pipeline(const Setup& setup, const model::Register& reg, Time start);
  void take(const model::UsageEvent& event);
  /// The end of the log.
  void finish();

  using CaseKey = std::pair<std::string, std::string>;  ///< customer, term group
  [[nodiscard]] const std::map<CaseKey, FoundCase>& cases() const { return cases_; }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  void take_firings();
  void note(const signals::Firing& firing);
  model::ActionClass class_of(const model::UsageEvent& event);
  const Setup& setup_;
  const model::Register& register_;
  Time start_;
  server::CustomerFacts facts_;
  rules::UsageView view_;
  rules::Matcher matcher_;
  signals::Engine engine_;
  signals::SignalTracker tracker_;
  boost::unordered_flat_map<std::string, model::ActionClass> classes_;
  std::string scratch_;
  std::vector<signals::Firing> firings_;
  std::map<CaseKey, FoundCase> cases_;
  Time newest_{};
  std::uint64_t events_ = 0;
};

}  // namespace proviso::bench
