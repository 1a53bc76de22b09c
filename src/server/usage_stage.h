// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "intake/identity.h"
#include "intake/seen_ids.h"
#include "model/catalogue.h"
#include "rules/usage_matcher.h"
#include "server/customer_facts.h"
#include "server/usage_flows.h"
#include "signals/engine.h"
#include "signals/rollup.h"

namespace proviso::server {

/// What happens to usage events between intake and store, in memory: each counts once, is added to
/// the roll-ups, matched against the rules and fed to the windows. One thread. The catalogue must
/// outlive it.
class UsageStage {
 public:
  /// How many events are best begun together: enough for the fetches of memory to overlap.
  static constexpr std::size_t kBatch = 64;

  /// `secret`: that of the deployment, for Identity.
  UsageStage(const std::shared_ptr<const rules::Program>& program,
             const model::Catalogue& catalogue, const model::Register& customers,
             signals::EngineOptions options, std::string_view secret);

  /// Looks ahead at up to kBatch events, which must live until they were taken. Changes nothing.
  void begin(std::span<const model::UsageEvent> events, std::string_view format);
  /// Takes event `i` of those, in order; what fired is appended to `firings`. False: a duplicate,
  /// which changes nothing.
  bool take(std::size_t i, std::vector<signals::Firing>& firings);

  [[nodiscard]] const rules::Program& program() const { return matcher_.program(); }
  /// Whether some rule reads what the register says of a customer.
  [[nodiscard]] bool reads_attributes() const { return view_.reads_attributes(); }
  intake::SeenIds& seen() { return seen_; }
  signals::Engine& engine() { return engine_; }
  signals::Rollup& rollup() { return rollup_; }
  CustomerFacts& facts() { return facts_; }

  /// Events taken, over all runs: breaks ties of time.
  std::uint64_t events_total = 0;
  /// The newest event time.
  Time newest{};

 private:
  struct Ahead {
    intake::EventKey key;
    FlowTable::Slot slot;
    std::vector<char> flow_key;
  };
  Flow& flow_of(const model::UsageEvent& event, const Ahead& ahead);
  bool is_new(const model::UsageEvent& event, const intake::EventKey& key);
  std::span<const rules::RuleIndex> match(const model::UsageEvent& event, Flow& flow);

  const model::Catalogue& catalogue_;
  CustomerFacts facts_;
  rules::UsageView view_;
  rules::UsageMatcher matcher_;
  signals::Engine engine_;
  intake::Identity identity_;
  intake::SeenIds seen_;
  signals::Rollup rollup_;
  FlowTable flows_;
  std::span<const model::UsageEvent> events_;
  std::array<Ahead, kBatch> ahead_;
};

}  // namespace proviso::server
