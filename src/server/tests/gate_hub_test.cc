// SPDX-License-Identifier: Apache-2.0
// The hub against gates that a test plays: a founded provider decides, gates say what they like.
#include "server/gate_hub.h"

#include <condition_variable>
#include <deque>

#include <gtest/gtest.h>

#include "decisions/testing/provider.h"
#include "gates/gate_counts.h"
#include "gates/gate_statement.h"
#include "model/gate_delta.h"
#include "server/gate_barrier.h"
#include "server/gate_records.h"

namespace proviso::server {
namespace {

using decisions::testing::Provider;
using model::testing::key_of;
using namespace std::chrono_literals;

// A gate's end of a channel, without a network between.
class PlayedGate {
 public:
  PlayedGate(GateHub& hub, const std::string& name)
      : signer_(ledger::NoteSigner::make(name, key_of(name)).value()), end_(hub.new_end()) {
    channel_->open([this] {
      const std::lock_guard lock(mutex_);
      ++woken_;
      came_.notify_all();
    });
    end_->opened(channel_);
    const auto first = next();
    EXPECT_EQ(first.first, "challenge");
    challenge_ = first.second;
  }
  ~PlayedGate() {
    end_->ended();
    channel_->close();
  }
  PlayedGate(const PlayedGate&) = delete;
  PlayedGate& operator=(const PlayedGate&) = delete;

  void say(const std::optional<model::GateState>& state, const std::string& refused = "",
           bool needs_whole = false, const std::string& mode = "enforce") {
    gates::GateStatement statement;
    statement.gate = signer_.name;
    statement.ledger = model::testing::kLedger;
    statement.challenge = challenge_;
    statement.said_at = model::testing::at("2026-11-23T12:00:00Z");
    statement.mode = mode;
    statement.state = state;
    statement.refused = refused;
    statement.needs_whole = needs_whole;
    said_ = "statement\n" + gates::sign_statement(statement, signer_);
    send(said_);
  }
  [[nodiscard]] const std::string& said() const { return said_; }
  void send(std::string message) { end_->received(std::move(message)); }
  [[nodiscard]] const std::string& challenge() const { return challenge_; }

  // What comes next, as its word and body; "end" where the hub ended the channel, "" after `most`.
  std::pair<std::string, std::string> next(std::chrono::milliseconds most = 20s) {
    const auto end = std::chrono::steady_clock::now() + most;
    while (true) {
      const auto next = channel_->take();
      if (next.message) {
        const auto line = next.message->find('\n');
        return {next.message->substr(0, line), next.message->substr(line + 1)};
      }
      if (next.end) return {"end", ""};
      std::unique_lock lock(mutex_);
      const auto seen = woken_;
      if (std::chrono::steady_clock::now() >= end) return {};
      came_.wait_for(lock, 20ms, [&] { return woken_ != seen; });
    }
  }
  // The next that is no snapshot or delta; those are taken.
  std::pair<std::string, std::string> next_word() {
    auto message = next();
    while (message.first == "snapshot" || message.first == "delta") {
      take(message);
      message = next();
    }
    return message;
  }
  // Takes a snapshot or delta as a gate would that believes it; says so.
  model::GateState take(const std::pair<std::string, std::string>& message) {
    model::GateState state;
    if (message.first == "snapshot") {
      const auto snapshot = model::parse_snapshot(message.second).value();
      model::OrderSum sum;
      for (const auto& order : snapshot.restrictions) sum.add(sha256(order.order.canonical));
      const auto note = ledger::split_note(snapshot.checkpoint).value();
      const auto checkpoint = ledger::Checkpoint::parse(note.text).value();
      state = {checkpoint.size, checkpoint.root, snapshot.made_at, sum.value()};
    } else {
      EXPECT_EQ(message.first, "delta");
      const auto delta = model::parse_delta(message.second).value();
      const auto note = ledger::split_note(delta.checkpoint).value();
      const auto checkpoint = ledger::Checkpoint::parse(note.text).value();
      state = {checkpoint.size, checkpoint.root, delta.made_at, delta.orders};
    }
    say(state);
    return state;
  }

 private:
  const ledger::NoteSigner signer_;
  std::shared_ptr<http::Channel> channel_ = std::make_shared<http::Channel>();
  std::shared_ptr<http::ChannelListener> end_;
  std::mutex mutex_;
  std::condition_variable came_;
  std::uint64_t woken_ = 0;
  std::string challenge_;
  std::string said_;
};

class Hub : public testing::Test {
 protected:
  Hub() {
    declare_gate_metrics(metrics_);
    std::string keys = "# the gates\n\n";
    for (const char* name : {"gate-1.example", "gate-2.example"}) {
      keys += ledger::NoteSigner::make(name, key_of(name))->verifier().format() + "  # one\n";
    }
    EXPECT_TRUE(real_file_system().write_durable(keys_file(), keys));
    start();
  }
  ~Hub() override {
    hub_.reset();
    if (HasFailure()) ADD_FAILURE() << "the hub's log:\n" << lines_;
  }
  void start() {
    GateHubSettings settings;
    settings.source.store = provider_.dir() + "/store";
    settings.source.log_dir = provider_.dir() + "/ledger/log";
    settings.source.key =
        ledger::NoteSigner::make(model::testing::kLedger, key_of("ledger"))->verifier();
    settings.source.origin = model::testing::kLedger;
    settings.store_dir = provider_.dir();
    settings.keys_file = keys_file();
    settings.records_dir = records_dir();
    hub_ = GateHub::start({real_file_system(), provider_.clock, log_, metrics_}, settings);
  }
  [[nodiscard]] std::string keys_file() const { return provider_.dir() + "/gates.keys"; }
  [[nodiscard]] std::string records_dir() const { return provider_.dir() + "/gates"; }

  Digest restrict_it(const char* line = "sub-1/object-storage") {
    decisions::Proposal proposal = provider_.proposal();
    proposal.scope = {model::parse_scope_line(line).value()};
    const Digest digest = provider_.orders().propose(proposal, key_of("petra")).value();
    EXPECT_FALSE(provider_.approve(digest, "ada")->in_force);
    EXPECT_TRUE(provider_.approve(digest, "ben")->in_force);
    return digest;
  }
  void lift(const Digest& order) {
    const Digest lift = provider_.orders().propose_lift(order, "a mistake").value();
    EXPECT_TRUE(provider_.approve(lift, "cleo")->in_force);
  }
  // Waits until the hub has kept this of the gate.
  template <class Until>
  bool recorded(const std::string& gate, Until until) {
    const auto keys = read_gate_keys(real_file_system(), keys_file()).value();
    for (int i = 0; i < 1'000; ++i) {
      const auto records = GateRecordFile::read(real_file_system(), records_dir(), keys).value();
      const auto found = records.find(gate);
      if (found != records.end() && until(found->second.statement)) return true;
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }
  [[nodiscard]] bool becomes(std::string_view metric, double value) const {
    for (int i = 0; i < 1'000 && metrics_.value(metric) != value; ++i) {
      std::this_thread::sleep_for(10ms);
    }
    return metrics_.value(metric) == value;
  }
  [[nodiscard]] bool logged(std::string_view event) {
    for (int i = 0; i < 1'000; ++i) {
      {
        const std::lock_guard lock(mutex_);
        if (lines_.find(event) != std::string::npos) return true;
      }
      std::this_thread::sleep_for(10ms);
    }
    return false;
  }

  Provider provider_;
  std::mutex mutex_;
  std::string lines_;
  EventLog log_{provider_.clock, [this](std::string_view line) {
                  const std::lock_guard lock(mutex_);
                  lines_ += line;
                }};
  Metrics metrics_;
  std::unique_ptr<GateHub> hub_;
};

TEST_F(Hub, BringsTheWholeFirstAndThenWhatChanges) {
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  const auto first = gate.next();
  EXPECT_EQ(first.first, "snapshot");
  gate.take(first);
  const Digest order = restrict_it();
  const auto second = gate.next();
  ASSERT_EQ(second.first, "delta");
  EXPECT_EQ(model::parse_delta(second.second)->added.size(), 1U);
  gate.take(second);
  lift(order);
  const auto third = gate.next();
  ASSERT_EQ(third.first, "delta");
  EXPECT_EQ(model::parse_delta(third.second)->gone, std::vector<Digest>{order});
  const auto state = gate.take(third);
  EXPECT_TRUE(recorded("gate-1.example", [&](const auto& s) { return s.state == state; }));
}

TEST_F(Hub, AGateThatIsSlowGetsTheNewestNext) {
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  gate.take(gate.next());
  const Digest first = restrict_it();
  const auto one = gate.next();
  ASSERT_EQ(one.first, "delta");
  const Digest second = restrict_it("sub-2/speech");
  lift(first);
  EXPECT_EQ(gate.next(300ms).first, "") << "it has not answered yet";
  gate.take(one);
  const auto two = gate.next();
  ASSERT_EQ(two.first, "delta");
  const auto delta = model::parse_delta(two.second).value();
  ASSERT_EQ(delta.added.size(), 1U);
  EXPECT_EQ(sha256(delta.added[0].order.canonical), second);
  EXPECT_EQ(delta.gone, std::vector<Digest>{first});
}

// What gates do not see makes the ledger longer, too: the whole then covers more than the version
// that the hub has, and a gate that took it stands no less on the newest.
TEST_F(Hub, ALedgerThatGrowsByOtherThingsKeepsNobodyWaiting) {
  ASSERT_TRUE(becomes("proviso_gates_known", 2)) << "it has looked";
  ASSERT_TRUE(provider_.casework().add_report("press", "customer-1", "again"));
  static_cast<void>(provider_.record().log()->head());
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  const auto whole = gate.next();
  ASSERT_EQ(whole.first, "snapshot");
  EXPECT_EQ(gate.take(whole).size, provider_.record().log()->size());
  EXPECT_EQ(gate.next(300ms).first, "");
  restrict_it();
  EXPECT_EQ(gate.next().first, "delta");
}

TEST_F(Hub, AGateResumesFromItsState) {
  model::GateState state;
  {
    PlayedGate gate(*hub_, "gate-1.example");
    gate.say(std::nullopt);
    state = gate.take(gate.next());
  }
  restrict_it();
  hub_.reset();
  start();
  PlayedGate again(*hub_, "gate-1.example");
  again.say(state);
  EXPECT_EQ(again.next().first, "delta");
}

TEST_F(Hub, AGateThatRefusesADeltaGetsTheWholeAtOnceAndThenSlowly) {
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  const auto state = gate.take(gate.next());
  restrict_it();
  ASSERT_EQ(gate.next().first, "delta");
  gate.say(state, "it does not continue", true);
  ASSERT_EQ(gate.next().first, "snapshot");
  EXPECT_TRUE(recorded("gate-1.example",
                       [](const auto& s) { return s.refused == "it does not continue"; }));
  gate.say(state, "shrunken", true);
  EXPECT_EQ(gate.next(300ms).first, "") << "not before a second has passed";
  EXPECT_EQ(gate.next().first, "snapshot") << "for ever (I13)";
  EXPECT_TRUE(logged("\"gate_refused\""));
}

// The whole that is kept for those who come is no help to one that can't go on from it.
TEST_F(Hub, AGateThatCantGoOnFromTheKeptWholeGetsANewerOne) {
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  const auto state = gate.take(gate.next());
  const Digest order = restrict_it();
  ASSERT_EQ(gate.next().first, "delta");
  gate.say(state, "who decides has changed", true);
  const auto whole = gate.next();
  ASSERT_EQ(whole.first, "snapshot");
  const auto restrictions = model::parse_snapshot(whole.second)->restrictions;
  ASSERT_EQ(restrictions.size(), 1U);
  EXPECT_EQ(sha256(restrictions[0].order.canonical), order);
}

TEST_F(Hub, WhoClaimsToStandOnThisAndThatIsBroughtOneThing) {
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  const auto first = gate.next();
  ASSERT_EQ(first.first, "snapshot");
  for (int i = 0; i < 5; ++i) gate.say(std::nullopt);
  EXPECT_EQ(gate.next(300ms).first, "") << "what was sent is not answered";
  gate.take(first);
  restrict_it();
  EXPECT_EQ(gate.next().first, "delta");
}

TEST_F(Hub, AGateWithANewKeyIsKnownOnceItIsEntered) {
  const auto renewed = ledger::NoteSigner::make("gate-1.example", key_of("another key")).value();
  gates::GateStatement statement;
  statement.gate = renewed.name;
  statement.ledger = model::testing::kLedger;
  statement.said_at = model::testing::at("2026-11-23T12:00:00Z");
  statement.mode = "enforce";
  const auto say = [&](PlayedGate& gate) {
    statement.challenge = gate.challenge();
    gate.send("statement\n" + gates::sign_statement(statement, renewed));
  };
  {
    PlayedGate gate(*hub_, "gate-1.example");
    say(gate);
    EXPECT_EQ(gate.next().first, "bye");
  }
  ASSERT_TRUE(real_file_system().write_durable(keys_file(), renewed.verifier().format() + "\n"));
  PlayedGate gate(*hub_, "gate-1.example");
  say(gate);
  EXPECT_EQ(gate.next().first, "snapshot");
}

// Whoever has the token and heard a gate confirm can't confirm for it.
TEST_F(Hub, WhatWasSaidOnAnotherConnectionIsNotTakenAgain) {
  std::string heard;
  {
    PlayedGate gate(*hub_, "gate-1.example");
    gate.say(std::nullopt);
    EXPECT_EQ(gate.next().first, "snapshot");
    heard = gate.said();
  }
  PlayedGate gate(*hub_, "gate-1.example");
  gate.send(heard);
  EXPECT_EQ(gate.next(), (std::pair<std::string, std::string>(
                             "bye",
                             "it was said on another connection: the challenge is not this "
                             "one's")));
}

TEST_F(Hub, TurnsAwayWhoIsNoGateOfIts) {
  gates::GateStatement statement;
  const auto refusal = [&](const auto& message) {
    PlayedGate gate(*hub_, "gate-1.example");
    statement.challenge = gate.challenge();
    gate.send(message());
    const auto bye = gate.next();
    EXPECT_EQ(gate.next().first, "end");
    return bye.first + ": " + bye.second;
  };
  statement.gate = "gate-3.example";
  statement.ledger = model::testing::kLedger;
  statement.said_at = model::testing::at("2026-11-23T12:00:00Z");
  statement.mode = "enforce";
  const auto signed_by = [&](const std::string& name) {
    return [&statement, name] {
      const auto signer = ledger::NoteSigner::make(name, key_of(name)).value();
      return "statement\n" + gates::sign_statement(statement, signer);
    };
  };
  EXPECT_EQ(refusal(signed_by("gate-3.example")),
            "bye: no gate of this name is known: enter its key in gates.keys");
  EXPECT_TRUE(refusal([] { return "hello"; }).starts_with("bye: a message that is no statement"));
  statement.gate = "gate-2.example";
  EXPECT_EQ(refusal(signed_by("gate-1.example")), "bye: signed note: not signed by a known key");
  statement.ledger = "another.example/ledger";
  EXPECT_EQ(refusal(signed_by("gate-2.example")), "bye: it trusts another ledger");
}

TEST_F(Hub, ASecondConnectionOfAGateTakesTheFirstOnesPlace) {
  PlayedGate first(*hub_, "gate-1.example");
  first.say(std::nullopt);
  ASSERT_EQ(first.next().first, "snapshot");
  PlayedGate second(*hub_, "gate-1.example");
  second.say(std::nullopt);
  EXPECT_EQ(second.next().first, "snapshot");
  EXPECT_EQ(first.next().first, "end");
}

TEST_F(Hub, TheBarrierIsReachedWhenAllGatesConfirm) {
  const auto keys = read_gate_keys(real_file_system(), keys_file()).value();
  const auto barrier = [&](std::uint64_t version) {
    return judge_barrier(version, Time{}, keys,
                         GateRecordFile::read(real_file_system(), records_dir(), keys).value());
  };
  EXPECT_FALSE(barrier(1).reached);
  EXPECT_EQ(barrier(1).gates.at(0).why, "nothing was heard of it");
  PlayedGate one(*hub_, "gate-1.example");
  PlayedGate two(*hub_, "gate-2.example");
  one.say(std::nullopt);
  two.say(std::nullopt);
  one.take(one.next());
  two.take(two.next());
  restrict_it();
  const std::uint64_t version = provider_.record().log()->head()->size;
  const auto state = one.take(one.next());
  const auto is_at = [&](const auto& s) { return s.state && s.state->size >= version; };
  ASSERT_TRUE(recorded("gate-1.example", is_at));
  EXPECT_FALSE(barrier(version).reached);
  two.take(two.next());
  ASSERT_TRUE(recorded("gate-2.example", is_at));
  EXPECT_TRUE(barrier(version).reached);
  EXPECT_FALSE(barrier(version + 1).reached);
  const auto later =
      judge_barrier(version, provider_.clock.now() + 1h, keys,
                    GateRecordFile::read(real_file_system(), records_dir(), keys).value());
  EXPECT_FALSE(later.reached) << "gates are not told of the order before that";
  EXPECT_TRUE(later.gates.at(0).why.ends_with("before the order's first effect"));
  EXPECT_TRUE(logged("\"gates_confirmed\""));
  EXPECT_TRUE(becomes("proviso_gates_behind", 0));
  // A gate that enforces nothing confirms nothing.
  one.say(state, "", false, "bypass");
  ASSERT_TRUE(recorded("gate-1.example", [](const auto& s) { return s.mode == "bypass"; }));
  EXPECT_FALSE(barrier(version).reached);
  EXPECT_EQ(barrier(version).gates.at(0).why, "it enforces nothing: bypass");
  EXPECT_TRUE(logged("\"gate_mode\""));
}

TEST_F(Hub, HoldsHourlyCountsAgainstTheOrders) {
  const Digest order = restrict_it();
  PlayedGate gate(*hub_, "gate-1.example");
  gate.say(std::nullopt);
  gate.take(gate.next());
  const auto signer = ledger::NoteSigner::make("gate-1.example", key_of("gate-1.example")).value();
  gates::GateCounts counts;
  counts.gate = signer.name;
  counts.ledger = model::testing::kLedger;
  counts.hour = gates::hour_of(provider_.clock.now());
  counts.starts = 1;
  counts.checks = 10;
  counts.orders[order].refused = 3;
  const std::string good = gates::sign_counts(counts, signer).front();
  gate.send("counts\n" + good);
  EXPECT_EQ(gate.next_word(), std::pair(std::string("noted"), sha256(good).hex()));
  EXPECT_EQ(metrics_.value("proviso_gate_alarms_total", {{"class", "unknown-order"}}), 0);
  const auto kept = real_file_system().list(records_dir() + "/counts/gate-1.example").value();
  ASSERT_EQ(kept.size(), 1U);
  // A cut that is not in the ledger.
  counts.orders[sha256("nobody decided this")].refused = 1;
  const std::string bad = gates::sign_counts(counts, signer).front();
  gate.send("counts\n" + bad);
  EXPECT_EQ(gate.next_word().first, "noted");
  EXPECT_EQ(metrics_.value("proviso_gate_alarms_total", {{"class", "unknown-order"}}), 1);
  EXPECT_TRUE(logged("\"gate_counts_alarm\""));
  // Sent again, where the answer was lost: noted, and not an alarm once more.
  gate.send("counts\n" + bad);
  EXPECT_EQ(gate.next_word().first, "noted");
  EXPECT_EQ(metrics_.value("proviso_gate_alarms_total", {{"class", "unknown-order"}}), 1);
  const auto other = ledger::NoteSigner::make("gate-2.example", key_of("gate-2.example")).value();
  counts.gate = other.name;
  gate.send("counts\n" + gates::sign_counts(counts, other).front());
  EXPECT_EQ(gate.next_word().first, "noted") << "another gate's counts are no reason to stop";
  EXPECT_TRUE(logged("\"gate_counts_not_kept\""));
  EXPECT_EQ(real_file_system().list(records_dir() + "/counts")->size(), 1U);
}

TEST(GateKeys, AreReadStrictly) {
  const std::string file = testing::TempDir() + "gate-keys-test";
  const std::string key =
      ledger::NoteSigner::make("gate-1.example", key_of("gate-1.example"))->verifier().format();
  const auto read = [&](const std::string& text) {
    EXPECT_TRUE(real_file_system().write_durable(file, text));
    const auto keys = read_gate_keys(real_file_system(), file);
    return keys ? std::to_string(keys->size()) : keys.error().message.substr(file.size());
  };
  EXPECT_EQ(read(""), "0");
  EXPECT_EQ(read("# none\n\n  " + key + " # one\r\n"), "1");
  EXPECT_EQ(read(key + "\n" + key), ":2:1: the gate gate-1.example stands here twice");
  EXPECT_TRUE(read("\ngate-1\n").starts_with(":2:1: "));
}

TEST(GateRecordFile, SkipsATornLineAndKeepsTheLatestOfEach) {
  const std::string dir = testing::TempDir() + "gate-records-" + std::to_string(::getpid());
  FileSystem& fs = real_file_system();
  const auto signer = ledger::NoteSigner::make("gate-1.example", key_of("gate-1.example")).value();
  const GateKeys keys{{signer.name, signer.verifier()}};
  const Time now = model::testing::at("2026-11-23T12:00:00Z");
  gates::GateStatement statement;
  statement.gate = signer.name;
  statement.ledger = "l";
  statement.challenge = std::string(gates::kChallengeDigits, '0');
  statement.said_at = now;
  statement.mode = "enforce";
  const auto line = [&] {
    return GateRecordFile::Line{now, gates::sign_statement(statement, signer)};
  };
  {
    GateRecordFile file(fs, dir);
    ASSERT_TRUE(file.append({line()}));
  }
  {
    const auto torn = fs.open_append(dir + "/statements.jsonl").value();
    ASSERT_TRUE(torn->append(R"({"note":"proviso-g)"));
  }
  GateRecordFile file(fs, dir);
  statement.mode = "observe";
  ASSERT_TRUE(file.append({line()}));
  EXPECT_EQ(GateRecordFile::read(fs, dir, keys)->at(signer.name).statement.mode, "observe");
  // It does not grow for ever, and loses nobody.
  statement.refused = std::string(900, 'x');
  const std::vector<GateRecordFile::Line> many(4'000, line());
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(file.append(many));
  EXPECT_LT(fs.open_read(dir + "/statements.jsonl").value()->size(), 16U << 20U);
  EXPECT_EQ(GateRecordFile::read(fs, dir, keys)->at(signer.name).statement.refused.size(), 900U);
  std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace proviso::server
