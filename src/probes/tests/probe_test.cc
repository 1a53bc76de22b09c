// SPDX-License-Identifier: Apache-2.0
#include "probes/probe.h"

#include <map>

#include <gtest/gtest.h>

#include "probes/report.h"

namespace proviso::probes {
namespace {

using namespace std::chrono_literals;

const Time kStart = *parse_time("2026-11-12T00:00:00Z");
const std::string kPlan = "version = 1\norder = \"" + std::string(64, 'a') + R"("
requests_per_second = 4
[[target]]
name = "cut"
role = "cut"
url = "http://h/cut"
headers = { Authorization = "secret-token" }
expect_headers = { X-Effect = "deny" }
keep = ["x-order", "X-None"]
[[target]]
name = "neighbour"
role = "neighbour"
url = "http://h/neighbour"
[[target]]
name = "export"
role = "export"
url = "http://h/export"
method = "HEAD"
[[target]]
name = "notice"
role = "notice"
url = "http://h/notice"
)";

http::Response answer(int status, http::Headers headers = {}) {
  http::Response out;
  out.status = status;
  out.headers = std::move(headers);
  out.body = "a customer's own words";
  return out;
}

// A service in memory whose time goes by only while it is asked or waited for.
class ProbeTest : public ::testing::Test {
 protected:
  ProbeTest() {
    answers["/cut"] = answer(403, {{"X-Effect", "deny"}, {"X-Order", "o1"}, {"X-More", "m"}});
    for (const char* path : {"/neighbour", "/export", "/notice"}) answers[path] = answer(200);
  }
  void pass(std::int64_t ms) {
    steady += ms;
    clock.advance(std::chrono::milliseconds{ms});
  }
  std::optional<Report> run() {
    return probe(plan, {.call = [this](const http::Call& call) -> Result<http::Response> {
                          asked_at.push_back(steady);
                          calls.push_back(call);
                          pass(took);
                          const auto at = answers.find(call.url.path);
                          if (at == answers.end()) return fail(Errc::unavailable, "h: gone");
                          return at->second;
                        },
                        .clock = clock,
                        .steady_ms = [this] { return steady; },
                        .wait =
                            [this](std::chrono::milliseconds time) {
                              pass(time.count());
                              return --waits_left >= 0;
                            }});
  }
  std::string problem(std::size_t target) {
    const auto report = run();
    return report ? report->findings.at(target).problem : "stopped";
  }

  Plan plan = *parse_plan("plan.toml", kPlan);
  ManualClock clock{kStart};
  std::int64_t steady = 1'000;
  std::int64_t took = 20;
  int waits_left = 1'000;
  std::map<std::string, http::Response> answers;
  std::vector<std::int64_t> asked_at;
  std::vector<http::Call> calls;
};

TEST_F(ProbeTest, AllAsPlanned) {
  const auto report = run();
  ASSERT_TRUE(report);
  EXPECT_TRUE(report->as_planned());
  ASSERT_EQ(report->findings.size(), 4U);
  EXPECT_EQ(report->findings[0].status, 403);
  EXPECT_EQ(report->findings[0].duration_ms, 20);
  EXPECT_EQ(report->findings[0].kept, (http::Headers{{"x-order", "o1"}}));
  EXPECT_EQ(report->started_at, kStart);
  EXPECT_EQ(calls[0].headers, (http::Headers{{"Authorization", "secret-token"}}));
  EXPECT_EQ(calls[2].method, http::Method::head);
  EXPECT_EQ(calls[1].time, 5s);
}

TEST_F(ProbeTest, ACutThatDoesNotHoldIsFound) {
  answers["/cut"] = answer(200);
  EXPECT_EQ(problem(0), "answered 200, not 403");
  EXPECT_FALSE(run()->as_planned());
}

TEST_F(ProbeTest, ANeighbourThatIsTouchedAndALaneThatIsClosed) {
  answers["/neighbour"] = answer(403);
  answers["/export"] = answer(403);
  answers["/notice"] = answer(404);
  EXPECT_EQ(problem(1), "answered 403, not 200 to 299");
  EXPECT_EQ(problem(2), "answered 403, not 200 to 299");
  EXPECT_EQ(problem(3), "answered 404, not 200 to 299");
}

// P2.
TEST_F(ProbeTest, AServiceThatIsDownHoldsNoCut) {
  answers.erase("/cut");
  EXPECT_EQ(problem(0), "no answer: h: gone");
  answers["/cut"] = answer(500);
  EXPECT_EQ(problem(0), "answered 500, not 403");
}

TEST_F(ProbeTest, AFieldThatIsOtherOrMissing) {
  answers["/cut"] = answer(403, {{"x-effect", "export-only"}});
  EXPECT_EQ(problem(0), "X-Effect is 'export-only', not 'deny'");
  answers["/cut"] = answer(403);
  EXPECT_EQ(problem(0), "the answer has no X-Effect");
}

// P1: of four a second, each begins a quarter of a second after the one before, or later.
TEST_F(ProbeTest, NeverFasterThanThePlanSays) {
  run();
  EXPECT_EQ(asked_at, (std::vector<std::int64_t>{1'000, 1'250, 1'500, 1'750}));
  asked_at.clear();
  took = 400;
  steady = 0;
  run();
  EXPECT_EQ(asked_at, (std::vector<std::int64_t>{0, 400, 800, 1'200}));
}

TEST_F(ProbeTest, StopsBetweenTwoTargets) {
  waits_left = 1;
  EXPECT_FALSE(run());
  EXPECT_EQ(calls.size(), 2U);
}

// P3.
TEST_F(ProbeTest, AReportHoldsNothingThatThePlanDoesNotName) {
  answers["/cut"] = answer(403, {{"X-Effect", "deny"},
                                 {"X-Order", "o\x01" + std::string(300, 'y')},
                                 {"X-More", "not-named"}});
  const std::string text = write_report(*run(), nullptr);
  for (const char* secret : {"own words", "not-named", "secret-token", "Authorization"}) {
    EXPECT_EQ(text.find(secret), std::string::npos) << secret;
  }
  EXPECT_NE(text.find("o?yyy"), std::string::npos);
  EXPECT_EQ(text.find(std::string(101, 'y')), std::string::npos) << "cut";
}

TEST_F(ProbeTest, AReportIsACanonicalDocument) {
  const auto report = run();
  const std::string text = write_report(*report, nullptr);
  const auto document = parse_json(text);
  ASSERT_TRUE(document);
  EXPECT_EQ(canonical_json(*document) + "\n", text);
  EXPECT_EQ(*document->find("order")->if_string(), std::string(64, 'a'));
  EXPECT_EQ(*document->find("plan")->if_string(), sha256(kPlan).hex());
  EXPECT_EQ(*document->find("started_at")->if_string(), "2026-11-12T00:00:00Z");
}

TEST_F(ProbeTest, ASignedReportIsReadBackAndAForgedOneIsNot) {
  const auto key = [](const char* seed) { return *SigningKey::from_seed(sha256(seed).view()); };
  const auto signer = ledger::NoteSigner::make("probe.example", key("a"));
  const auto other = ledger::NoteSigner::make("probe.example", key("b"));
  ASSERT_TRUE(signer && other);
  std::string text = write_report(*run(), &*signer);
  const auto read = read_signed_report(text, signer->verifier());
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(*read->find("kind")->if_string(), "probe");
  EXPECT_EQ(read_signed_report(text, other->verifier()).error().code, Errc::denied);
  text.replace(text.find("403"), 3, "200");
  EXPECT_EQ(read_signed_report(text, signer->verifier()).error().code, Errc::denied);
  const std::string checkpoint = ledger::sign_note(*signer, "a log\n1\n");
  EXPECT_EQ(read_signed_report(checkpoint, signer->verifier()).error().code, Errc::invalid_input);
}

// The longest that a plan allows.
TEST_F(ProbeTest, TheLongestReportIsANote) {
  std::string text = "version = 1\norder = \"" + std::string(64, 'a') + "\"\n";
  for (int i = 0; i < 45; ++i) {
    text += "[[target]]\nname = '" + std::string(80, '"') + std::to_string(i) +
            "'\nrole = \"cut\"\nurl = \"http://h/x\"\nexpect_headers = { " + std::string(100, 'X') +
            " = '" + std::string(150, '"') + "' }\n";
  }
  const auto longest = parse_plan("plan.toml", text);
  ASSERT_TRUE(longest) << longest.error().message;
  plan = *longest;
  answers["/x"] = answer(403, {{std::string(100, 'x'), std::string(150, '\\')}});
  const auto signer =
      ledger::NoteSigner::make("probe.example", *SigningKey::from_seed(sha256("a").view()));
  const std::string note = write_report(*run(), &*signer);
  EXPECT_GT(note.size(), 30'000U);
  EXPECT_TRUE(read_signed_report(note, signer->verifier())) << note.size();
}

TEST_F(ProbeTest, KeepsTheFirstEachChangeAndOneADay) {
  Keeping keeping;
  const auto good = *run();
  EXPECT_TRUE(keeping.due(good));
  EXPECT_TRUE(keeping.due(good)) << "until it is kept";
  keeping.kept(good);
  EXPECT_FALSE(keeping.due(*run()));
  answers["/cut"] = answer(200);
  const auto bad = *run();
  EXPECT_TRUE(keeping.due(bad));
  keeping.kept(bad);
  EXPECT_FALSE(keeping.due(*run()));
  answers["/notice"] = answer(403);
  EXPECT_TRUE(keeping.due(*run())) << "another target differs as well";
  answers["/notice"] = answer(200);
  clock.advance(std::chrono::hours{24});
  EXPECT_TRUE(keeping.due(*run()));
}

}  // namespace
}  // namespace proviso::probes
