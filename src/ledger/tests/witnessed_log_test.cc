// SPDX-License-Identifier: Apache-2.0
// What verify_log() says of a log under a witness policy.
#include <gtest/gtest.h>

#include "base/testing/faulty_file_system.h"
#include "ledger/log.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

using proviso::testing::FaultyFileSystem;

const std::string kOrigin = "log.example/proviso";
SigningKey key_of(char c) { return SigningKey::from_seed(std::string(32, c)).value(); }

class WitnessedLog : public ::testing::Test {
 protected:
  WitnessedLog() {
    log_ = Log::create(fs_, "d", NoteSigner{kOrigin, key_of('l')}, kOrigin).value();
    append("one");
    append("two");
    first_ = log_->head()->checkpoint;
    append("three");
    newest_ = log_->head()->checkpoint;
  }
  void append(const std::string& entry) {
    const NewEntry added{entry, entry};
    ASSERT_TRUE(log_->append({&added, 1}).has_value());
  }
  // `note` with the lines of these witnesses, each named by its letter.
  static std::string cosigned(const std::string& note, const std::string& names) {
    const SplitNote split = split_note(note).value();
    std::string out = note;
    for (const char c : names) {
      out += cosign(std::string(1, c), key_of(c), split.text, from_unix_seconds(1000));
    }
    return out;
  }
  void publish(const std::string& file, const std::string& note) {
    ASSERT_TRUE(fs_.write_durable("d/log/" + file, note).has_value());
  }
  LogReport verify(VerifyOptions options = {}) {
    options.witness_policy = &policy_;
    return verify_log(fs_, "d", log_->verifier(), options);
  }
  std::string verdict(const VerifyOptions& options = {}) {
    const LogReport report = verify(options);
    return report.error_class + " " + report.where;
  }
  static WitnessPolicy two_of_three() {
    std::string text;
    for (const char c : std::string("abc")) {
      const CosignerKey key{std::string(1, c), key_of(c).public_key()};
      text += "witness " + key.name + " " + key.format() + "\n";
    }
    return WitnessPolicy::parse("p", text + "group g 2 a b c\nquorum g\n").value();
  }

  FaultyFileSystem fs_;
  std::unique_ptr<Log> log_;
  std::string first_;
  std::string newest_;
  WitnessPolicy policy_ = two_of_three();
};

TEST_F(WitnessedLog, NeedsTheQuorum) {
  EXPECT_EQ(verdict(), "quorum checkpoint");
  publish("checkpoint", cosigned(newest_, "a"));
  EXPECT_EQ(verdict(), "quorum checkpoint");
  EXPECT_EQ(verify().detail, "a of 3 witnesses cosigned, which is not enough");
  publish("checkpoint", cosigned(newest_, "ax"));
  EXPECT_EQ(verdict(), "quorum checkpoint");
  publish("checkpoint", cosigned(newest_, "ca"));
  EXPECT_EQ(verdict(), "OK ");
  EXPECT_EQ(verify().cosigned, (Cosigned{{"a", "c"}, 1000}));
  // Without a policy nobody asks.
  EXPECT_TRUE(verify_log(fs_, "d", log_->verifier()).ok);
}

// By when enough of them had: with the second of two, whoever came before or after.
TEST_F(WitnessedLog, TellsByWhenTheQuorumWasReached) {
  const auto at = [&](const std::string& names, const std::vector<std::int64_t>& times) {
    std::string note = newest_;
    for (std::size_t i = 0; i < names.size(); ++i) {
      note += cosign(std::string(1, names[i]), key_of(names[i]), split_note(newest_)->text,
                     from_unix_seconds(times[i]));
    }
    publish("checkpoint", note);
    return verify().cosigned.by_when;
  };
  EXPECT_EQ(at("ab", {1000, 2000}), 2000);
  EXPECT_EQ(at("ab", {2000, 1000}), 2000);
  EXPECT_EQ(at("abc", {3000, 1000, 2000}), 2000) << "the third is not needed";
  EXPECT_EQ(at("abc", {1000, 3000, 3000}), 3000);
  EXPECT_EQ(at("axb", {1000, 1500, 2000}), 2000) << "a stranger's does not count";
  EXPECT_EQ(at("aab", {1000, 4000, 2000}), 4000) << "of one witness its newest";
  EXPECT_EQ(at("a", {1000}), std::nullopt);
  policy_.quorum.clear();
  EXPECT_EQ(at("ab", {1000, 2000}), std::nullopt) << "nobody is needed";
}

TEST_F(WitnessedLog, IsWhatWasCosigned) {
  publish("checkpoint.cosigned", cosigned(first_, "ab"));
  const LogReport report = verify();
  EXPECT_TRUE(report.ok) << report.error_class;
  EXPECT_EQ(report.size, 2U);
  // One that is there counts, whatever the newest one has.
  publish("checkpoint", cosigned(newest_, "abc"));
  publish("checkpoint.cosigned", first_);
  EXPECT_EQ(verdict(), "quorum checkpoint.cosigned");
  publish("checkpoint.cosigned", "");
  EXPECT_EQ(verdict(), "checkpoint-format checkpoint.cosigned");
  ASSERT_TRUE(fs_.remove("d/log/checkpoint.cosigned").has_value());
  ASSERT_TRUE(fs_.remove("d/log/checkpoint").has_value());
  EXPECT_EQ(verdict(), "checkpoint-missing checkpoint");
}

TEST_F(WitnessedLog, IsRefusedForAWrongLineOfAKnownWitness) {
  const std::string other = "another text\n";
  publish("checkpoint",
          cosigned(newest_, "ab") + cosign("c", key_of('c'), other, from_unix_seconds(1000)));
  EXPECT_EQ(verdict(), "cosignature checkpoint");
  // The log's own signature comes first.
  publish("checkpoint",
          cosigned(sign_note({kOrigin, key_of('m')}, split_note(newest_)->text), "ab"));
  EXPECT_EQ(verdict(), "checkpoint-signature checkpoint");
}

TEST_F(WitnessedLog, IsHeldAgainstWhatWasKept) {
  publish("checkpoint.cosigned", cosigned(first_, "ab"));
  VerifyOptions since;
  since.since = newest_;
  EXPECT_EQ(verdict(since), "rollback checkpoint.cosigned");
  // Another tree of the same size, signed by the log's key: both names the fork.
  const Checkpoint forked{kOrigin, 2, leaf_hash("another")};
  since.since = cosigned(sign_note({kOrigin, key_of('l')}, forked.format()), "c");
  EXPECT_EQ(verdict(since), "fork the earlier checkpoint");
}

}  // namespace
}  // namespace proviso::ledger
