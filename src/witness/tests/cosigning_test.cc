// SPDX-License-Identifier: Apache-2.0
// A log's side: one witness that answers anything, then three real ones over loopback HTTP.
#include "witness/cosigning.h"

#include <atomic>
#include <functional>

#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "http/server.h"
#include "ledger/log.h"
#include "ledger/verify_log.h"
#include "witness/request.h"
#include "witness/routes.h"

namespace proviso::witness {
namespace {

using namespace std::chrono_literals;
using proviso::testing::FaultyFileSystem;

const std::string kOrigin = "log.example/a";
SigningKey key_of(char c) { return SigningKey::from_seed(std::string(32, c)).value(); }

class PublicLog {
 public:
  PublicLog() {
    log_ = ledger::Log::create(fs, "d", {kOrigin, key_of('l')}, kOrigin).value();
    (void)log_->head().value();
  }
  void grow_to(std::uint64_t size) {
    while (log_->size() < size) {
      const std::string text = std::to_string(log_->size());
      const ledger::NewEntry entry{text, text};
      EXPECT_TRUE(log_->append({&entry, 1}));
    }
    (void)log_->head().value();
  }
  [[nodiscard]] ledger::NoteVerifier key() const { return log_->verifier(); }
  FaultyFileSystem fs;

 private:
  std::unique_ptr<ledger::Log> log_;
};

// What ask_witness() does with whatever comes back.
class Asking : public ::testing::Test {
 protected:
  Asking() { log.grow_to(5); }
  std::string ask(std::uint64_t known, std::vector<Result<http::Response>> answers) {
    const Target target = read_target(log.fs, "d/log").value();
    bodies.clear();
    const Post post = [&](const http::Call& call) -> Result<http::Response> {
      EXPECT_EQ(call.url.path, "/w/add-checkpoint");
      bodies.push_back(call.body);
      if (answers.size() < bodies.size()) return fail(Errc::unavailable, "nobody there");
      return answers[bodies.size() - 1];
    };
    const AskedWitness witness{
        {"w", key_of('w').public_key()}, http::Url::parse("http://h/w").value(), known};
    const Reaction reaction = ask_witness(log.fs, "d/log", witness, target, {}, post);
    return std::string(to_string(reaction.reply)) + " " + std::to_string(reaction.known_size);
  }
  std::string line(char signer = 'w', std::int64_t time = 5) {
    return ledger::cosign("w", key_of(signer), read_target(log.fs, "d/log")->text,
                          from_unix_seconds(time));
  }
  PublicLog log;
  std::vector<std::string> bodies;
};

http::Response with(int status, const std::string& body) {
  return http::Response::text(status, body);
}

TEST_F(Asking, SendsAProofFromWhatIsKnown) {
  EXPECT_EQ(ask(0, {with(200, line())}), "cosigned 5");
  EXPECT_TRUE(bodies[0].starts_with("old 0\n\n" + kOrigin + "\n5\n")) << bodies[0];
  EXPECT_EQ(ask(3, {with(200, line())}), "cosigned 5");
  EXPECT_FALSE(parse_add_checkpoint(bodies[0])->proof.empty());
  EXPECT_EQ(ask(9, {with(200, line())}), "cosigned 5");  // believed to know more: it will tell
  EXPECT_TRUE(bodies[0].starts_with("old 5\n\n"));
}

TEST_F(Asking, LearnsWhatTheWitnessKnows) {
  EXPECT_EQ(ask(0, {with(409, "3\n"), with(200, line())}), "cosigned 5");
  EXPECT_TRUE(bodies.at(1).starts_with("old 3\n"));
  EXPECT_EQ(ask(0, {with(409, "3\n"), with(409, "4\n")}), "refused 4");
  EXPECT_EQ(bodies.size(), 2U);  // it does not go on like this
  EXPECT_EQ(ask(0, {with(409, "7\n")}), "ahead 7");
  EXPECT_EQ(ask(2, {with(409, "2\n")}), "refused 2");
  EXPECT_EQ(ask(2, {with(409, "x")}), "refused 2");
}

TEST_F(Asking, BelievesNoAnswerButACosignature) {
  EXPECT_EQ(ask(2, {with(200, "")}), "refused 2");
  EXPECT_EQ(ask(2, {with(200, "<html>")}), "refused 2");
  EXPECT_EQ(ask(2, {with(200, line('x'))}), "refused 2");
  std::string bad = line();
  bad[bad.size() - 20] = bad[bad.size() - 20] == 'A' ? 'B' : 'A';
  EXPECT_EQ(ask(2, {with(200, bad)}), "refused 2");
  EXPECT_EQ(ask(2, {with(200, line() + line('w', 6) + line())}), "cosigned 5");  // one is kept
  EXPECT_EQ(ask(2, {with(302, "")}), "refused 2");
  EXPECT_EQ(ask(2, {with(422, "no")}), "refused 2");
  EXPECT_EQ(ask(2, {with(503, "")}), "unavailable 2");
  EXPECT_EQ(ask(2, {with(429, "")}), "unavailable 2");
  EXPECT_EQ(ask(2, {}), "unavailable 2");
}

// A witness as `proviso witness run` has it, that can be stopped, started and made slow.
class RunningWitness {
 public:
  RunningWitness(char name, const ledger::NoteVerifier& log)
      : name_(1, name),
        witness_({fs_, "w"}, name_, key_of(name), {log}, clock_),
        key_{name_, key_of(name).public_key()} {
    http::declare_server_metrics(metrics_);
    declare_witness_metrics(metrics_);
    add_witness_routes(router_, {witness_, log_, metrics_});
    slow_.add({http::Method::post, "/add-checkpoint", http::Access::open(),
               [this](const http::Request& request, const http::PathValues&) {
                 std::this_thread::sleep_for(wait.load());
                 return router_.dispatch(request);
               },
               kRequestBytesMax});
    start();
  }
  ~RunningWitness() { stop(); }
  void start() {
    settings_.stop = 100ms;
    server_ = http::Server::listen(settings_, slow_, log_, metrics_, random_).value();
    settings_.port = server_->port();
    thread_ = std::thread([this] { server_->run(http::Server::Signals::ignored); });
  }
  void stop() {
    if (!thread_.joinable()) return;
    server_->stop();
    thread_.join();
    server_.reset();
  }
  [[nodiscard]] std::string policy_line() const {
    return "witness " + name_ + " " + key_.format() +
           " http://127.0.0.1:" + std::to_string(settings_.port) + "\n";
  }
  std::uint64_t size() {
    const auto seen = witness_.seen(kOrigin);
    return seen ? seen->checkpoint.size : 0;
  }
  std::atomic<std::chrono::milliseconds> wait{0ms};

 private:
  std::string name_;
  FaultyFileSystem fs_;
  SystemClock clock_;
  EventLog log_{clock_, [](std::string_view) {}};
  Metrics metrics_;
  SystemRandom random_;
  Witness witness_;
  ledger::CosignerKey key_;
  http::Router router_{[](std::string_view, std::string_view) { return http::Grant::unknown; }};
  http::Router slow_{[](std::string_view, std::string_view) { return http::Grant::unknown; }};
  http::ServerSettings settings_;
  std::unique_ptr<http::Server> server_;
  std::thread thread_;
};

class ThreeWitnesses : public ::testing::Test {
 protected:
  ThreeWitnesses() {
    declare_cosigning_metrics(metrics);
    for (const char name : std::string("abc")) {
      witnesses.push_back(std::make_unique<RunningWitness>(name, log.key()));
    }
    text = policy_text("group two 2 a b c\nquorum two\n");
  }
  std::string policy_text(const std::string& rest) {
    std::string out;
    for (const auto& witness : witnesses) out += witness->policy_line();
    return out + rest;
  }
  void start() {
    cosigning.reset();
    CosigningSettings settings;
    settings.policy = ledger::WitnessPolicy::parse("p", text).value();
    settings.pace = 30ms;
    settings.call = 3000ms;
    cosigning = Cosigning::start({log.fs, "d/log", events, metrics}, std::move(settings)).value();
  }
  // The size of the checkpoint that is shown and kept, which has its quorum; 0 without one.
  std::uint64_t cosigned() {
    if (!cosigning->checkpoint()) return 0;
    const auto policy = ledger::WitnessPolicy::parse("p", text).value();
    ledger::VerifyOptions options;
    options.witness_policy = &policy;
    const auto report = ledger::verify_log(log.fs, "d", log.key(), options);
    EXPECT_TRUE(report.ok) << report.error_class << " " << report.detail;
    return report.size;
  }
  static bool within(std::chrono::milliseconds time, const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < end) {
      if (holds()) return true;
      std::this_thread::sleep_for(5ms);
    }
    return holds();
  }
  [[nodiscard]] bool happened(const std::string& event) {
    const std::scoped_lock lock(mutex);
    return lines.find("\"" + event + "\"") != std::string::npos;
  }

  PublicLog log;
  std::vector<std::unique_ptr<RunningWitness>> witnesses;
  std::string text;
  SystemClock clock;
  std::mutex mutex;  // guards lines, written by several threads
  std::string lines;
  EventLog events{clock, [this](std::string_view line) {
                    const std::scoped_lock lock(mutex);
                    lines += line;
                  }};
  Metrics metrics;
  std::unique_ptr<Cosigning> cosigning;
};

TEST_F(ThreeWitnesses, FollowTheLog) {
  start();
  EXPECT_TRUE(within(5s, [&] { return cosigning->checkpoint().has_value(); }));
  for (const std::uint64_t size : {1U, 2U, 7U, 300U}) {
    log.grow_to(size);
    EXPECT_TRUE(within(5s, [&] { return cosigned() == size; })) << size;
  }
  EXPECT_TRUE(within(5s, [&] { return witnesses[2]->size() == 300; }));
  EXPECT_EQ(metrics.value("proviso_ledger_cosigned_entries"), 300);
}

TEST_F(ThreeWitnesses, OneMayBeDownAndOneSlow) {
  witnesses[0]->stop();
  log.grow_to(3);
  start();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 3; }));
  witnesses[1]->stop();
  log.grow_to(6);  // is not hindered
  std::this_thread::sleep_for(200ms);
  EXPECT_EQ(cosigned(), 3U);  // the last one stays
  EXPECT_GE(metrics.value("proviso_witness_answers_total",
                          {{"witness", "b"}, {"outcome", "unavailable"}}),
            1);
  witnesses[0]->wait = 300ms;
  witnesses[0]->start();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 6; }));
  witnesses[1]->start();
  EXPECT_TRUE(within(5s, [&] { return witnesses[1]->size() == 6; }));
}

TEST_F(ThreeWitnesses, AKeptCheckpointOutlivesTheProcess) {
  log.grow_to(4);
  start();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 4; }));
  cosigning.reset();
  for (const auto& witness : witnesses) witness->stop();
  log.grow_to(5);
  start();
  EXPECT_EQ(cosigned(), 4U);
  // Under another policy it is not enough.
  text = policy_text("group g all a b c\nquorum g\n");
  ASSERT_TRUE(log.fs.write_durable("d/log/checkpoint.cosigned", "damaged").has_value());
  start();
  EXPECT_EQ(cosigning->checkpoint().error().code, Errc::not_found);
}

TEST_F(ThreeWitnesses, ARolledBackLogIsSeenByItsOwnServer) {
  log.grow_to(4);
  const FaultyFileSystem backup = log.fs;
  log.grow_to(8);
  start();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 8; }));
  // Tiles and checkpoint are those of the backup; what was cosigned is still known.
  ASSERT_TRUE(log.fs
                  .write_durable("d/log/checkpoint",
                                 FaultyFileSystem(backup).read("d/log/checkpoint", 65536).value())
                  .has_value());
  EXPECT_TRUE(within(5s, [&] { return happened("log_rolled_back"); }));
  EXPECT_EQ(log.fs.read("d/log/checkpoint.cosigned", 65536).value(),
            cosigning->checkpoint().value());
  // Forgotten here as well, the witnesses still know.
  ASSERT_TRUE(log.fs.remove("d/log/checkpoint.cosigned").has_value());
  start();
  EXPECT_TRUE(within(5s, [&] {
    return metrics.value("proviso_witness_answers_total",
                         {{"witness", "a"}, {"outcome", "ahead"}}) >= 1;
  }));
  EXPECT_FALSE(cosigning->checkpoint());
}

TEST_F(ThreeWitnesses, NoneAreNeededWhereThePolicySaysSo) {
  for (const auto& witness : witnesses) witness->stop();
  text = policy_text("quorum none\n");
  log.grow_to(2);
  start();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 2; }));
}

TEST_F(ThreeWitnesses, ADiskThatFailsLeavesTheOldOne) {
  log.grow_to(2);
  start();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 2; }));
  for (const auto& witness : witnesses) witness->stop();
  log.grow_to(3);
  log.fs.refuse_writes(Errc::exhausted, "full");
  for (const auto& witness : witnesses) witness->start();
  EXPECT_TRUE(within(5s, [&] { return happened("cosigning_failed"); }));
  EXPECT_EQ(cosigned(), 2U);
  log.fs.accept_writes();
  EXPECT_TRUE(within(5s, [&] { return cosigned() == 3; }));
}

TEST(Cosigning, RefusesAUrlThatIsNone) {
  FaultyFileSystem fs;
  SystemClock clock;
  const EventLog events(clock, [](std::string_view) {});
  Metrics metrics;
  declare_cosigning_metrics(metrics);
  const ledger::CosignerKey key{"w", key_of('w').public_key()};
  CosigningSettings settings;
  settings.policy =
      ledger::WitnessPolicy::parse("p", "witness w " + key.format() + " ftp://x\nquorum w\n")
          .value();
  const auto started = Cosigning::start({fs, "d/log", events, metrics}, std::move(settings));
  EXPECT_EQ(started.error().message, "witness w: its URL is not of the form http(s)://HOST/PATH");
}

}  // namespace
}  // namespace proviso::witness
