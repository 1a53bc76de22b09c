// SPDX-License-Identifier: Apache-2.0
// What a gate refuses, written down: lines, hours and signatures, through disks that fail, clocks
// that are set and programs that are killed.
#include "gate_daemon/recorder.h"

#include <gtest/gtest.h>

#include "base/json.h"
#include "base/testing/faulty_file_system.h"
#include "gate_daemon/check_pages.h"
#include "gate_daemon/recording_pages.h"
#include "gate_daemon/testing/served_world.h"
#include "gates/counts_audit.h"
#include "gates/refusal_replay.h"

namespace proviso::gate_daemon {
namespace {

using gates::Answer;
using gates::GateCounts;
using gates::RefusalRing;
using model::Outcome;
using model::testing::at;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;

constexpr std::uint64_t kMax = 64U << 20U;
const std::string kState = "/gate";
const Digest kOrder = sha256("an order");

struct FixedClock final : Clock {
  [[nodiscard]] Time now() const override { return at("2026-11-12T10:00:00Z"); }
};

struct Host {
  FaultyFileSystem fs;
  gates::testing::ManualClocks clocks{at("2026-11-12T10:00:00Z")};
  FixedClock clock;
  std::string said;
  EventLog log{clock, [this](std::string_view line) { said += line; }};
  RefusalSettings settings;
  bool named = true;
  std::unique_ptr<RefusalRing> ring;
  std::unique_ptr<Recorder> recorder;
  std::uint64_t checks = 0;

  void start() {
    ring = std::make_unique<RefusalRing>(256);
    checks = 0;
    Recorder::Place place{.state_dir = kState, .ledger = model::testing::kLedger};
    if (named) {
      place.identity = ledger::NoteSigner{"gate-1", model::testing::key_of("gate-1")};
    }
    recorder = std::make_unique<Recorder>(*ring, clocks, fs, std::move(place), settings, log);
  }
  void refuse(int times = 1, const Digest& order = kOrder) {
    Answer answer;
    answer.basis = gates::Basis::snapshot;
    answer.effect = {model::EffectKind::deny, 0};
    answer.judged = answer.outcome = Outcome::no;
    answer.order = order;
    answer.snapshot_size = 7;
    for (int i = 0; i < times; ++i) {
      ring->push({"sub-1", "speech", "Recognize", "", ""}, RefusalRing::Named::by_id, answer,
                 {clocks.wall(), clocks.wall()});
    }
    checks += static_cast<std::uint64_t>(times);
  }
  void drain() { recorder->drain({checks, gates::Mode::enforce, 7}); }
  // Everything that lies in the files of refusals.
  std::string lines() {
    std::string out;
    const auto names = fs.list(kState + "/refusals");
    if (!names) return out;
    for (const auto& name : *names) {
      out += fs.read(kState + "/refusals/" + name, kMax).value();
    }
    return out;
  }
  std::vector<GateCounts> signed_counts() {
    const auto key = ledger::NoteSigner{"gate-1", model::testing::key_of("gate-1")}.verifier();
    std::vector<GateCounts> out;
    CountsFiles files(fs, kState + "/counts", settings.counts_age_max);
    const auto documents = files.unsent(1000);
    if (!documents) return out;
    for (const auto& document : *documents) {
      const auto counts = gates::open_counts(document.note, {&key, 1});
      EXPECT_TRUE(counts) << counts.error().message;
      if (counts) out.push_back(*counts);
    }
    return out;
  }
};

std::size_t count_lines(const std::string& text) {
  return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

TEST(RecorderTest, WritesLinesAndSignsTheHourWhenItIsOver) {
  Host host;
  host.start();
  host.refuse(3);
  host.checks += 10;
  host.drain();
  EXPECT_EQ(count_lines(host.lines()), 3U);
  EXPECT_TRUE(host.signed_counts().empty());
  host.clocks.pass(3599);
  host.refuse();
  host.clocks.pass(1);
  host.refuse(2);
  host.drain();
  const auto counts = host.signed_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].hour, at("2026-11-12T10:00:00Z"));
  EXPECT_EQ(counts[0].orders.at(kOrder).refused, 4U) << "by the time that it was refused at";
  EXPECT_EQ(counts[0].starts, 1U);
  EXPECT_EQ(counts[0].ledger, model::testing::kLedger);
  EXPECT_EQ(counts[0].snapshots, std::set<std::uint64_t>{7});
  host.clocks.pass(3600);
  host.drain();
  const auto both = host.signed_counts();
  ASSERT_EQ(both.size(), 2U);
  EXPECT_EQ(both[1].orders.at(kOrder).refused, 2U);
  EXPECT_EQ(both[0].checks + both[1].checks, 16U);
  EXPECT_EQ(both[0].mode_seconds[0] + both[1].mode_seconds[0], 7200U);
}

// At most what came since the minute was kept.
TEST(RecorderTest, AKillLosesAtMostTheRunningMinute) {
  Host host;
  host.start();
  host.refuse(5);
  host.drain();
  host.clocks.pass(60);
  host.drain();  // keeps
  host.refuse(2);
  host.drain();
  host.recorder.reset();
  host.fs.crash(Unsynced::dropped);
  host.start();
  host.refuse();
  host.clocks.pass(3600);
  host.drain();
  const auto counts = host.signed_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].orders.at(kOrder).refused, 6U);
  EXPECT_EQ(counts[0].starts, 2U) << "which tells that something can be missing";
  EXPECT_GE(count_lines(host.lines()), 5U) << "lines that were synced";
}

// An hour that was over when the gate was down is signed at the next start, once.
TEST(RecorderTest, AnHourThatEndedMeanwhileIsSignedAtTheStart) {
  Host host;
  host.start();
  host.refuse(5);
  host.drain();
  host.recorder->keep();
  host.clocks.pass(7200);
  for (int i = 0; i < 2; ++i) {
    host.start();
    const auto counts = host.signed_counts();
    ASSERT_EQ(counts.size(), 1U);
    EXPECT_EQ(counts[0].orders.at(kOrder).refused, 5U);
  }
}

// Whatever fails at the end of an hour: after a restart its figures are there, once.
TEST(RecorderTest, ADiskThatFailsAtTheEndOfAnHourDoublesNothing) {
  for (std::uint64_t n = 1; n <= 12; ++n) {
    for (const auto fault : {proviso::testing::Fault::not_done, proviso::testing::Fault::done,
                             proviso::testing::Fault::half_done}) {
      Host host;
      host.start();
      for (int i = 0; i < 320; ++i) host.refuse(1, sha256(std::to_string(i)));
      host.drain();
      host.refuse(5);
      host.drain();
      host.recorder->keep();
      host.clocks.pass(3600);
      host.fs.fail_at(n, fault);
      host.drain();
      host.fs.crash(Unsynced::dropped);
      host.start();
      std::uint64_t total = 0;
      for (const GateCounts& counts : host.signed_counts()) {
        for (const auto& [order, by] : counts.orders) total += by.refused;
      }
      EXPECT_EQ(total, 256U + 5U) << "failure at " << n;
    }
  }
}

TEST(RecorderTest, AFullDiskLosesLinesCountedAndNoCounts) {
  Host host;
  host.start();
  host.fs.refuse_writes(Errc::exhausted, "disk full");
  host.refuse(4);
  host.drain();
  host.clocks.pass(3600);
  host.refuse();
  host.drain();  // the hour can't be signed yet
  EXPECT_EQ(host.recorder->status().get()->unwritten, 5U);
  EXPECT_NE(host.said.find("refusals_not_kept"), std::string::npos);
  EXPECT_NE(host.said.find("counts_not_kept"), std::string::npos);
  host.fs.accept_writes();
  host.clocks.pass(60);
  host.refuse();
  host.drain();
  EXPECT_EQ(count_lines(host.lines()), 1U);
  const auto counts = host.signed_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].orders.at(kOrder).refused, 4U);
  EXPECT_EQ(counts[0].unwritten, 4U);
}

TEST(RecorderTest, WhatTheRingDropsIsInTheCounts) {
  Host host;
  host.start();
  host.refuse(300);
  host.drain();
  host.clocks.pass(3600);
  host.drain();
  const auto counts = host.signed_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].dropped, 44U);
  EXPECT_EQ(counts[0].orders.at(kOrder).refused, 256U);
  EXPECT_EQ(host.recorder->status().get()->dropped, 44U);
}

TEST(RecorderTest, AClockThatIsSetBackMakesASecondDocumentOfItsHour) {
  Host host;
  host.start();
  host.refuse(1);
  host.clocks.step(3600);
  host.drain();
  host.refuse(2);
  host.clocks.step(-3600);
  host.drain();
  host.refuse(4);
  host.clocks.pass(3600);
  host.drain();
  std::uint64_t total = 0;
  for (const GateCounts& counts : host.signed_counts()) {
    for (const auto& [order, by] : counts.orders) total += by.refused;
  }
  EXPECT_EQ(total, 7U);
}

TEST(RecorderTest, ARefusalWithoutAnOrderIsToldAtOnce) {
  Host host;
  host.start();
  host.refuse(3, Digest{});
  host.drain();
  EXPECT_NE(host.said.find("refused_without_order"), std::string::npos);
  Metrics metrics;
  recording_metrics(*host.recorder->status().get(), metrics);
  EXPECT_EQ(
      metrics.value("proviso_gate_refusals_total", {{"order", "none"}, {"outcome", "refused"}}), 3);
}

TEST(RecorderTest, ManyOrdersMakeFewSeries) {
  Host host;
  host.start();
  for (int i = 0; i < 1000; ++i) {
    host.refuse(1, sha256(std::to_string(i)));
    if (i % 100 == 0) host.drain();
  }
  host.drain();
  Metrics metrics;
  const auto status = host.recorder->status().get();
  recording_metrics(*status, metrics);
  const std::string text = metrics.text();
  std::size_t series = 0;
  for (std::size_t i = text.find("refusals_total{"); i != std::string::npos;
       i = text.find("refusals_total{", i + 1)) {
    ++series;
  }
  EXPECT_EQ(series, (RecordingStatus::kSeriesMax + 3) * 3);
  EXPECT_EQ(status->other_orders.refused, 1000 - RecordingStatus::kSeriesMax);
}

// What would have been refused is no refusal: it has a figure of its own, and counts of its own.
TEST(RecorderTest, WhatIsInShadowIsCountedApart) {
  Host host;
  host.start();
  Answer answer;
  answer.basis = gates::Basis::snapshot;
  answer.effect = {model::EffectKind::deny, 0};
  answer.judged = Outcome::no;
  answer.mode = gates::Mode::shadow;
  answer.order = kOrder;
  answer.snapshot_size = 7;
  for (int i = 0; i < 4; ++i) {
    host.ring->push({"sub-1", "speech", "Recognize", "", ""}, RefusalRing::Named::by_id, answer,
                    {host.clocks.wall(), host.clocks.wall()});
  }
  host.drain();
  EXPECT_EQ(count_lines(host.lines()), 4U);
  EXPECT_NE(host.lines().find(R"("mode":"shadow")"), std::string::npos);
  Metrics metrics;
  recording_metrics(*host.recorder->status().get(), metrics);
  EXPECT_EQ(metrics.value("proviso_gate_shadow_total", {{"order", kOrder.hex()}}), 4);
  for (const char* outcome : {"refused", "limited", "not_enforced"}) {
    EXPECT_EQ(metrics.value("proviso_gate_refusals_total",
                            {{"order", kOrder.hex()}, {"outcome", outcome}}),
              0)
        << outcome;
  }
  host.clocks.pass(3600);
  host.drain();
  const auto counts = host.signed_counts();
  ASSERT_EQ(counts.size(), 1U);
  EXPECT_EQ(counts[0].orders.at(kOrder), (gates::OrderCounts{0, 0, 0, 4}));
  EXPECT_EQ(host.said.find("without_order"), std::string::npos);
}

TEST(RecorderTest, WithoutAnIdentityThereAreLinesAndNoCounts) {
  Host host;
  host.named = false;
  host.start();
  host.refuse();
  host.clocks.pass(3600);
  host.drain();
  host.recorder->keep();
  EXPECT_EQ(host.recorder->counts(), nullptr);
  EXPECT_EQ(count_lines(host.lines()), 1U);
  EXPECT_NE(host.said.find("counts_unsigned"), std::string::npos);
}

TEST(RecorderTest, NothingItSaysNamesASubscriptionI11) {
  Host host;
  host.start();
  host.refuse(3);
  host.drain();
  host.clocks.pass(3600);
  host.drain();
  Metrics metrics;
  const auto status = host.recorder->status().get();
  recording_metrics(*status, metrics);
  std::string all = host.said + metrics.text() + canonical_json(recording_page(*status));
  for (const auto& [path, bytes] : host.fs.files()) {
    if (path.find("/refusals/") == std::string::npos) all += bytes;
  }
  EXPECT_EQ(all.find("sub-1"), std::string::npos);
}

TEST(RefusalFilesTest, AreBoundedBySizeAndByAge) {
  FaultyFileSystem fs;
  const RefusalLimits limits{.bytes_max = 16'000, .age_max = std::chrono::hours{24}};
  const std::string lines(500, 'x');
  Time now = at("2026-11-12T10:00:00Z");
  auto files = RefusalFiles::open(fs, "/r", limits);
  ASSERT_TRUE(files);
  for (int i = 0; i < 200; ++i) {
    ASSERT_TRUE(files->append(lines, now));
    EXPECT_LE(files->bytes(), limits.bytes_max);
  }
  EXPECT_GT(files->bytes(), limits.bytes_max * 8 / 10) << "and is kept as long as there is room";
  now += std::chrono::hours{30};
  ASSERT_TRUE(files->append(lines, now));
  now += std::chrono::hours{1};
  ASSERT_TRUE(files->append(lines, now));
  EXPECT_EQ(files->bytes(), 1000U);
  // A restart goes on behind what is there.
  auto again = RefusalFiles::open(fs, "/r", limits);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->bytes(), 1000U);
  ASSERT_TRUE(again->append(lines, now));
  EXPECT_EQ(fs.list("/r")->size(), 3U);
}

TEST(CountsFilesTest, WhatIsSentIsSentOnce) {
  FaultyFileSystem fs;
  CountsFiles files(fs, "/counts", std::chrono::hours{48});
  const ledger::NoteSigner signer{"gate-1", model::testing::key_of("gate-1")};
  GateCounts counts;
  counts.gate = "gate-1";
  counts.ledger = model::testing::kLedger;
  for (const char* hour : {"2026-11-12T10:00:00Z", "2026-11-12T11:00:00Z"}) {
    counts.hour = at(hour);
    ASSERT_TRUE(files.sign(counts, signer, at(hour)));
    ASSERT_TRUE(files.sign(counts, signer, at(hour))) << "again, after a crash";
  }
  EXPECT_EQ(files.unsent_count(), 2U);
  const auto oldest = files.unsent(1);
  ASSERT_TRUE(oldest && oldest->size() == 1);
  EXPECT_NE(oldest->front().name.find("T10"), std::string::npos);
  ASSERT_TRUE(files.mark_sent(oldest->front().name));
  fs.crash(Unsynced::dropped);
  EXPECT_EQ(files.unsent_count(), 1U);
  EXPECT_EQ(files.mark_sent("../identity").error().code, Errc::not_found);
  // Three days later both are gone, sent or not.
  counts.hour = at("2026-11-15T12:00:00Z");
  ASSERT_TRUE(files.sign(counts, signer, at("2026-11-15T13:00:00Z")));
  EXPECT_EQ(files.unsent_count(), 1U);
  EXPECT_EQ(fs.list("/counts")->size(), 1U);
}

TEST(CountsFilesTest, AFileThatIsNoneIsToldAndLeft) {
  Host host;
  host.fs.files()[kState + "/counts/2026-11-12T10:00:00Z.running"] = "nonsense";
  host.start();
  EXPECT_NE(host.said.find("counts_unreadable"), std::string::npos);
}

// Real questions over HTTP, refused and written down, judged again by the snapshot.
TEST(RecorderTest, WhatTheDaemonRefusesReplays) {
  Host host;
  host.start();
  gates::testing::World world;
  world.put_in_force(gates::testing::sample_signed(), "2026-11-06T00:00:00Z");
  auto snapshot = world.snapshot();
  snapshot.made_at = at("2026-11-11T00:00:00Z");
  const std::string text = model::write_snapshot(snapshot);
  gates::LiveGateSettings settings;
  settings.trust = world.trust();
  settings.refusals = host.ring.get();
  const auto gate = gates::LiveGate::open(std::move(settings), host.clocks, host.fs);
  ASSERT_TRUE(gate && (*gate)->offer(text));
  Checks checks(**gate, host.clocks);
  Latest<gates::LiveStatus> status;
  CheckPages pages(checks, status, [] { return LoopCounts(); }, CheckMapping());
  pages.show(host.recorder->status());
  for (const char* operation : {"PutObject", "GetObject", "PutObject"}) {
    testing::ask(pages,
                 "GET /check HTTP/1.1\r\nHost: g\r\nX-Proviso-Subscription: sub-1\r\n"
                 "X-Proviso-Service: object-storage\r\nX-Proviso-Operation: " +
                     std::string(operation) + "\r\n\r\n");
  }
  EXPECT_EQ(checks.tally().answered(), 3U);
  host.recorder->drain({checks.tally().answered(), gates::Mode::enforce, 7});
  EXPECT_NE(testing::ask(pages, "GET /status HTTP/1.1\r\nHost: g\r\n\r\n").find("\"recorded\":2"),
            std::string::npos);
  EXPECT_NE(testing::ask(pages, "GET /metrics HTTP/1.1\r\nHost: g\r\n\r\n")
                .find("proviso_gate_refusals_total{order=\"" +
                      order_digest(gates::testing::sample_signed().order).hex()),
            std::string::npos);
  const auto loaded =
      gates::Gate::load(text, world.trust(), {.stage_freshness = gates::kStageFreshness});
  ASSERT_TRUE(loaded);
  gates::ReplayReport report;
  gates::replay(*loaded, host.lines(), report);
  EXPECT_TRUE(report.ok());
  EXPECT_EQ(report.agreeing, 2U);
}

}  // namespace
}  // namespace proviso::gate_daemon
