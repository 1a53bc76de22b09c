// SPDX-License-Identifier: Apache-2.0
// Test vectors of others: RFC 6962 proofs, and logs written with the Go checksum database's code.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "base/json.h"
#include "ledger/checkpoint.h"
#include "ledger/merkle.h"
#include "ledger/proof.h"
#include "ledger/verify_log.h"

namespace proviso::ledger {
namespace {

const std::filesystem::path kData = PROVISO_SOURCE_DIR "/../shared/data/ledger";

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

bool skip_without_data() {
  if (std::filesystem::exists(kData)) return false;
  std::cout << "SKIPPED: " << kData << " is missing\n";
  return true;
}

NoteVerifier oracle_key() {
  std::string text = slurp(kData / "good-700/keys/log.vkey");
  while (text.ends_with('\n')) text.pop_back();
  return NoteVerifier::parse(text).value();
}

std::optional<Digest> digest_of(const Json& json) {
  if (json.if_string() == nullptr) return {};
  const auto bytes = base64_decode(*json.if_string());
  if (!bytes || bytes->empty()) return {};
  // The vectors have short texts in place of roots that nobody looks at or that are wrong.
  return bytes->size() == 32 ? Digest::from_bytes(*bytes).value() : sha256(*bytes);
}

std::optional<std::vector<Digest>> proof_of(const Json& json) {
  std::vector<Digest> out;
  if (json.is_null()) return out;
  for (const Json& item : *json.if_array()) {
    const auto digest = digest_of(item);
    if (!digest) return {};
    out.push_back(*digest);
  }
  return out;
}

// Numbers beyond 2^53 cannot be ours; our reader refuses such a file, which the vectors expect.
template <class Verify>
void run_vectors(const std::string& kind, const Verify& verify) {
  if (skip_without_data()) return;
  int count = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(kData / "vectors" / kind)) {
    if (file.path().extension() != ".json") continue;
    ++count;
    const std::string text = slurp(file.path());
    const bool want_error = text.find("\"wantErr\": true") != std::string::npos;
    const auto json = parse_json(text);
    EXPECT_EQ(json && verify(*json), !want_error) << file.path();
  }
  EXPECT_EQ(count, 98);
}

std::uint64_t number(const Json& json, std::string_view name) {
  return static_cast<std::uint64_t>(*json.find(name)->if_int());
}

TEST(Vectors, Inclusion) {
  run_vectors("inclusion", [](const Json& j) {
    const auto leaf = digest_of(*j.find("leafHash"));
    const auto root = digest_of(*j.find("root"));
    const auto proof = proof_of(*j.find("proof"));
    return leaf && root && proof &&
           verify_inclusion(number(j, "leafIdx"), number(j, "treeSize"), *leaf, *proof, *root);
  });
}

TEST(Vectors, Consistency) {
  run_vectors("consistency", [](const Json& j) {
    const auto root1 = digest_of(*j.find("root1"));
    const auto root2 = digest_of(*j.find("root2"));
    const auto proof = proof_of(*j.find("proof"));
    return root1 && root2 && proof &&
           verify_consistency(number(j, "size1"), *root1, number(j, "size2"), *root2, *proof);
  });
}

TEST(Vectors, ReferenceLeaves) {
  Frontier tree;
  for (const char* hex : {"", "00", "10", "2021", "3031", "40414243", "5051525354555657",
                          "606162636465666768696a6b6c6d6e6f"}) {
    tree.push(leaf_hash(hex_decode(hex).value()), [](std::uint64_t, const Digest&) {});
  }
  EXPECT_EQ(tree.root().hex(), "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328");
}

TEST(Vectors, BrokenLogsAreNamed) {
  if (skip_without_data()) return;
  std::istringstream expected(slurp(kData / "broken/expected.tsv"));
  std::string name;
  std::string error_class;
  int count = 0;
  while (expected >> name >> error_class) {
    ++count;
    const std::string dir = kData / "broken" / name / "log";
    const LogReport report = verify_log(real_file_system(), dir, oracle_key());
    EXPECT_EQ(report.error_class, error_class) << name << ": " << report.detail;
    EXPECT_EQ(report.ok, error_class == "OK");
  }
  EXPECT_EQ(count, 23);
}

TEST(Vectors, GoodLogsAndTheirHistory) {
  if (skip_without_data()) return;
  for (const int size : {0, 1, 255, 256, 257, 511, 512, 700}) {
    const auto dir = kData / ("good-" + std::to_string(size));
    const LogReport report = verify_log(real_file_system(), dir, oracle_key());
    EXPECT_EQ(report.error_class, "OK") << size << ": " << report.detail;
    EXPECT_EQ(report.size, static_cast<std::uint64_t>(size));
    for (const auto& old : std::filesystem::directory_iterator(dir / "history")) {
      const VerifyOptions options{.origin = "", .since = slurp(old.path())};
      EXPECT_EQ(verify_log(real_file_system(), dir, oracle_key(), options).error_class, "OK");
    }
  }
  // The other way round it is a rollback.
  const VerifyOptions later{.origin = "", .since = slurp(kData / "good-700/log/checkpoint")};
  EXPECT_EQ(verify_log(real_file_system(), kData / "good-257", oracle_key(), later).error_class,
            "rollback");
}

TEST(Vectors, ProofTexts) {
  if (skip_without_data()) return;
  int count = 0;
  for (const auto& file : std::filesystem::directory_iterator(kData / "good-700/proofs")) {
    if (file.path().extension() != ".tlog-proof") continue;
    ++count;
    auto entry_path = file.path();
    const std::string entry = slurp(entry_path.replace_extension(".entry"));
    const std::string text = slurp(file.path());
    const TlogProof proof = parse_tlog_proof(text).value();
    const auto key = oracle_key();
    const auto checkpoint = verify_tlog_proof(proof, entry, key, key.name);
    ASSERT_TRUE(checkpoint.has_value()) << file.path() << checkpoint.error().message;
    EXPECT_EQ(format_tlog_proof({proof.index, checkpoint->size, proof.hashes}, proof.checkpoint),
              text);
    EXPECT_FALSE(verify_tlog_proof(proof, entry + "x", key, key.name).has_value());
  }
  EXPECT_GT(count, 3);
}

TEST(Note, KeyOfTheSpecification) {
  const std::string text = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
  EXPECT_EQ(NoteVerifier::parse(text).value().format(), text);
  EXPECT_FALSE(NoteVerifier::parse("example.com/fop" + text.substr(15)).has_value());
}

TEST(Note, StrictForms) {
  const NoteSigner signer{"a.example/log", SigningKey::from_seed(std::string(32, 's')).value()};
  const NoteVerifier key = signer.verifier();
  const std::string good = sign_note(signer, "hello\n");
  EXPECT_EQ(open_note(good, {&key, 1}).value().text, "hello\n");
  const auto code = [&](const std::string& note) {
    const auto opened = open_note(note, {&key, 1});
    return opened ? "ok" : opened.error().code == Errc::denied ? "denied" : "invalid";
  };
  std::string other_text = good;
  other_text[0] = 'j';
  EXPECT_STREQ(code(other_text), "denied");
  EXPECT_STREQ(code(good.substr(0, good.size() - 1)), "invalid");
  EXPECT_STREQ(code(good + "\n"), "invalid");
  EXPECT_STREQ(code("hello\n\n"), "invalid");
  EXPECT_STREQ(code("hel\tlo" + good.substr(5)), "invalid");
  EXPECT_STREQ(code(good + "— b.example AAAAAAAA\n"), "ok");
  EXPECT_STREQ(code(good + "— b.example AAAAAAA\n"), "invalid");
  EXPECT_STREQ(code(good + good.substr(7)), "ok");
  EXPECT_FALSE(is_note_name("a b"));
  EXPECT_FALSE(is_note_name("a\xC2\xA0"));
  EXPECT_FALSE(is_note_name("a\xE2\x81\x9F"));  // U+205F, a space of mathematicians
  EXPECT_FALSE(is_note_name("a+b"));
}

}  // namespace
}  // namespace proviso::ledger
