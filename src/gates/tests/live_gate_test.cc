// SPDX-License-Identifier: Apache-2.0
// A gate as a program holds it: what it takes, keeps and says, with disks that fail, clocks that
// jump, snapshots that shrink, and readers that never stop.
#include "gates/live_gate.h"

#include <algorithm>
#include <thread>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "gates/bypass.h"
#include "gates/testing/allocations.h"
#include "gates/testing/manual_clocks.h"
#include "gates/testing/witnesses.h"
#include "gates/testing/world.h"

namespace proviso::gates {
namespace {

using model::EffectKind;
using model::GateSnapshot;
using model::Outcome;
using model::testing::sample_lift;
using model::testing::sample_restriction;
using model::testing::sign_order;
using proviso::testing::Fault;
using proviso::testing::FaultyFileSystem;
using proviso::testing::Unsynced;
using testing::at;
using testing::cosignature;
using testing::ManualClocks;
using testing::restriction_of;
using testing::sample_signed;
using testing::two_of_three;
using testing::World;

constexpr const char* kInForce = "2026-11-06T00:00:00Z";
// restriction_of() and sample_restriction(): read-only from 10 November, export-only from the 20th,
// over on 31 January. The world's snapshots are made on 8 November.
const Time kMade = at("2026-11-08T00:00:00Z");
const Time kReadOnly = at("2026-11-12T00:00:00Z");
const Request kWrite{"sub-1", "object-storage", "PutObject", "", ""};
const Request kRead{"sub-1", "object-storage", "GetObject", "", ""};
const Request kNeighbour{"sub-2", "object-storage", "PutObject", "", ""};
const std::string kDir = "/gate";

// A snapshot made when asked, so that stages begin that want a fresh one.
std::string made_at(const World& world, const char* time) {
  GateSnapshot snapshot = world.snapshot();
  snapshot.made_at = at(time);
  return model::write_snapshot(snapshot);
}

struct Host {
  World world;
  ManualClocks clocks{kReadOnly};
  FaultyFileSystem fs;
  LiveGateSettings settings;
  std::unique_ptr<LiveGate> gate;

  Host() {
    settings.trust = world.trust();
    settings.state_dir = kDir;
  }
  void restrict_sub_1() { world.put_in_force(sample_signed(), kInForce); }
  [[nodiscard]] std::string snapshot() const { return made_at(world, "2026-11-11T00:00:00Z"); }
  void open() {
    gate.reset();  // gives its folder free
    auto opened = LiveGate::open(settings, clocks, fs);
    ASSERT_TRUE(opened) << opened.error().message;
    gate = *std::move(opened);
  }
  void offer(const std::string& text) const {
    const auto taken = gate->offer(text);
    ASSERT_TRUE(taken) << taken.error().message;
  }
};

std::string said(const Answer& answer) {
  const std::string what = answer.refused()                     ? " refused"
                           : answer.outcome == Outcome::limited ? " limited"
                           : answer.judged != Outcome::yes      ? " only counted"
                                                                : "";
  return (answer.basis == Basis::none ? "no state: " : "") + to_string(answer.effect) + what;
}

TEST(LiveGate, WithoutAnyStateTheOwnersChoiceAnswers) {
  Host host;
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "no state: allow");
  EXPECT_FALSE(host.gate->status().has_state);
  host.settings.fail_closed = true;
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "no state: deny refused");
  EXPECT_NE(host.gate->explain(host.gate->check(kWrite)).service.find("fail closed"),
            std::string::npos);
  std::vector<Answer> answers(2);
  host.gate->check_batch(std::vector{kWrite, kRead}, answers);
  EXPECT_EQ(said(answers[1]), "no state: deny refused");
}

TEST(LiveGate, EnforcesWhatItIsOfferedAndSaysBy) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  const Answer answer = host.gate->check(kWrite);
  EXPECT_EQ(said(answer), "read-only refused");
  EXPECT_EQ(answer.order, order_digest(sample_restriction()));
  EXPECT_EQ(answer.snapshot_size, 2U);
  EXPECT_EQ(answer.snapshot_made_at, at("2026-11-11T00:00:00Z"));
  EXPECT_EQ(said(host.gate->check(kRead)), "read-only");
  EXPECT_EQ(said(host.gate->check(kNeighbour)), "allow") << "I4";
  EXPECT_EQ(host.gate->check(kNeighbour).snapshot_size, 2U);

  const Explanation why = host.gate->explain(answer);
  EXPECT_EQ(why.term, "mass-surveillance");
  EXPECT_EQ(why.until, "2027-01-31T00:00:00Z");
  EXPECT_NE(why.user.find("mass-surveillance until 2027-01-31"), std::string::npos) << why.user;
  EXPECT_NE(why.service.find("read-only, refused; snapshot 2"), std::string::npos) << why.service;
  EXPECT_TRUE(host.gate->explain(host.gate->check(kNeighbour)).user.empty());

  const LiveStatus status = host.gate->status();
  EXPECT_TRUE(status.has_state);
  EXPECT_EQ(status.orders, 1U);
  EXPECT_EQ(status.accepted, 1U);
  EXPECT_EQ(status.age_seconds, 86400);
}

TEST(LiveGate, AKeyAndABatchAnswerLikeASingleCheck) {
  Host host;
  host.restrict_sub_1();
  host.world.put_in_force(
      sign_order(restriction_of("0f8fad5b-d9cb-469f-a165-70867728950e", "speech", '7'),
                 {"ada", "ben"}),
      kInForce);
  host.open();
  host.offer(host.snapshot());
  std::vector<Request> requests;
  for (int i = 0; i < 100; ++i) {
    requests.push_back(i % 3 == 0   ? kWrite
                       : i % 3 == 1 ? kNeighbour
                                    : Request{"0f8fad5b-D9CB-469f-a165-70867728950e", "speech",
                                              "Recognize", "", ""});
  }
  std::vector<Answer> answers(requests.size());
  host.gate->check_batch(requests, answers);
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const Answer one = host.gate->check(requests[i]);
    EXPECT_EQ(said(answers[i]), said(one)) << i;
    EXPECT_EQ(answers[i].order, one.order) << i;
    const IdKey key = LiveGate::subscription_key(requests[i].subscription);
    EXPECT_EQ(said(host.gate->check(key, requests[i])), said(one)) << i;
    const ServiceKeys service = LiveGate::service_keys(requests[i].service, requests[i].operation);
    EXPECT_EQ(said(host.gate->check(key, service, requests[i])), said(one)) << i;
    EXPECT_EQ(one.refused(), i % 3 != 1) << i;
  }
}

TEST(LiveGate, AChecksNothingOnTheHeap) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  static_cast<void>(host.gate->check(kWrite));  // puts this thread on the list of readers
  const std::vector<Request> requests(64, kWrite);
  std::vector<Answer> answers(64);
  const std::size_t before = testing::allocations();
  static_cast<void>(host.gate->check(kWrite));
  static_cast<void>(host.gate->check(kNeighbour));
  static_cast<void>(host.gate->check(LiveGate::subscription_key(kWrite.subscription),
                                     LiveGate::service_keys(kWrite.service, kWrite.operation),
                                     kWrite));
  host.gate->check_batch(requests, answers);
  EXPECT_EQ(testing::allocations(), before);
}

TEST(LiveGate, StartsFromWhatItKeptI8) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  host.fs.crash(Unsynced::dropped);
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
  EXPECT_TRUE(host.gate->status().last_refusal.empty());
}

TEST(LiveGate, WhatItKeptIsVerifiedAnew) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  host.gate.reset();
  std::string& kept = host.fs.files().at(kDir + "/quorum.snapshot");
  kept[kept.size() / 2] ^= 1;
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "no state: allow");
  EXPECT_NE(host.gate->status().last_refusal.find("/gate/quorum.snapshot: "), std::string::npos);
  EXPECT_TRUE(host.fs.files().contains(kDir + "/quorum.snapshot")) << "evidence stays";
  host.offer(host.snapshot());
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
}

TEST(LiveGate, TwoProcessesDoNotShareAFolder) {
  Host host;
  host.open();
  const auto second = LiveGate::open(host.settings, host.clocks, host.fs);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Errc::conflict);
}

// Each write of offer() fails in turn, both done and not, with the machine going down after it: the
// gate that starts again has the old snapshot or the new one, and the new one where it said so.
TEST(LiveGate, DurableThenEffectiveI7) {
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (std::uint64_t n = 1; n < 20; ++n) {
      Host host;
      host.open();
      host.offer(made_at(host.world, "2026-11-10T00:00:00Z"));
      host.restrict_sub_1();
      host.fs.fail_at(n, fault);
      const bool taken = host.gate->offer(host.snapshot()).has_value();
      if (!host.fs.failed()) {
        ASSERT_TRUE(taken);
        ASSERT_GT(n, 1U);
        break;
      }
      EXPECT_EQ(said(host.gate->check(kWrite)), taken ? "read-only refused" : "allow");
      host.fs.crash(Unsynced::dropped);
      host.open();
      EXPECT_TRUE(host.gate->status().has_state) << n;
      const std::string after = said(host.gate->check(kWrite));
      EXPECT_TRUE(after == "read-only refused" || (!taken && after == "allow")) << n << after;
    }
  }
}

TEST(LiveGate, AFullDiskRefusesTheNewAndKeepsTheOld) {
  Host host;
  host.open();
  host.offer(made_at(host.world, "2026-11-10T00:00:00Z"));
  host.restrict_sub_1();
  host.fs.refuse_writes(Errc::exhausted, "no space left");
  const auto refused = host.gate->offer(host.snapshot());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::exhausted);
  EXPECT_EQ(said(host.gate->check(kWrite)), "allow");
  EXPECT_EQ(host.gate->status().refused, 1U);
  host.fs.accept_writes();
  host.offer(host.snapshot());
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
}

TEST(LiveGate, TakesNothingThatGoesBack) {
  Host host;
  const std::string empty = made_at(host.world, "2026-11-11T00:00:00Z");
  host.restrict_sub_1();
  const std::string earlier = made_at(host.world, "2026-11-10T00:00:00Z");
  host.open();
  host.offer(host.snapshot());
  for (const std::string& text : {empty, earlier}) {
    const auto refused = host.gate->offer(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Errc::conflict);
    EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
  }
  host.offer(host.snapshot());  // the same again is fine
}

TEST(LiveGate, AForkOfTheSameSizeIsRefusedAndNamed) {
  Host host;
  World other;
  host.restrict_sub_1();
  other.put_in_force(sign_order(restriction_of("sub-2", "speech", '7'), {"ada", "ben"}), kInForce);
  host.open();
  host.offer(host.snapshot());
  const auto refused = host.gate->offer(made_at(other, "2026-11-11T00:00:00Z"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("forked"), std::string::npos) << refused.error().message;
}

TEST(LiveGate, RubbishChangesNothing) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  World stranger("other.example/log");
  std::string unsigned_text = host.snapshot();
  for (const std::string& text : {std::string(), std::string("{}"), std::string("\0\xff", 2),
                                  made_at(stranger, "2026-11-11T00:00:00Z")}) {
    EXPECT_FALSE(host.gate->offer(text)) << text.substr(0, 20);
    EXPECT_FALSE(host.gate->status().last_refusal.empty());
  }
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
  EXPECT_EQ(host.gate->status().refused, 4U);
}

// 40 orders of one scope line each; `lifted` of them are gone in the second snapshot.
struct Shrinking {
  Host host;
  std::vector<model::SignedOrder> orders;

  Shrinking() {
    for (int i = 0; i < 40; ++i) {
      model::Order order = restriction_of("sub-" + std::to_string(i), "speech", '7');
      order.nonce = std::string(30, '0') + std::to_string(10 + i);
      orders.push_back(sign_order(order, {"ada", "ben"}));
      host.world.put_in_force(orders.back(), kInForce);
    }
    host.open();
    host.offer(host.snapshot());
  }
  void lift(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      host.world.put_in_force(sign_order(sample_lift(sha256(orders[i].canonical)), {"cleo"}),
                              "2026-11-07T00:00:00Z");
    }
  }
};

TEST(LiveGate, ASnapshotThatShrinksBeyondTheShareIsRefused) {
  Shrinking s;
  s.lift(21);
  const auto refused = s.host.gate->offer(s.host.snapshot());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Errc::conflict);
  EXPECT_NE(refused.error().message.find("21 of 40"), std::string::npos) << refused.error().message;
  EXPECT_EQ(s.host.gate->status().orders, 40U);
  ASSERT_TRUE(s.host.gate->offer(s.host.snapshot(), LiveGate::Shrinking::confirmed));
  EXPECT_EQ(s.host.gate->status().orders, 19U);
}

TEST(LiveGate, LiftsOfFewOrAShareAreTakenI5) {
  Shrinking s;
  s.lift(20);
  s.host.offer(s.host.snapshot());
  EXPECT_EQ(s.host.gate->status().orders, 20U);
  Host one;
  one.restrict_sub_1();
  one.open();
  one.offer(one.snapshot());
  one.world.put_in_force(sign_order(sample_lift(order_digest(sample_restriction())), {"cleo"}),
                         "2026-11-07T00:00:00Z");
  one.offer(one.snapshot());
  EXPECT_EQ(said(one.gate->check(kWrite)), "allow") << "the only one, lifted at once";
}

TEST(LiveGate, WhatIsOverByItselfDoesNotCountAsShrunken) {
  Shrinking s;
  s.host.clocks.pass_until(at("2027-02-01T00:00:00Z"));
  s.lift(40);
  s.host.offer(s.host.snapshot());
  EXPECT_EQ(s.host.gate->status().orders, 0U);
}

TEST(LiveGate, StagesSwitchByItsOwnClockI8) {
  Host host;
  host.restrict_sub_1();
  host.clocks.pass_until(at("2026-11-12T00:00:00Z"));
  host.open();
  host.offer(made_at(host.world, "2026-11-19T12:00:00Z"));
  EXPECT_EQ(said(host.gate->check(kRead)), "read-only");
  host.clocks.pass_until(at("2026-11-20T00:00:00Z"));
  EXPECT_EQ(said(host.gate->check(kRead)), "export-only refused");
  host.clocks.pass_until(at("2027-01-31T00:00:00Z"));
  EXPECT_EQ(said(host.gate->check(kRead)), "allow");
}

// A day forward, and a day back: never a stricter stage than either clock has, and a wrong clock
// never keeps anyone cut.
TEST(LiveGate, AClockThatJumpsNeverTightens) {
  Host host;
  host.restrict_sub_1();
  host.clocks.pass_until(at("2026-11-19T12:00:00Z"));
  host.open();
  host.offer(made_at(host.world, "2026-11-19T12:00:00Z"));
  host.clocks.step(86400);
  EXPECT_EQ(said(host.gate->check(kRead)), "read-only") << "export-only begins in 12 hours";
  EXPECT_EQ(host.gate->status().clock_step_seconds, 86400);
  host.clocks.step(-86400);
  host.clocks.pass_until(at("2027-01-30T12:00:00Z"));
  EXPECT_EQ(said(host.gate->check(kRead)), "export-only refused");
  host.clocks.pass(86400);
  host.clocks.step(-86400);
  EXPECT_EQ(said(host.gate->check(kRead)), "allow") << "it is over by one of the clocks";
}

TEST(LiveGate, RemembersTheTimeAcrossARestart) {
  Host host;
  host.restrict_sub_1();
  host.clocks.pass_until(at("2027-02-01T00:00:00Z"));
  host.open();
  host.offer(host.snapshot());
  host.gate->tick();
  host.clocks.step(-10 * 86400);
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "allow") << "it was over when the gate last ran";
  EXPECT_EQ(host.gate->status().clock_step_seconds, -10 * 86400);
}

TEST(LiveGate, ObservesWithoutEnforcing) {
  Host host;
  host.restrict_sub_1();
  host.settings.observe = true;
  host.open();
  host.offer(host.snapshot());
  const Answer answer = host.gate->check(kWrite);
  EXPECT_EQ(said(answer), "read-only only counted");
  EXPECT_EQ(answer.mode, Mode::observe);
  EXPECT_NE(host.gate->explain(answer).service.find("not enforced: observe"), std::string::npos);
  EXPECT_EQ(said(host.gate->check(kNeighbour)), "allow");
}

TEST(LiveGate, ABypassBeginsAndEndsByItselfI13) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  const Time now = from_unix_seconds(host.clocks.wall());
  ASSERT_TRUE(begin_bypass(host.fs, kDir, now, std::chrono::hours(4), "storage is down"));
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused") << "at the next tick";
  host.gate->tick();
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only only counted");
  EXPECT_EQ(host.gate->status().mode, Mode::bypass);
  EXPECT_EQ(host.gate->status().bypass_until, now + std::chrono::hours(4));
  EXPECT_EQ(host.gate->status().bypass_reason, "storage is down");
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only only counted") << "a restart ends nothing";
  host.clocks.pass(4 * 3600);
  host.gate->tick();
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
}

TEST(LiveGate, ABypassIsEndedByHand) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  const Time now = from_unix_seconds(host.clocks.wall());
  ASSERT_TRUE(begin_bypass(host.fs, kDir, now, std::chrono::hours(4), "storage is down"));
  ASSERT_TRUE(end_bypass(host.fs, kDir, now));
  ASSERT_TRUE(end_bypass(host.fs, kDir, now)) << "a second time is fine";
  host.gate->tick();
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
  const std::string& history = host.fs.files().at(kDir + "/bypass-history.jsonl");
  EXPECT_EQ(std::count(history.begin(), history.end(), '\n'), 2) << history;
  EXPECT_NE(history.find(R"("event":"begin","reason":"storage is down")"), std::string::npos);
}

// Each write fails in turn and the machine goes down: what is on record as ended is over.
TEST(LiveGate, ABypassIsOverBeforeItIsRecordedAsEndedI13) {
  for (const Fault fault : {Fault::not_done, Fault::done, Fault::half_done}) {
    for (std::uint64_t n = 1; n < 20; ++n) {
      FaultyFileSystem fs;
      ASSERT_TRUE(begin_bypass(fs, kDir, kMade, std::chrono::hours(4), "storage is down"));
      fs.fail_at(n, fault);
      const bool ended = end_bypass(fs, kDir, kMade + std::chrono::hours(1)).has_value();
      if (!fs.failed()) {
        ASSERT_TRUE(ended);
        ASSERT_GT(n, 3U);
        break;
      }
      fs.crash(Unsynced::kept);
      const auto running = read_bypass(fs, kDir, kMade + std::chrono::hours(1));
      ASSERT_TRUE(running) << running.error().message;
      const std::string& history = fs.files().at(kDir + "/bypass-history.jsonl");
      const bool is_recorded = history.find(R"("event":"end")") != std::string::npos;
      EXPECT_FALSE(is_recorded && *running) << n;
    }
  }
}

TEST(LiveGate, ABypassHasLimits) {
  FaultyFileSystem fs;
  using std::chrono::hours;
  for (const Duration span : {Duration(0), Duration(hours(-1)), Duration(hours(25))}) {
    EXPECT_FALSE(begin_bypass(fs, kDir, kMade, span, "reason"));
  }
  for (const std::string& reason : {std::string(), std::string(501, 'x'), std::string("a\nb")}) {
    EXPECT_FALSE(begin_bypass(fs, kDir, kMade, hours(1), reason));
  }
  EXPECT_TRUE(fs.files().empty());
}

// A file that somebody wrote by hand: no more than a day, and rubbish is no bypass.
TEST(LiveGate, AForgedBypassIsBounded) {
  Host host;
  host.restrict_sub_1();
  host.open();
  host.offer(host.snapshot());
  host.fs.files()[kDir + "/bypass.json"] =
      R"({"version":1,"since":"2026-11-12T00:00:00Z","until":"2036-01-01T00:00:00Z","reason":"x"})";
  host.gate->tick();
  EXPECT_EQ(host.gate->status().mode, Mode::bypass);
  host.clocks.pass(86400);
  host.gate->tick();
  EXPECT_EQ(host.gate->status().mode, Mode::enforce);
  host.fs.files()[kDir + "/bypass.json"] = "{";
  host.gate->tick();
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
}

// Clocks that hold up one thread, which is then within offer().
class HeldClocks final : public Clocks {
 public:
  explicit HeldClocks(const Clocks& clocks) : clocks_(clocks) {}
  [[nodiscard]] std::int64_t wall() const noexcept override {
    if (std::this_thread::get_id() == held) {
      inside = true;
      inside.notify_all();
      go_on.wait(false);
    }
    return clocks_.wall();
  }
  [[nodiscard]] std::int64_t steady() const noexcept override { return clocks_.steady(); }
  std::atomic<std::thread::id> held;
  mutable std::atomic<bool> inside = false;
  std::atomic<bool> go_on = false;

 private:
  const Clocks& clocks_;
};

TEST(LiveGate, ALongOfferHoldsUpNeitherBypassNorStatus) {
  Host host;
  HeldClocks clocks(host.clocks);
  host.restrict_sub_1();
  auto gate = LiveGate::open(host.settings, clocks, host.fs);
  ASSERT_TRUE(gate) << gate.error().message;
  ASSERT_TRUE((*gate)->offer(host.snapshot()));
  std::jthread offering([&] {
    clocks.held = std::this_thread::get_id();
    EXPECT_TRUE((*gate)->offer(made_at(host.world, "2026-11-12T00:00:00Z")));
  });
  clocks.inside.wait(false);
  const Time now = from_unix_seconds(host.clocks.wall());
  EXPECT_TRUE(begin_bypass(host.fs, kDir, now, std::chrono::hours(1), "now"));
  (*gate)->tick();
  EXPECT_EQ((*gate)->status().mode, Mode::bypass);
  EXPECT_EQ((*gate)->status().accepted, 1U);
  EXPECT_EQ(said((*gate)->check(kWrite)), "read-only only counted");
  clocks.go_on = true;
  clocks.go_on.notify_all();
  offering.join();
  EXPECT_EQ((*gate)->status().accepted, 2U);
}

// Witnesses: what eases is taken at once and kept; after a restart it stands.
TEST(LiveGate, KeepsAnEasingWithoutWitnessesI5) {
  Host host;
  host.settings.trust.witnesses = two_of_three();
  host.restrict_sub_1();
  const auto cosigned = [&](const std::vector<std::string>& by) {
    GateSnapshot snapshot = host.world.snapshot();
    snapshot.made_at = at("2026-11-11T00:00:00Z");
    const std::string note = snapshot.checkpoint;
    for (const std::string& name : by) snapshot.checkpoint += cosignature(note, name);
    return model::write_snapshot(snapshot);
  };
  host.open();
  ASSERT_FALSE(host.gate->offer(cosigned({}))) << "nothing is kept that it could ease";
  host.offer(cosigned({"oslo", "lima"}));
  EXPECT_EQ(said(host.gate->check(kWrite)), "read-only refused");
  host.world.put_in_force(sign_order(sample_lift(order_digest(sample_restriction())), {"cleo"}),
                          "2026-11-07T00:00:00Z");
  host.offer(cosigned({}));
  EXPECT_EQ(said(host.gate->check(kWrite)), "allow");
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "allow") << host.gate->status().last_refusal;
  host.offer(cosigned({"oslo", "cairo"}));
  EXPECT_FALSE(host.fs.files().contains(kDir + "/newest.snapshot"));
  host.open();
  EXPECT_EQ(said(host.gate->check(kWrite)), "allow");
}

// Four threads ask without a pause while snapshots with and without the order take turns: each
// answer is one of the two, whole.
TEST(LiveGate, ReadersSeeOneSnapshotOrTheOther) {
  Host host;
  std::vector<std::string> snapshots;
  host.restrict_sub_1();
  snapshots.push_back(host.snapshot());
  for (int i = 0; i < 20; ++i) {
    const std::string sub = "sub-" + std::to_string(100 + i);
    host.world.put_in_force(
        sign_order(restriction_of(sub, "speech", static_cast<char>('a' + i % 6)), {"ada", "ben"}),
        kInForce);
    if (i < 6) snapshots.push_back(host.snapshot());
  }
  host.settings.state_dir = "";
  host.open();
  host.offer(snapshots.front());
  std::atomic<bool> stop = false;
  std::atomic<std::uint64_t> wrong = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < 4; ++i) {
    readers.emplace_back([&] {
      std::uint64_t last = 0;
      while (!stop.load(std::memory_order_relaxed)) {
        const Answer write = host.gate->check(kWrite);
        const Answer other = host.gate->check(kNeighbour);
        if (!write.refused() || other.refused() || write.snapshot_size < last) ++wrong;
        last = write.snapshot_size;
        if (host.gate->explain(write).term != "mass-surveillance") ++wrong;
      }
    });
  }
  for (const std::string& text : snapshots) host.offer(text);
  stop = true;
  readers.clear();
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace proviso::gates
