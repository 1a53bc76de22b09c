// SPDX-License-Identifier: Apache-2.0
// Orders that begin in shadow, and gate by gate: what each gate enforces, counts and shows, with
// stale snapshots, clocks that jump, images, deltas and records.
#include "model/rollout.h"

#include <gtest/gtest.h>

#include "gates/counts_audit.h"
#include "gates/gate_image.h"
#include "gates/refusal_replay.h"
#include "gates/refusal_ring.h"
#include "gates/testing/fed_gate.h"

namespace proviso::gates {
namespace {

using model::Effect;
using model::EffectKind;
using model::testing::sample_change;
using model::testing::sign_order;
using testing::at;
using testing::FedGate;
using testing::Feed;
using testing::kDir;
using testing::kInForce;
using testing::ManualClocks;
using testing::restriction_of;
using testing::World;

const Request kWrite{"sub-9", "object-storage", "PutObject", "", ""};
const Request kRead{"sub-9", "object-storage", "GetObject", "", ""};

// Read-only from 10 November, export-only from the 20th; in shadow until the 12th at north, until
// the 15th elsewhere.
model::Order shadow_order(const std::string& subscription = "sub-9") {
  model::Order order = restriction_of(subscription, "object-storage", '9');
  order.restriction->rollout = {.first = {{{"north.example"}, at("2026-11-12T00:00:00Z")}},
                                .everywhere_from = at("2026-11-15T00:00:00Z")};
  return order;
}
const Digest kShadow = order_digest(shadow_order());

void put_in_force(World& world, const model::Order& order) {
  world.put_in_force(sign_order(order, {"ada", "ben"}), kInForce);
}

std::string text_made(const World& world, const char* time) {
  auto snapshot = world.snapshot();
  snapshot.made_at = at(time);
  return model::write_snapshot(snapshot);
}

std::string told(const Verdict& v) {
  std::string out = to_string(v.effect) + (v.refused() ? " refused" : "");
  if (v.shadow.order != kNoOrder) {
    out += ", in shadow " + to_string(v.shadow.effect) +
           (v.shadow.outcome == model::Outcome::no ? " refused" : "");
  }
  return out;
}

struct Asked {
  World world;
  std::string name;
  std::optional<Duration> freshness = {};
  [[nodiscard]] std::string on(const char* time, const Request& request = kWrite,
                               const char* made = "2026-11-08T00:00:00Z") const {
    const auto gate = Gate::load(text_made(world, made), world.trust(),
                                 {.stage_freshness = freshness, .kept = nullptr, .name = name});
    return gate ? told(gate->check(request, at(time))) : gate.error().message;
  }
};

TEST(RolloutGate, EachGateHasItsOwnTime) {
  Asked north{.world = World(), .name = "north.example"};
  put_in_force(north.world, shadow_order());
  EXPECT_EQ(north.on("2026-11-09T23:59:59Z"), "allow");
  EXPECT_EQ(north.on("2026-11-10T00:00:00Z"), "allow, in shadow read-only refused");
  EXPECT_EQ(north.on("2026-11-10T00:00:00Z", kRead), "allow, in shadow read-only");
  EXPECT_EQ(north.on("2026-11-11T23:59:59Z"), "allow, in shadow read-only refused");
  EXPECT_EQ(north.on("2026-11-12T00:00:00Z"), "read-only refused");
  EXPECT_EQ(north.on("2026-11-20T00:00:00Z", kRead), "export-only refused");
  EXPECT_EQ(north.on("2027-01-31T00:00:00Z"), "allow");
  for (const std::string name : {"", "south.example", "north.exampl"}) {
    Asked other{.world = World(), .name = name};
    put_in_force(other.world, shadow_order());
    EXPECT_EQ(other.on("2026-11-14T23:59:59Z"), "allow, in shadow read-only refused") << name;
    EXPECT_EQ(other.on("2026-11-15T00:00:00Z"), "read-only refused") << name;
  }
}

// An order in shadow takes nothing from one that is enforced, and hides nothing of it.
TEST(RolloutGate, StandsBesideWhatIsEnforced) {
  Asked south{.world = World(), .name = "south.example"};
  put_in_force(south.world, shadow_order());
  model::Order throttle = restriction_of("sub-9", "object-storage", '8');
  throttle.restriction->stages = {{at("2026-11-07T00:00:00Z"), {EffectKind::throttle, 5}}};
  put_in_force(south.world, throttle);
  EXPECT_EQ(south.on("2026-11-11T00:00:00Z"), "throttle=5/s, in shadow read-only refused");
  EXPECT_EQ(south.on("2026-11-16T00:00:00Z"), "read-only refused");
}

// I10: what a gate heard long ago begins no stricter stage; the end of a shadow is one.
TEST(RolloutGate, StaleKnowledgeKeepsItInShadowI10) {
  Asked north{.world = World(), .name = "north.example", .freshness = kStageFreshness};
  put_in_force(north.world, shadow_order());
  EXPECT_EQ(north.on("2026-11-12T00:00:00Z", kWrite, "2026-11-11T00:00:00Z"), "read-only refused");
  EXPECT_EQ(north.on("2026-11-12T00:00:00Z", kWrite, "2026-11-10T23:59:59Z"),
            "allow, in shadow read-only refused");
  EXPECT_EQ(north.on("2026-11-25T00:00:00Z", kWrite, "2026-11-10T23:59:59Z"),
            "allow, in shadow read-only refused")
      << "nor any later stage";
  EXPECT_EQ(north.on("2027-01-31T00:00:00Z", kWrite, "2026-11-10T23:59:59Z"), "allow")
      << "its end always runs";
  EXPECT_EQ(north.on("2026-11-11T12:00:00Z", kWrite, "2026-11-08T00:00:00Z"),
            "allow, in shadow read-only refused")
      << "to be counted it need not be fresh";
}

// A gate as a program holds it, with a ring for what is refused or would be.
struct Host {
  World world;
  RefusalRing ring{1024};
  ManualClocks clocks{at("2026-11-11T00:00:00Z")};
  proviso::testing::FaultyFileSystem fs;
  LiveGateSettings settings;
  std::unique_ptr<LiveGate> gate;

  explicit Host(const std::string& name = "north.example") {
    settings.trust = world.trust();
    settings.state_dir = kDir;
    settings.refusals = &ring;
    settings.name = name;
    put_in_force(world, shadow_order());
  }
  void open() {
    gate.reset();
    auto opened = LiveGate::open(settings, clocks, fs);
    ASSERT_TRUE(opened) << opened.error().message;
    gate = *std::move(opened);
  }
  void start(const char* made = "2026-11-11T00:00:00Z") {
    open();
    const auto taken = gate->offer(text_made(world, made));
    ASSERT_TRUE(taken) << taken.error().message;
  }
  // What is put down by one check: modes.
  std::string recorded(const Request& request = kWrite) {
    (void)gate->check(request);
    return drained();
  }
  std::string drained() {
    std::string out;
    Refusal refusal;
    while (ring.pop(refusal)) {
      out += (out.empty() ? "" : " ") + std::string(to_string(refusal.answer.mode));
      EXPECT_EQ(refusal.answer.order, kShadow);
      EXPECT_EQ(refusal.answer.effect.kind, EffectKind::read_only);
      lines += write_refusal(refusal);
    }
    return out;
  }
  std::string lines;
};

bool same(const Answer& a, const Answer& b) {
  return a.effect == b.effect && a.outcome == b.outcome && a.judged == b.judged &&
         a.basis == b.basis && a.mode == b.mode && a.rate_per_second == b.rate_per_second &&
         a.order == b.order && a.order_number == b.order_number &&
         a.snapshot_size == b.snapshot_size && a.snapshot_made_at == b.snapshot_made_at;
}

// I11: who asks gets the answer that a subscription gets which no order names.
TEST(RolloutLive, NobodyWhoAsksIsToldOfAShadow) {
  Host host;
  host.start();
  const Answer neighbour = host.gate->check({"sub-77", "object-storage", "PutObject", "", ""});
  const Answer answer = host.gate->check(kWrite);
  EXPECT_TRUE(same(answer, neighbour));
  EXPECT_TRUE(same(host.gate->look(kWrite), neighbour));
  EXPECT_TRUE(host.gate->explain(answer).user.empty());
  EXPECT_TRUE(host.gate->explain(answer).service.empty());
  std::vector<Answer> answers(2);
  host.gate->check_batch(std::vector{kWrite, kRead}, answers);
  EXPECT_TRUE(same(answers[0], neighbour));
}

TEST(RolloutLive, CountsWhatItWouldRefuseAndThenRefuses) {
  Host host;
  host.start();
  EXPECT_EQ(host.recorded(), "shadow");
  EXPECT_EQ(host.recorded(kRead), "") << "it would let it through";
  (void)host.gate->look(kWrite);
  EXPECT_EQ(host.drained(), "") << "who only looks counts nowhere";
  std::vector<Answer> answers(1);
  host.gate->check_batch(std::vector{kWrite}, answers);
  EXPECT_EQ(host.drained(), "shadow");
  host.clocks.pass_until(at("2026-11-12T00:00:00Z"));
  EXPECT_TRUE(host.gate->check(kWrite).refused());
  EXPECT_EQ(host.drained(), "enforce");
  host.settings.observe = true;
  host.open();
  EXPECT_EQ(host.recorded(), "observe");
}

// live_clock.h: where the clock is in doubt an order counts with the laxer of both times.
TEST(RolloutLive, AClockThatJumpsBeginsNothingEarly) {
  Host host;
  host.start();
  host.clocks.step(86'400);
  host.gate->tick();
  EXPECT_FALSE(host.gate->check(kWrite).refused());
  EXPECT_EQ(host.drained(), "shadow") << "it is in shadow at one of both";
  host.clocks.step(-2 * 86'400 - 1);
  host.gate->tick();
  EXPECT_EQ(host.recorded(), "") << "it has not begun at one of both";
}

TEST(RolloutLive, ARecordOfAShadowIsJudgedAgain) {
  Host host;
  host.start();
  EXPECT_EQ(host.recorded(), "shadow");
  EXPECT_NE(host.lines.find(R"("mode":"shadow")"), std::string::npos) << host.lines;
  const auto judge = [&](const std::string& name) {
    const auto gate =
        Gate::load(text_made(host.world, "2026-11-11T00:00:00Z"), host.world.trust(),
                   {.stage_freshness = kStageFreshness, .kept = nullptr, .name = name});
    ReplayReport report;
    replay(*gate, host.lines, report);
    return std::to_string(report.agreeing) + " " + std::to_string(report.differing);
  };
  EXPECT_EQ(judge("north.example"), "1 0");
  host.clocks.pass_until(at("2026-11-12T00:00:00Z"));
  EXPECT_EQ(host.recorded(), "enforce");
  EXPECT_EQ(judge("north.example"), "2 0");
  EXPECT_EQ(judge("south.example"), "1 1") << "there it was in shadow still";
  const std::string bare = R"({"at":"2026-11-12T00:00:30Z","effect":"deny","judged":"refused",)"
                           R"("mode":"shadow","operation":"","service":"","subscription":"",)"
                           R"("version":1})";
  const auto refused = parse_refusal(bare);
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("no snapshot has the order"), std::string::npos);
}

// The image was laid out for another name's times: it is not used, whatever it says.
TEST(RolloutLive, ARenamedGateDoesNotGoOnWithTheOldNamesTable) {
  Host host;
  host.start();
  host.gate->tick();  // keeps an image
  ASSERT_TRUE(host.fs.exists(kDir + "/quorum.image"));
  host.clocks.pass_until(at("2026-11-12T00:00:00Z"));
  host.open();
  EXPECT_TRUE(host.gate->check(kWrite).refused());
  host.settings.name = "south.example";
  host.open();
  EXPECT_TRUE(host.gate->status().has_state);
  EXPECT_FALSE(host.gate->check(kWrite).refused());
}

TEST(RolloutImage, KeepsTheShadowAndIsOfOneName) {
  World world;
  put_in_force(world, shadow_order());
  const auto gate = Gate::load(world.snapshot_text(), world.trust(),
                               {.stage_freshness = {}, .kept = nullptr, .name = "north.example"});
  ASSERT_TRUE(gate);
  const ImageOf of{.snapshot = std::string(64, 'a'), .deltas = 0, .last_delta = ""};
  const std::string text = write_image(*gate, of, world.trust());
  const auto read = [&](const std::string& name) {
    return read_image(text, world.trust(), {.stage_freshness = {}, .kept = nullptr, .name = name});
  };
  const auto same_name = read("north.example");
  ASSERT_TRUE(same_name) << same_name.error().message;
  for (const char* time : {"2026-11-09T00:00:00Z", "2026-11-11T00:00:00Z", "2026-11-13T00:00:00Z",
                           "2026-11-21T00:00:00Z", "2027-02-01T00:00:00Z"}) {
    EXPECT_EQ(told(same_name->gate.check(kWrite, at(time))), told(gate->check(kWrite, at(time))));
  }
  for (const std::string name : {"", "south.example"}) {
    const auto other = read(name);
    ASSERT_FALSE(other);
    EXPECT_EQ(other.error().code, Errc::conflict);
    EXPECT_NE(other.error().message.find("another gate's name"), std::string::npos);
  }
}

TEST(RolloutDelta, BringsItToTheGateOfThatName) {
  FedGate host;
  host.settings.name = "north.example";
  host.start();
  put_in_force(host.feed.world, shadow_order());
  ASSERT_EQ(host.said(host.feed.delta()), "accepted");
  EXPECT_TRUE(host.gate->check(kWrite).refused()) << "12 November";
  FedGate other;
  other.settings.name = "south.example";
  other.start();
  put_in_force(other.feed.world, shadow_order());
  ASSERT_EQ(other.said(other.feed.delta()), "accepted");
  EXPECT_FALSE(other.gate->check(kWrite).refused());
}

// Who decides changes before the shadow ends: whether those who signed still stand is asked then,
// which only a whole snapshot can answer.
TEST(RolloutDelta, AChangeOfWhoDecidesWantsTheWholeWhileItIsInShadowI10) {
  FedGate host;
  host.settings.name = "south.example";
  model::Order order = shadow_order();
  order.restriction->stages.resize(1);
  host.feed.lift(1);
  host.feed.lift(2);
  put_in_force(host.feed.world, order);
  host.start();
  host.feed.world.put_in_force(
      sign_order(sample_change(model::OrderKind::roster,
                               model::roster_to_json(model::testing::sample_roster())),
                 {"ada", "ben"}),
      "2026-11-12T10:00:00Z");
  EXPECT_NE(host.said(host.feed.delta()).find("send the whole snapshot"), std::string::npos);
}

Answer answer_in(Mode mode) {
  Answer out;
  out.basis = Basis::snapshot;
  out.order = kShadow;
  out.judged = model::Outcome::no;
  out.mode = mode;
  out.snapshot_size = 2;
  return out;
}

GateCounts counts_of(Mode mode, const char* hour, const std::string& gate = "north.example") {
  GateCounts out;
  out.gate = gate;
  out.ledger = model::testing::kLedger;
  out.hour = at(hour);
  for (int i = 0; i < 3; ++i) out.add(answer_in(mode));
  return out;
}

TEST(RolloutCounts, AreCountsOfTheirOwn) {
  const GateCounts counts = counts_of(Mode::shadow, "2026-11-11T10:00:00Z");
  EXPECT_EQ(counts.orders.at(kShadow).shadow, 3U);
  EXPECT_EQ(counts.orders.at(kShadow).total(), 0U);
  const std::string text = write_counts(counts);
  EXPECT_NE(text.find(R"("refused":0,"shadow":3)"), std::string::npos) << text;
  const auto back = parse_counts(text);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(*back, counts);
  // What has none has the text that it always had.
  const std::string none = write_counts(counts_of(Mode::enforce, "2026-11-12T10:00:00Z"));
  EXPECT_EQ(none.find("shadow"), std::string::npos);
  std::string zero = none;
  const std::size_t place = zero.find(R"("refused":3)");
  ASSERT_NE(place, std::string::npos);
  EXPECT_FALSE(parse_counts(zero.insert(place + 11, R"(,"shadow":0)")));
}

std::string alarms(const GateCounts& counts, const KnownOrders& known) {
  std::string out;
  for (const CountsAlarm& alarm : judge_counts(counts, known)) out += alarm.error_class;
  return out;
}

// A gate that enforces what is in shadow there is found by its own counts.
TEST(RolloutCounts, ACutBeforeItsTimeIsAnAlarm) {
  World world;
  put_in_force(world, shadow_order());
  const auto verified = verify_snapshot(world.snapshot(), world.trust());
  ASSERT_TRUE(verified) << verified.error().message;
  const KnownOrders known = known_orders(*verified);
  EXPECT_EQ(alarms(counts_of(Mode::shadow, "2026-11-11T10:00:00Z"), known), "");
  EXPECT_EQ(alarms(counts_of(Mode::enforce, "2026-11-11T10:00:00Z"), known), "not-in-force");
  EXPECT_EQ(alarms(counts_of(Mode::enforce, "2026-11-12T00:00:00Z"), known), "");
  EXPECT_EQ(alarms(counts_of(Mode::enforce, "2026-11-12T00:00:00Z", "south.example"), known),
            "not-in-force");
  EXPECT_EQ(alarms(counts_of(Mode::enforce, "2026-11-15T00:00:00Z", "south.example"), known), "");
  EXPECT_EQ(alarms(counts_of(Mode::shadow, "2026-11-11T10:00:00Z"), KnownOrders()), "")
      << "nothing was done to anybody";
}

}  // namespace
}  // namespace proviso::gates
