// SPDX-License-Identifier: Apache-2.0
#include "server/usage_stage.h"

#include <algorithm>

#include "base/check.h"

// With many subscriptions the ids of seven days, the flows and the roll-ups are far larger than the
// caches, and each event would wait for memory three times. begin() asks for what a batch will
// need, so that those waits overlap; take() then does the work, event by event, in order.
namespace proviso::server {
namespace {

// Events wait in the correlation engine until event time has moved on; asking after each would cost
// more than it frees.
constexpr std::uint64_t kAdvanceEvery = 1U << 12U;

}  // namespace

UsageStage::UsageStage(const std::shared_ptr<const rules::Program>& program,
                       const model::Catalogue& catalogue, const model::Register& customers,
                       signals::EngineOptions options, std::string_view secret)
    : catalogue_(catalogue),
      facts_(customers),
      view_(program),
      matcher_(program),
      engine_(program, options),
      identity_(secret) {}

void UsageStage::begin(std::span<const model::UsageEvent> events, std::string_view format) {
  CHECK(events.size() <= kBatch);
  events_ = events;
  for (std::size_t i = 0; i < events.size(); ++i) {
    Ahead& ahead = ahead_[i];
    ahead.key = identity_(format, events[i]);
    if (!events[i].id.empty()) seen_.prefetch(ahead.key);
    ahead.slot = FlowTable::slot_of(events[i], ahead.flow_key);
    flows_.prefetch(ahead.slot);
  }
  for (std::size_t i = 0; i < events.size(); ++i) flows_.prefetch_flow(ahead_[i].slot);
}

bool UsageStage::is_new(const model::UsageEvent& event, const intake::EventKey& key) {
  return event.id.empty() ? seen_.insert_equal(key, event.time()) : seen_.insert(key, event.time());
}

Flow& UsageStage::flow_of(const model::UsageEvent& event, const Ahead& ahead) {
  const std::string_view key(ahead.flow_key.data(), ahead.flow_key.size());
  if (Flow* known = flows_.find(ahead.slot, key)) return *known;
  Flow flow;
  flow.action_class = catalogue_.class_of(event.service, event.operation);
  view_.reset(event, flow.action_class, {});
  flow.kind = matcher_.kind_of(event, flow.action_class, view_);
  flow.may_match = matcher_.may_match(flow.kind);
  return *flows_.put(ahead.slot, key, flow);
}

std::span<const rules::RuleIndex> UsageStage::match(const model::UsageEvent& event, Flow& flow) {
  if (!flow.may_match) return {};
  std::span<const rules::Attribute> attributes;
  if (view_.reads_attributes()) attributes = facts_.of(event, flow.facts);
  view_.reset(event, flow.action_class, attributes);
  return matcher_.match(flow.kind, view_);
}

bool UsageStage::take(std::size_t i, std::vector<signals::Firing>& firings) {
  const model::UsageEvent& event = events_[i];
  const intake::EventKey& key = ahead_[i].key;
  if (!is_new(event, key)) return false;
  ++events_total;
  newest = std::max(newest, event.time());
  Flow& flow = flow_of(event, ahead_[i]);
  rollup_.add(event, flow.action_class, flow.place);
  const auto matched = match(event, flow);
  if (!matched.empty()) {
    engine_.feed({.time = event.time(),
                  .line = events_total,
                  .weight = event.count,
                  .subscription = event.subscription,
                  .event_key = key.bytes},
                 matched, view_, firings);
  } else if (events_total % kAdvanceEvery == 0) {
    engine_.advance(newest, firings);
  }
  return true;
}

}  // namespace proviso::server
