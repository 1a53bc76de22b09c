// SPDX-License-Identifier: Apache-2.0
// What was refused: put down off the path of requests, whole or told to be cut, and read back.
#include "gates/refusal.h"

#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "gates/refusal_ring.h"
#include "gates/testing/allocations.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::EffectKind;
using model::Outcome;
using testing::at;
using testing::ManualClocks;
using testing::sample_signed;
using testing::World;
using Named = RefusalRing::Named;

const Request kWrite{"sub-1", "object-storage", "PutObject", "eu-1", std::string_view()};

Answer refused() {
  Answer out;
  out.effect = {EffectKind::export_only, 0};
  out.outcome = out.judged = Outcome::no;
  out.basis = Basis::snapshot;
  out.order = sha256("an order");
  out.snapshot_size = 7;
  out.snapshot_made_at = at("2026-11-08T00:00:00Z");
  return out;
}

std::string line_of(const Refusal& refusal) { return write_refusal(refusal); }

// A refusal as it comes out of a ring.
Refusal through_ring(const Request& request, const Answer& answer, Instants when,
                     Named named = Named::by_id) {
  RefusalRing ring(64);
  ring.push(request, named, answer, when);
  Refusal out;
  EXPECT_TRUE(ring.pop(out));
  return out;
}

TEST(Refusal, TheExampleOfTheFormat) {
  const Refusal refusal = through_ring(kWrite, refused(), {1794096030, 1794096030});
  EXPECT_EQ(line_of(refusal),
            R"({"at":"2026-11-08T00:00:30Z","effect":"export-only","judged":"refused",)"
            R"("made_at":"2026-11-08T00:00:00Z","mode":"enforce","operation":"PutObject",)"
            R"("order":")" +
                sha256("an order").hex() +
                R"(","region":"eu-1","service":"object-storage","snapshot":7,)"
                R"("subscription":"sub-1","version":1})"
                "\n");
}

// The page's own line is one, in the form that is written.
TEST(Refusal, TheExampleOnThePageIsOne) {
  const auto page =
      real_file_system().read(PROVISO_SOURCE_DIR "/docs/formats/refusal.md", 1U << 20U);
  ASSERT_TRUE(page);
  const std::size_t begin = page->find("```json\n") + 8;
  const std::string line = page->substr(begin, page->find("```", begin) - begin);
  const auto read = parse_refusal(line);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(write_refusal(*read), line);
}

TEST(Refusal, EveryKindComesBackAsItWas) {
  for (const Mode mode : {Mode::enforce, Mode::observe, Mode::bypass}) {
    for (const Outcome judged : {Outcome::no, Outcome::limited}) {
      for (const bool stateless : {false, true}) {
        Answer answer = stateless ? Answer{} : refused();
        answer.effect = {EffectKind::throttle, 9};
        answer.mode = mode;
        answer.judged = judged;
        answer.outcome = mode == Mode::enforce ? judged : Outcome::yes;
        answer.rate_per_second = judged == Outcome::limited ? 5 : 0;
        const Refusal refusal = through_ring(kWrite, answer, {1794096030, 1794099630});
        const std::string line = line_of(refusal);
        const auto read = parse_refusal(line);
        ASSERT_TRUE(read) << read.error().message << line;
        EXPECT_EQ(line_of(*read), line);
        EXPECT_EQ(read->answer.judged, judged);
        EXPECT_EQ(read->answer.outcome, answer.outcome);
        EXPECT_EQ(read->answer.mode, mode);
        EXPECT_EQ(read->answer.effect, answer.effect);
        EXPECT_EQ(read->answer.rate_per_second, answer.rate_per_second);
        EXPECT_EQ(read->answer.basis, answer.basis);
        EXPECT_EQ(read->answer.order, answer.order);
        EXPECT_EQ(read->answer.snapshot_size, answer.snapshot_size);
        EXPECT_EQ(read->at.other - read->at.one, 3600);
        EXPECT_EQ(read->kept, Kept::whole);
      }
    }
  }
}

TEST(Refusal, WhatHasNoRoomIsToldToBeCut) {
  const std::string id(256, 'i');
  const Refusal cut = through_ring({id, id, "PutObject", "", ""}, refused(), {1, 1});
  EXPECT_EQ(cut.kept, Kept::cut);
  EXPECT_EQ(cut.subscription, id);
  EXPECT_TRUE(cut.service.empty());
  const std::string rest(RefusalRing::kTextBytes - id.size(), 'r');
  EXPECT_EQ(through_ring({id, rest, "", "", ""}, refused(), {1, 1}).kept, Kept::whole);
  // No UTF-8: no JSON, so the line says that it is not what was asked.
  const Refusal odd = through_ring({"sub\xFF", "s", "o", "", ""}, refused(), {1, 1});
  const auto read = parse_refusal(line_of(odd));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->kept, Kept::cut);
  // The longest line there is, and who was asked for by key is not looked at.
  const std::string control(RefusalRing::kTextBytes, '\x01');
  EXPECT_LE(line_of(through_ring({control, "", "", "", ""}, refused(), {1, 2})).size(),
            kRefusalLineMax);
  const Refusal by_key = through_ring(kWrite, refused(), {1, 1}, Named::by_key);
  EXPECT_EQ(by_key.kept, Kept::by_key);
  EXPECT_TRUE(by_key.subscription.empty());
}

TEST(Refusal, WhatIsNoLineIsRefusedWithItsPlace) {
  const std::string good = line_of(through_ring(kWrite, refused(), {1794096030, 1794096030}));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string out = good;
    const std::size_t place = out.find(from);
    EXPECT_NE(place, std::string::npos) << from;
    return out.replace(place, from.size(), to);
  };
  for (const auto& [line, what] : std::vector<std::pair<std::string, std::string>>{
           {"", "1:1"},
           {good.substr(0, good.size() / 2), "1:"},
           {with("\"version\":1", "\"version\":2"), "version: is not 1"},
           {with("00:00:30Z", "00:00:30.5Z"), "at: no time"},
           {with("export-only", "half"), "effect: "},
           {with("\"refused\"", "\"passed\""), "judged: "},
           {with("\"refused\"", "\"limited\""), "rate: missing"},
           {with("\"enforce\"", "\"sleep\""), "mode: "},
           {with("\"snapshot\":7", "\"snapshot\":0"), "snapshot: is no version"},
           {with("\"order\":\"", "\"order\":\"x"), "order: "},
           {with("\"region\"", "\"colour\""), "colour"},
           {with("\"sub-1\"", "1"), "subscription: not a string"},
           {with("sub-1", std::string(kRefusalLineMax, 's')), ""}}) {
    const auto read = parse_refusal(line);
    ASSERT_FALSE(read) << line;
    EXPECT_NE(read.error().message.find(what), std::string::npos) << read.error().message;
  }
}

TEST(RefusalRing, WhatIsFullDropsAndCounts) {
  RefusalRing ring(64);
  EXPECT_EQ(ring.capacity(), 64U);
  for (int round = 0; round < 3; ++round) {
    const std::uint64_t before = ring.dropped();
    for (int i = 0; i < 70; ++i) ring.push(kWrite, Named::by_id, refused(), {i, i});
    EXPECT_EQ(ring.dropped() - before, 6U);
    Refusal out;
    std::set<std::int64_t> seen;
    while (ring.pop(out)) seen.insert(out.at.one);
    EXPECT_EQ(seen.size(), 64U);
    EXPECT_EQ(*seen.rbegin(), 63) << "the newest are dropped, nothing is overwritten";
  }
}

// Every record of every thread comes out once and whole, or is counted as dropped.
TEST(RefusalRing, ManyThreadsLoseNothingUncounted) {
  constexpr int kThreads = 6;
  constexpr std::int64_t kEach = 20'000;
  RefusalRing ring(256);
  std::atomic<int> running{kThreads};
  std::vector<std::jthread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const std::string id = "sub-" + std::to_string(t);
      for (std::int64_t i = 0; i < kEach; ++i) {
        ring.push({id, "s", "o", "", ""}, Named::by_id, refused(), {t, i});
      }
      --running;
    });
  }
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  Refusal out;
  while (true) {
    const bool last = running == 0;
    while (ring.pop(out)) {
      ASSERT_EQ(out.subscription, "sub-" + std::to_string(out.at.one));
      ASSERT_EQ(out.service, "s");
      ASSERT_TRUE(seen.emplace(out.at.one, out.at.other).second);
    }
    if (last) break;
  }
  EXPECT_EQ(seen.size() + ring.dropped(), static_cast<std::uint64_t>(kThreads * kEach));
  EXPECT_GE(seen.size(), ring.capacity());
}

struct Recorded {
  RefusalRing ring{64};
  World world;
  ManualClocks clocks{at("2026-11-08T00:00:30Z")};
  std::unique_ptr<LiveGate> gate;

  explicit Recorded(bool observe = false, bool fail_closed = false) {
    world.put_in_force(sample_signed(), "2026-11-06T00:00:00Z");
    LiveGateSettings settings;
    settings.trust = world.trust();
    settings.observe = observe;
    settings.fail_closed = fail_closed;
    settings.refusals = &ring;
    gate = *LiveGate::open(std::move(settings), clocks, real_file_system());
  }
  void take() {
    auto snapshot = world.snapshot();
    snapshot.made_at = at("2026-11-11T00:00:00Z");
    ASSERT_TRUE(gate->offer(model::write_snapshot(snapshot)));
    clocks.pass_until(at("2026-11-12T00:00:00Z"));
  }
  std::vector<Refusal> all() {
    std::vector<Refusal> out;
    Refusal next;
    while (ring.pop(next)) out.push_back(next);
    return out;
  }
};

const Request kRead{"sub-1", "object-storage", "GetObject", "", ""};
const Request kNeighbour{"sub-2", "object-storage", "PutObject", "", ""};

TEST(RecordingGate, PutsDownWhatItRefusesAndNothingElse) {
  Recorded host;
  host.take();
  EXPECT_FALSE(host.gate->check(kNeighbour).refused());
  EXPECT_FALSE(host.gate->check(kRead).refused());
  EXPECT_TRUE(host.all().empty());
  const std::size_t before = testing::allocations();
  EXPECT_TRUE(host.gate->check(kWrite).refused());
  EXPECT_EQ(testing::allocations(), before);
  const Answer by_key = host.gate->check(LiveGate::subscription_key("sub-1"), kWrite);
  EXPECT_TRUE(by_key.refused());
  const std::vector<Request> batch{kNeighbour, kWrite, kRead};
  std::vector<Answer> answers(batch.size());
  host.gate->check_batch(batch, answers);
  const auto all = host.all();
  ASSERT_EQ(all.size(), 3U);
  EXPECT_EQ(std::count_if(all.begin(), all.end(),
                          [](const Refusal& r) { return r.subscription == "sub-1"; }),
            2);
  for (const Refusal& refusal : all) {
    EXPECT_EQ(refusal.answer.order, by_key.order);
    EXPECT_EQ(refusal.operation, "PutObject");
    EXPECT_EQ(refusal.at.one, unix_seconds(at("2026-11-12T00:00:00Z")));
  }
}

// A search or a map asks what would be: nobody was refused.
TEST(RecordingGate, WhoOnlyLooksIsNotRefused) {
  Recorded host(false, true);
  EXPECT_TRUE(host.gate->look(kWrite).refused());
  host.take();
  EXPECT_TRUE(host.gate->look(kWrite).refused());
  EXPECT_TRUE(host.gate->look(LiveGate::subscription_key("sub-1"), kWrite).refused());
  EXPECT_EQ(host.gate->look(kWrite).order, host.gate->check(kWrite).order);
  EXPECT_EQ(host.all().size(), 1U);
}

TEST(RecordingGate, AlsoWhatItOnlyJudges) {
  Recorded host(true);
  host.take();
  EXPECT_FALSE(host.gate->check(kWrite).refused());
  const auto all = host.all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].answer.mode, Mode::observe);
  EXPECT_EQ(all[0].answer.judged, Outcome::no);
}

TEST(RecordingGate, AlsoWhatNoOrderStandsBehind) {
  Recorded host(false, true);
  EXPECT_TRUE(host.gate->check(kNeighbour).refused());
  std::vector<Answer> answers(1);
  host.gate->check_batch({&kNeighbour, 1}, answers);
  const auto all = host.all();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].answer.basis, Basis::none);
  EXPECT_EQ(write_refusal(all[0]).find("order"), std::string::npos);
}

// Where the clock is in doubt both times are kept, so that it can be judged again.
TEST(RecordingGate, KeepsBothTimesOfAClockInDoubt) {
  Recorded host;
  host.take();
  host.clocks.step(3600);
  EXPECT_TRUE(host.gate->check(kWrite).refused());
  const auto all = host.all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].at.one - all[0].at.other, 3600);
}

}  // namespace
}  // namespace proviso::gates
