// SPDX-License-Identifier: Apache-2.0
// Recorded refusals, judged again: the same answer, or it is told.
#include "gates/refusal_replay.h"

#include <gtest/gtest.h>

#include "gates/refusal_ring.h"
#include "gates/testing/fed_gate.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::Effect;
using model::EffectKind;
using testing::at;
using testing::ManualClocks;
using testing::restriction_of;
using testing::sample_signed;
using testing::World;

const GateOptions kAsRunning{.stage_freshness = kStageFreshness, .kept = nullptr};

// A gate that records, and the snapshot that it has.
struct Recording {
  World world;
  std::string snapshot;
  RefusalRing ring{1024};
  ManualClocks clocks{at("2026-11-08T00:00:30Z")};
  std::unique_ptr<LiveGate> gate;

  Recording() {
    world.put_in_force(sample_signed(), "2026-11-06T00:00:00Z");
    model::Order throttled = restriction_of("sub-2", "speech", '7');
    throttled.restriction->stages = {{at("2026-11-07T00:00:00Z"), {EffectKind::throttle, 5}}};
    world.put_in_force(model::testing::sign_order(throttled, {"ada", "ben"}),
                       "2026-11-06T00:00:00Z");
    auto made = world.snapshot();
    made.made_at = at("2026-11-11T00:00:00Z");
    snapshot = model::write_snapshot(made);
    LiveGateSettings settings;
    settings.trust = world.trust();
    settings.refusals = &ring;
    gate = *LiveGate::open(std::move(settings), clocks, real_file_system());
  }
  // Every way of asking, at many times, with a clock that jumps.
  std::string record() {
    EXPECT_TRUE(gate->offer(snapshot));
    for (const char* time : {"2026-11-11T00:00:00Z", "2026-11-12T06:00:00Z", "2026-11-20T00:00:00Z",
                             "2027-01-30T23:59:59Z"}) {
      clocks.pass_until(at(time));
      ask();
      clocks.step(90'000);
      ask();
      clocks.step(-90'000);
    }
    return lines();
  }
  void ask() {
    for (const char* subscription : {"sub-1", "sub-2", "sub-3"}) {
      for (const char* service : {"object-storage", "speech"}) {
        for (const char* operation : {"GetObject", "PutObject", "ExportBucket", "Recognize", "?"}) {
          static_cast<void>(gate->check({subscription, service, operation, "eu-1", ""}));
        }
      }
    }
  }
  std::string lines() {
    std::string out;
    Refusal next;
    while (ring.pop(next)) out += write_refusal(next);
    return out;
  }
  ReplayReport replayed(const std::string& lines) {
    const auto loaded = Gate::load(snapshot, world.trust(), kAsRunning);
    EXPECT_TRUE(loaded);
    ReplayReport report;
    replay(*loaded, lines, report);
    return report;
  }
};

TEST(RefusalReplay, TheSameSnapshotGivesTheSameAnswers) {
  Recording host;
  const std::string lines = host.record();
  const ReplayReport report = host.replayed(lines);
  EXPECT_TRUE(report.ok()) << (report.differences.empty() ? "" : report.differences[0]);
  EXPECT_GE(report.agreeing, 30U);
  EXPECT_EQ(report.agreeing,
            static_cast<std::uint64_t>(std::count(lines.begin(), lines.end(), '\n')));
  EXPECT_NE(lines.find("\"or_at\""), std::string::npos);
  EXPECT_NE(lines.find("\"rate\":5"), std::string::npos);
}

TEST(RefusalReplay, ADoctoredRecordIsTold) {
  Recording host;
  std::string lines = host.record();
  lines = lines.substr(0, lines.find('\n') + 1);
  ASSERT_EQ(host.replayed(lines).agreeing, 1U);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string out = lines;
    const std::size_t place = out.find(from);
    EXPECT_NE(place, std::string::npos) << from << " in " << lines;
    return out.replace(place, from.size(), to);
  };
  const std::string order = lines.substr(lines.find("\"order\":\"") + 9, 64);
  for (const std::string& doctored :
       {with("\"sub-1\"", "\"sub-3\""), with("\"PutObject\"", "\"GetObject\""),
        with("read-only", "deny"), with(order, sha256("made up").hex()),
        with("\"at\":\"2026-11-11", "\"at\":\"2026-11-09")}) {
    const ReplayReport report = host.replayed(doctored);
    EXPECT_FALSE(report.ok()) << doctored;
    EXPECT_EQ(report.differing, 1U) << doctored;
    EXPECT_EQ(report.differences.size(), 1U);
  }
}

TEST(RefusalReplay, WhatCannotBeJudgedAgainIsTold) {
  Recording host;
  // Without any state, then by key; of another snapshot; no line; one that a crash cut.
  std::string lines = host.record();
  lines = lines.substr(0, lines.find('\n') + 1);
  std::string other = lines;
  other.replace(other.find("\"snapshot\":"), 11, "\"snapshot\":1");
  static_cast<void>(host.gate->check(LiveGate::subscription_key("sub-1"),
                                     {"", "object-storage", "PutObject", "", ""}));
  const std::string by_key = host.lines();
  ASSERT_FALSE(by_key.empty());
  const ReplayReport report =
      host.replayed(lines + other + by_key + "nonsense\n" + lines.substr(0, 40));
  EXPECT_EQ(report.agreeing, 1U);
  EXPECT_EQ(report.other_snapshot, 1U);
  EXPECT_EQ(report.not_whole, 1U);
  EXPECT_EQ(report.unreadable, 1U);
  EXPECT_TRUE(report.cut_at_end);
  EXPECT_FALSE(report.ok());
  ASSERT_EQ(report.differences.size(), 1U);
  EXPECT_TRUE(report.differences[0].starts_with("line 4: ")) << report.differences[0];
}

// A gate that came there by deltas answers as the whole snapshot of that version does; also where
// orders overlap, so that it matters which of them is named.
TEST(RefusalReplay, WhatWasRefusedAfterDeltasReplaysByTheWholeSnapshot) {
  testing::FedGate host;
  RefusalRing ring{64};
  host.settings.refusals = &ring;
  host.start();
  model::Order overlapping = restriction_of("sub-1", "object-storage", '7');
  overlapping.nonce = std::string(32, 'e');
  for (const int step : {1, 2, 3}) {
    if (step == 1) host.feed.restrict_use(3);
    if (step == 2) host.feed.lift(2);
    if (step == 3) {
      host.feed.world.put_in_force(model::testing::sign_order(overlapping, {"ada", "ben"}),
                                   testing::kInForce);
    }
    ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  }
  EXPECT_TRUE(host.refuses(1));
  EXPECT_FALSE(host.refuses(2));
  EXPECT_TRUE(host.refuses(3));
  std::string lines;
  Refusal next;
  while (ring.pop(next)) lines += write_refusal(next);
  const auto loaded = Gate::load(host.feed.whole(), host.feed.world.trust(), kAsRunning);
  ASSERT_TRUE(loaded) << loaded.error().message;
  ReplayReport report;
  replay(*loaded, lines, report);
  EXPECT_TRUE(report.ok()) << (report.differences.empty() ? "" : report.differences[0]);
  EXPECT_EQ(report.agreeing, 2U) << lines;
}

}  // namespace
}  // namespace proviso::gates
