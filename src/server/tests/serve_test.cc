// SPDX-License-Identifier: Apache-2.0
#include "server/serve.h"

#include <cstdlib>

#include <gtest/gtest.h>
#include <stdlib.h>

#include "base/file_system.h"
#include "server/config.h"
#include "server/cosigning_config.h"
#include "server/serve_config.h"
#include "server/serve_routes.h"
#include "server/tokens.h"
#include "server/witness_service.h"

namespace proviso::server {
namespace {

// Every route and who may call it. A route that is added fails here until a person has looked at
// its access; tests/serve then asks each of them without a token and with wrong ones.
TEST(ServeRoutes, AreTheseAndNoOthers) {
  EXPECT_EQ(list_routes(),
            "GET /checkpoint open\n"
            "GET /tile/{path...} open\n"
            "GET /healthz open\n"
            "GET /readyz open\n"
            "GET /metrics token metrics or loopback\n"
            "GET /gates/stream token gate\n");
}

// The same for a witness; tests/witness asks each of them.
TEST(WitnessRoutes, AreTheseAndNoOthers) {
  EXPECT_EQ(list_witness_routes(),
            "POST /add-checkpoint open\n"
            "GET /{log}/checkpoint open\n"
            "GET /healthz open\n"
            "GET /readyz open\n"
            "GET /metrics token metrics or loopback\n");
}

TEST(CosigningConfig, IsReadStrictly) {
  const auto written = parse_cosigning_config("x", default_config("a")).value();
  EXPECT_EQ(written.policy, "");
  EXPECT_EQ(written.pace, std::chrono::seconds{2});
  EXPECT_EQ(written.call, std::chrono::seconds{10});
  const auto message = [](const std::string& section) {
    const auto config =
        parse_config("proviso.toml", "[ledger]\norigin = \"a\"\n[witnesses]\n" + section);
    return config ? "accepted" : config.error().message;
  };
  EXPECT_EQ(message("policy = \"p\"\nca_file = \"c\"\npace_seconds = 1\n"), "accepted");
  EXPECT_EQ(message("pace_seconds = 0\n"),
            "proviso.toml:4:16: witnesses.pace_seconds must be 1 to 3600");
  EXPECT_EQ(message("policy = 1\n"), "proviso.toml:4:10: must be a text, in quotes");
  EXPECT_EQ(message("quorum = \"w\"\n"),
            "proviso.toml:4:10: unknown setting (remove it, or mend its name)");
}

TEST(WitnessConfig, IsReadStrictly) {
  const std::string key =
      ledger::NoteVerifier{"log.example/a",
                           SigningKey::from_seed(std::string(32, 'l'))->public_key()}
          .format();
  const auto message = [](const std::string& text) {
    const auto config = parse_witness_config("witness.toml", text);
    return config ? "accepted" : config.error().message;
  };
  const std::string name = "[witness]\nname = \"w.example\"\n";
  EXPECT_EQ(message(name + "logs = [\"" + key + "\"]\n[serve]\nport = 0\n"), "accepted");
  EXPECT_EQ(message(name + "logs = [\"" + key + "\", \"" + key + "\"]\n"),
            "witness.toml:3:80: a log of the name of an earlier one");
  EXPECT_EQ(message(name + "logs = \"x\"\n"), "witness.toml:3:8: must be a list of verifier keys");
  EXPECT_EQ(message(name + "key = \"x\"\n"),
            "witness.toml:3:7: unknown setting (remove it, or mend its name)");
  EXPECT_EQ(message(name + "[other]\n"),
            "witness.toml:3:1: unknown setting (remove it, or mend its name)");
  EXPECT_EQ(message("[witness]\nname = \"a b\"\n"),
            "witness.toml:1:1: witness.name is missing, or has white space or +");
}

std::string config_with(const std::string& serve) {
  return "[ledger]\norigin = \"a\"\n[serve]\n" + serve;
}

TEST(ServeConfig, HasTheDefaultsThatInitWrites) {
  const auto written = parse_serve_config("x", default_config("a")).value();
  const auto bare = parse_serve_config("x", "[ledger]\norigin = \"a\"\n").value();
  for (const auto& settings : {written, bare}) {
    EXPECT_EQ(settings.address, "127.0.0.1");
    EXPECT_EQ(settings.port, 7480);
    EXPECT_EQ(settings.header_bytes_max, 16384U);
    EXPECT_EQ(settings.body_bytes_max, 1U << 20U);
    EXPECT_EQ(settings.header, std::chrono::seconds{10});
    EXPECT_EQ(settings.clients.connections_max, 1024U);
    EXPECT_EQ(settings.clients.requests_burst, 400);
  }
}

TEST(ServeConfig, RefusesWhatItDoesNotKnow) {
  const auto message = [](const std::string& serve) {
    const auto config = parse_config("proviso.toml", config_with(serve));
    return config ? "accepted" : config.error().message;
  };
  EXPECT_EQ(message("port = 0\n"), "accepted");
  EXPECT_EQ(message("port = 70000\n"), "proviso.toml:4:8: serve.port must be 0 to 65535");
  EXPECT_EQ(message("port = \"80\"\n"), "proviso.toml:4:8: serve.port must be 0 to 65535");
  EXPECT_EQ(message("idle_seconds = 0\n"),
            "proviso.toml:4:16: serve.idle_seconds must be 1 to 3600");
  EXPECT_EQ(message("idle_secnds = 1\n"),
            "proviso.toml:4:15: unknown setting (remove it, or mend its name)");
  EXPECT_EQ(message("address = 1\n"), "proviso.toml:4:11: must be a text, in quotes");
}

class Tokens : public testing::Test {
 protected:
  Tokens() {
    std::string folder = testing::TempDir() + "/tokensXXXXXX";
    const char* made = ::mkdtemp(folder.data());
    if (made == nullptr) std::abort();
    path_ = std::string(made) + "/tokens.json";
  }
  std::string path_;
  ManualClock clock_{parse_time("2026-11-25T12:00:00Z").value()};
  SeededRandom random_{7};
};

TEST_F(Tokens, AreKeptAsDigestsAndJudged) {
  TokenGuard guard(path_, clock_);
  EXPECT_EQ(guard.judge("", "metrics"), http::Grant::unknown);
  const std::string text = make_token(path_, {"scraper", {"metrics"}, {}}, clock_, random_).value();
  EXPECT_EQ(text.size(), 68U);
  EXPECT_EQ(guard.judge(text, "metrics"), http::Grant::granted);
  EXPECT_EQ(guard.judge(text, "other"), http::Grant::other_scope);
  EXPECT_EQ(guard.judge(text + "0", "metrics"), http::Grant::unknown);
  EXPECT_EQ(guard.judge("", "metrics"), http::Grant::unknown);
  const std::string file = real_file_system().read(path_, 65536).value();
  EXPECT_EQ(file.find(text.substr(4)), std::string::npos);
  EXPECT_NE(file.find(sha256(text).hex()), std::string::npos);
  // Its digest is not a token.
  EXPECT_EQ(guard.judge(sha256(text).hex(), "metrics"), http::Grant::unknown);
  ASSERT_TRUE(remove_token(path_, "scraper"));
  EXPECT_EQ(guard.judge(text, "metrics"), http::Grant::unknown);
  EXPECT_EQ(remove_token(path_, "scraper").error().code, Errc::not_found);
}

TEST_F(Tokens, End) {
  TokenGuard guard(path_, clock_);
  const std::string text = make_token(path_, {"a", {"metrics"}, 1}, clock_, random_).value();
  EXPECT_EQ(guard.judge(text, "metrics"), http::Grant::granted);
  clock_.advance(std::chrono::hours{24});
  EXPECT_EQ(guard.judge(text, "metrics"), http::Grant::unknown);
}

TEST_F(Tokens, HaveAScopeThatThereIsAndANameOfTheirOwn) {
  EXPECT_EQ(make_token(path_, {"a", {}, {}}, clock_, random_).error().code, Errc::invalid_input);
  EXPECT_FALSE(make_token(path_, {"a", {"everything"}, {}}, clock_, random_));
  EXPECT_FALSE(make_token(path_, {"", {"metrics"}, {}}, clock_, random_));
  EXPECT_FALSE(make_token(path_, {"a\n", {"metrics"}, {}}, clock_, random_));
  ASSERT_TRUE(make_token(path_, {"a", {"metrics"}, {}}, clock_, random_));
  EXPECT_EQ(make_token(path_, {"a", {"metrics"}, {}}, clock_, random_).error().code,
            Errc::conflict);
}

TEST_F(Tokens, AFileThatIsDamagedGrantsNothing) {
  TokenGuard guard(path_, clock_);
  const std::string text = make_token(path_, {"a", {"metrics"}, {}}, clock_, random_).value();
  const std::string file = real_file_system().read(path_, 65536).value();
  ASSERT_TRUE(real_file_system().write_durable(path_, file.substr(0, file.size() / 2)));
  EXPECT_EQ(guard.judge(text, "metrics"), http::Grant::unknown);
  EXPECT_EQ(read_tokens(path_).error().code, Errc::corrupt);
  ASSERT_TRUE(real_file_system().write_durable(path_, file));
  EXPECT_EQ(guard.judge(text, "metrics"), http::Grant::granted);
}

}  // namespace
}  // namespace proviso::server
