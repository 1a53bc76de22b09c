// SPDX-License-Identifier: Apache-2.0
// The contract for other programs. What each file proves is tested where it is judged (ledger,
// gates); servers that misbehave are played by tests/ledger_verify.
#include "proviso/ledger_verify.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file_system.h"
#include "ledger/log.h"
#include "verify/meaning.h"

namespace proviso::ledger_verify {
namespace {

const std::string kFormats = PROVISO_SOURCE_DIR "/docs/formats/";

std::string read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

Trust example_trust() {
  return {.trust_file = read(kFormats + "examples/trust.json"), .log_key = ""};
}

/// A log on the disk that was looked at twice.
class Logs : public testing::Test {
 protected:
  Logs() {
    std::filesystem::remove_all(dir_);
    ledger::NoteSigner signer{"log.example/v", SigningKey::from_seed(std::string(32, 'v')).value()};
    trust_.log_key = signer.verifier().format();
    auto log = ledger::Log::create(real_file_system(), dir_, std::move(signer), "log.example/v");
    for (int half = 0; half < 2; ++half) {
      std::vector<ledger::NewEntry> entries;
      for (int i = 0; i < 300; ++i) {
        const std::string id = std::to_string(300 * half + i);
        entries.push_back({id, "entry " + id});
      }
      EXPECT_TRUE((*log)->append(entries));
      notes_[half] = (*log)->head().value().checkpoint;
    }
  }
  ~Logs() override { std::filesystem::remove_all(dir_); }

  std::string dir_ =
      (std::filesystem::temp_directory_path() / ("proviso-verify-" + std::to_string(::getpid())))
          .string();
  Trust trust_;
  std::string notes_[2];
};

TEST_F(Logs, AreProvenByTheirKey) {
  auto log = Log::open(dir_);
  ASSERT_TRUE(log) << log.error().message;
  std::uint64_t told = 0;
  const Answer answer = verify_log(
      *log, trust_,
      {.since = notes_[0], .snapshot = {}, .progress = [&](std::uint64_t done, std::uint64_t all) {
         EXPECT_GT(done, told);
         EXPECT_EQ(all, 600U);
         told = done;
       }});
  ASSERT_TRUE(answer) << answer.error().message;
  EXPECT_TRUE(answer->valid()) << answer->detail;
  EXPECT_EQ(told, 600U);
  EXPECT_NE(answer->words.find("valid: 600 entries, root "), std::string::npos);
  EXPECT_NE(answer->json.find("\"entries\":600"), std::string::npos);
  EXPECT_EQ(answer->meaning, "");
  const Answer growth = verify_consistency(*log, trust_, notes_[0], notes_[1]);
  ASSERT_TRUE(growth);
  EXPECT_TRUE(growth->valid()) << growth->detail;
}

TEST_F(Logs, ThatAreDamagedAreToldWithWhatItMeans) {
  const std::string tile = dir_ + "/log/tile/0/000";
  std::string bytes = read(tile);
  bytes[7] = static_cast<char>(bytes[7] ^ 1);
  ASSERT_TRUE(real_file_system().write_durable(tile, bytes));
  auto log = Log::open(dir_ + "/log");
  ASSERT_TRUE(log);
  const Answer answer = verify_log(*log, trust_);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->error_class, "leaf-hash");
  EXPECT_EQ(answer->meaning, "a file was changed or damaged after it was written");
  EXPECT_EQ(answer->words, "");
}

TEST_F(Logs, AskForExactlyOneThingToTrust) {
  auto log = Log::open(dir_);
  ASSERT_TRUE(log);
  const auto kind = [&](const Trust& trust, const LogOptions& options = {}) {
    const Answer answer = verify_log(*log, trust, options);
    return answer ? std::string("verdict") : answer.error().message;
  };
  EXPECT_NE(kind({}).find("give a trust file or the log's key"), std::string::npos);
  EXPECT_NE(kind({.trust_file = "{}", .log_key = trust_.log_key}).find("not both"),
            std::string::npos);
  EXPECT_NE(kind({.trust_file = "{}", .log_key = ""}).find("trust file"), std::string::npos);
  EXPECT_NE(kind({.trust_file = "", .log_key = "x"}).find("verifier key"), std::string::npos);
  EXPECT_NE(kind(trust_, {.since = {}, .snapshot = "x", .progress = {}}).find("needs a trust file"),
            std::string::npos);
  EXPECT_FALSE(Log::open(dir_ + "/nothing"));
  EXPECT_FALSE(Log::open(""));
  EXPECT_FALSE(Log::open("http://a b/"));
  EXPECT_FALSE(Log::open("http://127.0.0.1:1",
                         {.file_time = std::chrono::seconds(1), .connections = 0, .ca_file = ""}));
}

TEST(Files, OfTheFormatsAreProven) {
  const std::string examples = kFormats + "examples/";
  const Answer bundle = verify_bundle(read(examples + "order.bundle"), example_trust());
  ASSERT_TRUE(bundle);
  EXPECT_TRUE(bundle->valid()) << bundle->detail;
  EXPECT_NE(bundle->json.find("\"approvals\":2,\"approvals_needed\":2"), std::string::npos)
      << bundle->json;
  const Answer snapshot = verify_snapshot(read(examples + "snapshot.json"), example_trust());
  ASSERT_TRUE(snapshot);
  EXPECT_TRUE(snapshot->valid()) << snapshot->detail;
  const std::string proof = read(examples + "restriction.tlog-proof");
  const Answer entry = verify_proof(proof, read(examples + "restriction.entry"), example_trust());
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->valid()) << entry->detail;
  const Answer other = verify_proof(proof, "another entry", example_trust());
  ASSERT_TRUE(other);
  EXPECT_EQ(other->error_class, "inclusion");
  EXPECT_FALSE(verify_bundle("", {.trust_file = "", .log_key = "x"}));
}

// A class of the page without a meaning would be told as nothing.
TEST(Meaning, IsThereForEachClassOfThePage) {
  std::string page = read(kFormats + "verdicts.md");
  std::size_t classes = 0;
  for (std::size_t row = page.find("\n| `"); row != std::string::npos;
       row = page.find("\n| `", row + 1)) {
    const std::string cell = page.substr(row + 1, page.find(" | ", row + 2) - row - 1);
    for (std::size_t at = cell.find('`'); at != std::string::npos;) {
      const std::size_t end = cell.find('`', at + 1);
      const std::string name = cell.substr(at + 1, end - at - 1);
      at = cell.find('`', end + 1);
      // "earlier-…" stands for three, and "format" for the end of one.
      if (name.find('-') == std::string::npos && cell.find("earlier-") != std::string::npos)
        continue;
      if (name.ends_with("\xE2\x80\xA6")) {
        const std::string stem = name.substr(0, name.size() - 3);
        for (const char* end_of : {"format", "signature", "origin"}) {
          EXPECT_NE(verify::meaning_of(stem + end_of), "") << stem;
          ++classes;
        }
        continue;
      }
      EXPECT_NE(verify::meaning_of(name), "") << name;
      ++classes;
    }
  }
  EXPECT_EQ(classes, 37U);
  EXPECT_EQ(verify::meaning_of("OK"), "");
}

}  // namespace
}  // namespace proviso::ledger_verify
