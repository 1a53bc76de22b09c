// SPDX-License-Identifier: Apache-2.0
#include "server/usage_stage.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "intake/usage_reader.h"
#include "provider_sim/simulate.h"
#include "server/rule_setting.h"

namespace proviso::server {
namespace {

constexpr std::string_view kSecret = "0123456789abcdef";

/// What came out of a run, to be compared.
struct Outcome {
  std::uint64_t events = 0;
  std::uint64_t duplicates = 0;
  std::vector<signals::Firing> firings;
  std::vector<signals::RollupCell> cells;
};

struct World {
  RuleSetting setting = *shipped_setting();
  std::shared_ptr<const rules::Program> program =
      *load_program({PROVISO_SOURCE_DIR "/rulebook"}, setting);
  model::Register customers;
  std::string log;

  explicit World(const provider_sim::Options& options) {
    const auto add = [&](std::string_view line) -> Result<void> {
      return customers.add(TRY(parse_json(line)));
    };
    EXPECT_TRUE(provider_sim::write_register(options, add));
    std::string last;
    std::uint64_t lines = 0;
    const auto write = [&](std::string_view line) -> Result<void> {
      log += line;
      if (++lines % 7 == 0) log += last;  // delivered twice
      last = line;
      return {};
    };
    EXPECT_TRUE(provider_sim::simulate(options, provider_sim::Format::usage, write));
  }

  [[nodiscard]] intake::UsageReader reader() const {
    const intake::DecodeOptions options{.hash_key = std::string(kSecret),
                                        .wanted = program->fields(),
                                        .subscription = "",
                                        .format = ""};
    return *intake::UsageReader::open(*intake::ByteSource::from_memory("log", log),
                                      setting.policies, options);
  }
};

Outcome staged(const World& world) {
  Outcome out;
  UsageStage stage(world.program, world.setting.catalogue, world.customers, {}, kSecret);
  stage.seen().begin_file("log");
  intake::UsageReader reader = world.reader();
  intake::UsageBatch batch;
  intake::Reject reject;
  while (*reader.next_batch(batch, UsageStage::kBatch, reject) != intake::Outcome::end) {
    stage.begin(batch.events(), reader.format());
    for (std::size_t i = 0; i < batch.events().size(); ++i) {
      ++(stage.take(i, out.firings) ? out.events : out.duplicates);
    }
  }
  stage.engine().flush(out.firings);
  out.cells = stage.rollup().drain();
  return out;
}

/// The twin: each question asked anew for each event.
Outcome plain(const World& world) {
  Outcome out;
  intake::Identity identity(kSecret);
  intake::SeenIds seen;
  signals::Rollup rollup;
  rules::UsageView view(world.program);
  rules::Matcher matcher(world.program);
  signals::Engine engine(world.program);
  CustomerFacts facts(world.customers);
  seen.begin_file("log");
  intake::UsageReader reader = world.reader();
  model::UsageEvent event;
  intake::Reject reject;
  while (*reader.next(event, reject) != intake::Outcome::end) {
    const intake::EventKey key = identity(reader.format(), event);
    if (!seen.insert(key, event.time())) {
      ++out.duplicates;
      continue;
    }
    ++out.events;
    const auto c = world.setting.catalogue.class_of(event.service, event.operation);
    rollup.add(event, c);
    view.reset(event, c, facts.of(event));
    engine.feed({.time = event.time(),
                 .line = out.events,
                 .weight = event.count,
                 .subscription = event.subscription,
                 .event_key = key.bytes},
                matcher.match(view), view, out.firings);
  }
  engine.flush(out.firings);
  out.cells = rollup.drain();
  return out;
}

TEST(UsageStage, SameAsTheStagesOneByOne) {
  provider_sim::Options options;
  options.scenario = "million-calls";
  options.background = 40;
  options.records = 30'000;
  const World world(options);
  const Outcome fast = staged(world);
  const Outcome slow = plain(world);
  EXPECT_EQ(fast.events, 30'000U);
  EXPECT_EQ(fast.duplicates, slow.duplicates);
  EXPECT_GT(fast.duplicates, 4'000U);
  EXPECT_GT(fast.firings.size(), 1'000U);
  EXPECT_EQ(fast.firings, slow.firings);
  EXPECT_EQ(fast.cells, slow.cells);
}

/// The flow of an event of which these two texts are known; null where there is none.
Flow* flow_of(FlowTable& flows, std::string_view subscription, std::string_view service) {
  model::UsageEvent event;
  event.subscription = subscription;
  event.service = service;
  std::vector<char> key;
  const FlowTable::Slot slot = FlowTable::slot_of(event, key);
  return flows.find(slot, {key.data(), key.size()});
}

TEST(FlowTable, KeepsFlowsApartAndBeginsAnewWhenFull) {
  FlowTable flows;
  model::UsageEvent event;
  std::vector<char> key;
  for (std::size_t i = 0; i <= FlowTable::kFlowsMax; ++i) {
    const std::string subscription = std::to_string(i);
    event.subscription = subscription;
    const FlowTable::Slot slot = FlowTable::slot_of(event, key);
    const std::string_view text(key.data(), key.size());
    ASSERT_EQ(flows.find(slot, text), nullptr);
    Flow flow;
    flow.place.stream = static_cast<std::uint32_t>(i);
    ASSERT_EQ(flows.put(slot, text, flow)->place.stream, i);
    if (i + 1 != FlowTable::kFlowsMax) continue;
    ASSERT_NE(flow_of(flows, "7", ""), nullptr);
    EXPECT_EQ(flow_of(flows, "7", "")->place.stream, 7U);
    EXPECT_EQ(flow_of(flows, "", "7"), nullptr);  // the same text elsewhere is another flow
  }
  EXPECT_EQ(flow_of(flows, "7", ""), nullptr);
  EXPECT_NE(flow_of(flows, std::to_string(FlowTable::kFlowsMax), ""), nullptr);
}

}  // namespace
}  // namespace proviso::server
