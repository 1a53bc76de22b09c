// SPDX-License-Identifier: Apache-2.0
#include "ledger/cosignature.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "ledger/witness_policy.h"

namespace proviso::ledger {
namespace {

SigningKey key_of(char c) { return SigningKey::from_seed(std::string(32, c)).value(); }
CosignerKey cosigner(const std::string& name, char c) { return {name, key_of(c).public_key()}; }
Time at(std::int64_t seconds) { return from_unix_seconds(seconds); }

class CosignedNote : public testing::Test {
 protected:
  NoteSigner log = NoteSigner::make("log.example/a", key_of('l')).value();
  std::string text = Checkpoint{"log.example/a", 0, tree_root({})}.format();
  std::string note = sign_note(log, text);
};

TEST_F(CosignedNote, HasTheBytesOfTheSpecification) {
  const std::string line = cosign("w.example", key_of('w'), text, at(1'700'000'000));
  const SignatureLine parsed = parse_signature_lines(line).value().at(0);
  EXPECT_EQ(parsed.name, "w.example");
  const CosignerKey key = cosigner("w.example", 'w');
  const std::string id = sha256("w.example\n\x04" + std::string(key.key.view())).hex();
  EXPECT_EQ(key.format().substr(10, 8), id.substr(0, 8));
  ASSERT_EQ(parsed.signature.size(), 72U);
  EXPECT_EQ(hex_encode(parsed.signature.substr(0, 8)), "000000006553f100");
  EXPECT_TRUE(verify_signature(key.key, "cosignature/v1\ntime 1700000000\n" + text,
                               parsed.signature.substr(8)));
}

TEST_F(CosignedNote, CountsKnownWitnessesOnce) {
  const std::vector<CosignerKey> known = {cosigner("a", 'a'), cosigner("b", 'b')};
  const auto count = [&](const std::string& lines) {
    const auto found = verify_cosignatures(note + lines, known);
    return found ? static_cast<int>(found->size()) : -1;
  };
  const std::string a = cosign("a", key_of('a'), text, at(10));
  const std::string b = cosign("b", key_of('b'), text, at(10));
  EXPECT_EQ(count(""), 0);
  EXPECT_EQ(count(a), 1);
  EXPECT_EQ(count(a + a), 1);
  EXPECT_EQ(count(a + cosign("a", key_of('a'), text, at(20))), 1);
  EXPECT_EQ(count(b + a), 2);
  EXPECT_EQ(count(cosign("c", key_of('c'), text, at(10))), 0);
  // Another name is another key; a known one that is wrong refuses all.
  EXPECT_EQ(count(cosign("a", key_of('b'), text, at(10))), 0);
  EXPECT_EQ(count(b + cosign("a", key_of('a'), text + "x\n", at(10))), -1);
}

TEST_F(CosignedNote, ASignatureOfTheLogsKindIsNone) {
  const NoteSigner plain = NoteSigner::make("a", key_of('a')).value();
  const std::string signed_plain = sign_note(plain, text);
  const std::vector<CosignerKey> known = {cosigner("a", 'a')};
  EXPECT_TRUE(verify_cosignatures(signed_plain, known).value().empty());
  EXPECT_FALSE(CosignerKey::parse(plain.verifier().format()));
  EXPECT_FALSE(NoteVerifier::parse(known[0].format()));
  EXPECT_EQ(CosignerKey::parse(known[0].format()).value(), known[0]);
}

TEST_F(CosignedNote, OfAnAnswerOnlyTheWitnesssOwnGoodLinesAreTaken) {
  const CosignerKey a = cosigner("a", 'a');
  const std::string line = cosign("a", key_of('a'), text, at(10));
  const std::string other = cosign("b", key_of('b'), text, at(10));
  EXPECT_EQ(good_cosignature_line(other + line, text, a).value(), line);
  const std::string later = cosign("a", key_of('a'), text, at(20));
  EXPECT_EQ(good_cosignature_line(line + later + line, text, a).value(), later);
  EXPECT_EQ(good_cosignature_line(other, text, a).error().code, Errc::denied);
  EXPECT_EQ(good_cosignature_line("", text, a).error().code, Errc::denied);
  EXPECT_EQ(good_cosignature_line(line, text + "x\n", a).error().code, Errc::denied);
  EXPECT_EQ(good_cosignature_line("<html>", text, a).error().code, Errc::invalid_input);
  EXPECT_FALSE(good_cosignature_line(line.substr(0, line.size() - 1), text, a));
}

std::string vkey(char c) { return cosigner(std::string(1, c), c).format(); }

std::string witnesses() {
  return "# three\nwitness a " + vkey('a') + " http://a\nwitness b " + vkey('b') +
         "\n\nwitness c " + vkey('c') + "\n";
}

bool holds(const std::string& rest, const std::vector<std::size_t>& cosigned) {
  return WitnessPolicy::parse("p", witnesses() + rest).value().satisfied_by(cosigned);
}

TEST(WitnessPolicy, CountsGroups) {
  EXPECT_TRUE(holds("quorum none\n", {}));
  EXPECT_TRUE(holds("quorum b\n", {1}));
  EXPECT_FALSE(holds("quorum b\n", {0, 2}));
  const std::string two = "group g 2 a b c\nquorum g\n";
  EXPECT_FALSE(holds(two, {0}));
  EXPECT_FALSE(holds(two, {0, 0}));
  EXPECT_TRUE(holds(two, {2, 0}));
  EXPECT_FALSE(holds("group g all a b c\nquorum g\n", {0, 1}));
  EXPECT_TRUE(holds("group g any a b c\nquorum g\n", {2}));
  const std::string nested = "group inner any a b\ngroup outer all inner c\nquorum outer\n";
  EXPECT_TRUE(holds(nested, {1, 2}));
  EXPECT_FALSE(holds(nested, {0, 1}));
  EXPECT_FALSE(holds(nested, {2}));
}

TEST(WitnessPolicy, RefusesWhatCouldCountTwiceOrNever) {
  const auto message = [](const std::string& rest) {
    const auto policy = WitnessPolicy::parse("p", witnesses() + rest);
    return policy ? "accepted" : policy.error().message;
  };
  EXPECT_EQ(message(""), "p:5:1: no quorum line");
  EXPECT_EQ(message("quorum d\n"), "p:6:1: a quorum that is not defined before");
  EXPECT_EQ(message("quorum a\nquorum b\n"), "p:7:1: a second quorum");
  EXPECT_EQ(message("group g 2 a a\n"), "p:6:1: a member of two groups");
  EXPECT_EQ(message("group g any a\ngroup h any a\n"), "p:7:1: a member of two groups");
  EXPECT_EQ(message("group g any g\n"), "p:6:1: a member that is not defined before");
  EXPECT_EQ(message("group a any b\n"), "p:6:1: a name that is defined already");
  EXPECT_EQ(message("witness d " + vkey('a') + "\n"),
            "p:6:1: a witness with the key of an earlier one");
  EXPECT_EQ(message("witness none " + vkey('d') + "\n"), "p:6:1: 'none' is no name");
  for (const char* k : {"0", "3", "-1", "01", "x", ""}) {
    EXPECT_NE(message(std::string("group g ") + k + " a b\nquorum g\n"), "accepted") << k;
  }
  EXPECT_NE(message("log " + vkey('a') + "\nquorum a\n"), "accepted");
  EXPECT_NE(message("anything else\n"), "accepted");
}

TEST(WitnessPolicy, HasLimits) {
  const auto parse = [](const std::string& text) { return WitnessPolicy::parse("p", text); };
  EXPECT_TRUE(parse("quorum none"));
  EXPECT_TRUE(parse("#" + std::string(60000, 'x') + "\nquorum none\n"));
  EXPECT_FALSE(parse("#" + std::string(70000, 'x') + "\nquorum none\n"));
  EXPECT_FALSE(parse("# \xFF\nquorum none\n"));
  std::string groups = witnesses();
  std::string member = "a";
  for (int i = 0; i < 1100; ++i) {
    const std::string name = "g" + std::to_string(i);
    groups += "group " + name + " any " + member + "\n";
    member = name;
  }
  const auto many = parse(groups + "quorum a\n");
  ASSERT_FALSE(many);
  EXPECT_NE(many.error().message.find("1,024 names"), std::string::npos) << many.error().message;
}

TEST(WitnessPolicy, SaysWhichLogsItIsFor) {
  const NoteVerifier log{"log.example/a", key_of('l').public_key()};
  const NoteVerifier other{"log.example/b", key_of('m').public_key()};
  const auto open = WitnessPolicy::parse("p", "quorum none\n").value();
  EXPECT_TRUE(open.covers(log));
  const auto named = WitnessPolicy::parse("p", "log " + log.format() + " http://x\nquorum none\n");
  EXPECT_TRUE(named->covers(log));
  EXPECT_FALSE(named->covers(other));
  EXPECT_EQ(named->logs[0].url, "http://x");
}

TEST_F(CosignedNote, IsEnoughWhereThePolicySaysSo) {
  const auto policy =
      WitnessPolicy::parse("p", witnesses() + "group g 2 a b c\nquorum g\n").value();
  const std::string a = cosign("a", key_of('a'), text, at(10));
  const std::string c = cosign("c", key_of('c'), text, at(10));
  const Quorum both = judge_cosignatures(note + c + a, policy).value();
  EXPECT_TRUE(both.reached);
  EXPECT_EQ(both.cosigners, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(describe(both, policy), "a, c of 3 witnesses cosigned");
  EXPECT_FALSE(judge_cosignatures(note + a, policy)->reached);
  EXPECT_FALSE(judge_cosignatures(note + a + a, policy)->reached);
  EXPECT_EQ(describe(judge_cosignatures(note, policy).value(), policy),
            "none of 3 witnesses cosigned");
  const std::string bad = cosign("a", key_of('a'), text + "x\n", at(10));
  EXPECT_EQ(judge_cosignatures(note + a + c + bad, policy).error().code, Errc::denied);
  EXPECT_EQ(judge_cosignatures("none", policy).error().code, Errc::invalid_input);
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

// docs/formats/examples: made by a program of a few lines with another library of signatures.
TEST(WitnessExample, OfTheFormatsHolds) {
  const std::filesystem::path folder = PROVISO_SOURCE_DIR "/docs/formats/examples";
  const auto policy = WitnessPolicy::parse("p", slurp(folder / "witness-policy.txt")).value();
  const std::string note = slurp(folder / "checkpoint.cosigned");
  const auto checkpoint = open_checkpoint(note, policy.logs.at(0).key);
  ASSERT_TRUE(checkpoint) << checkpoint.error().message;
  EXPECT_EQ(checkpoint->root, leaf_hash("an entry"));
  const Quorum quorum = judge_cosignatures(note, policy).value();
  EXPECT_TRUE(quorum.reached);
  EXPECT_EQ(describe(quorum, policy), "oslo, cairo of 3 witnesses cosigned");
}

// Logs of another implementation, each cosigned by three witnesses.
TEST(WitnessVectors, OfOthersHold) {
  const std::filesystem::path data = PROVISO_SOURCE_DIR "/../shared/data/ledger";
  if (!std::filesystem::exists(data)) GTEST_SKIP() << data << " is missing";
  int seen = 0;
  for (const char* size : {"0", "1", "255", "256", "257", "511", "512", "700"}) {
    const std::filesystem::path log = data / (std::string("good-") + size);
    std::string text;
    for (const char* name : {"w1", "w2", "w3"}) {
      text += std::string("witness ") + name + " " +
              slurp(log / "keys" / (std::string(name) + ".vkey")) + "\n";
    }
    const auto policy = WitnessPolicy::parse("p", text + "group g all w1 w2 w3\nquorum g\n");
    ASSERT_TRUE(policy) << policy.error().message;
    const std::string note = slurp(log / "log/checkpoint");
    const auto found = verify_cosignatures(note, policy->keys());
    ASSERT_TRUE(found && found->size() == 3U) << log;
    EXPECT_EQ(found->at(0).time, 1'700'000'000);
    EXPECT_TRUE(judge_cosignatures(note, *policy)->reached);
    // The same lines below another text are nobody's.
    const std::string other = "x" + note;
    EXPECT_EQ(verify_cosignatures(other, policy->keys()).error().code, Errc::denied);
    ++seen;
  }
  EXPECT_EQ(seen, 8);
}

}  // namespace
}  // namespace proviso::ledger
