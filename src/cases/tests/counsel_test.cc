// SPDX-License-Identifier: Apache-2.0
// What counsel directs is in the store for counsel only.
#include "cases/counsel.h"

#include <set>

#include <gtest/gtest.h>

#include "base/encoding.h"
#include "cases/casework.h"
#include "cases/publication.h"
#include "cases/sealing.h"
#include "cases/testing/trial.h"

namespace proviso::cases {
namespace {

constexpr std::string_view kCanary = "canary-4711";

TEST(CounselKey, OpensWhatIsSealedToItAndNothingElse) {
  const CounselKey key = CounselKey::generate();
  const CounselKey other = CounselKey::generate();
  const std::string box = key.public_key().seal("a text");
  EXPECT_TRUE(is_box(box));
  EXPECT_NE(box, key.public_key().seal("a text")) << "two boxes of one text differ";
  EXPECT_EQ(key.open(box).value(), "a text");
  EXPECT_EQ(key.open(key.public_key().seal("")).value(), "");
  EXPECT_EQ(other.open(box).error().code, Errc::denied);
  EXPECT_EQ(key.open(box.substr(0, 45)).error().code, Errc::denied);
  EXPECT_EQ(key.open("a text").error().code, Errc::invalid_input);
  std::string bytes = base64_decode(box.substr(5)).value();
  for (char& byte : bytes) {
    byte = static_cast<char>(byte ^ 1);
    EXPECT_FALSE(key.open("box1:" + base64_encode(bytes)));
    byte = static_cast<char>(byte ^ 1);
  }
}

TEST(CounselKey, FilesAreReadStrictly) {
  const CounselKey key = CounselKey::generate();
  const std::string pem = key.to_pem("pass").value();
  EXPECT_EQ(CounselKey::from_pem(pem, "pass").value().public_key().hex(), key.public_key().hex());
  EXPECT_EQ(CounselKey::from_pem(pem, "other").error().code, Errc::denied);
  EXPECT_EQ(CounselKey::from_pem(pem, "").error().code, Errc::denied);
  const std::string box = key.public_key().seal("x");
  EXPECT_EQ(CounselKey::from_pem(key.to_pem("").value(), "").value().open(box).value(), "x");
  SeededRandom random(1);
  EXPECT_EQ(CounselKey::from_pem(SigningKey::generate(random).to_pem("").value(), "").error().code,
            Errc::invalid_input)
      << "a key to sign with opens nothing";

  const std::string text = key.public_key().file_text("counsel");
  EXPECT_EQ(CounselPublicKey::parse("f", text).value().hex(), key.public_key().hex());
  const auto message = [](std::string_view bad) {
    const auto parsed = CounselPublicKey::parse("f", bad);
    return parsed ? "accepted" : parsed.error().message;
  };
  EXPECT_EQ(message(""), "f:1:1: not a public key of counsel (make one with: proviso key counsel)");
  EXPECT_EQ(message("proviso-counsel/v1 counsel"),
            "f:1:1: not a name and a key (make one with: proviso key counsel)");
  EXPECT_EQ(message("proviso-counsel/v1 counsel AAA"),
            "f:1:1: the key is not base64 (make one with: proviso key counsel)");
  EXPECT_EQ(message("proviso-counsel/v1 counsel AAAA"),
            "f:1:1: an X25519 public key has 32 bytes (make one with: proviso key counsel)");
  EXPECT_EQ(message("proviso-counsel/v1 counsel " + base64_encode(std::string(32, '\0'))),
            "f:1:1: an X25519 key of small order: anyone could open its boxes (make one with: "
            "proviso key counsel)");
}

class DirectedCase : public ::testing::Test {
 protected:
  void write(std::string_view text) {
    ASSERT_TRUE(trial_.add_finding(Json::Object{{"element", text}}));
  }
  std::string add_evidence(const std::string& text) {
    Casework work(*record_, register_, terms_);
    return work.add_evidence(id_, "document", "", text).value();
  }
  // Whether the store's files hold the text, in the clear or in base64.
  bool stored(const std::string& text) {
    std::string all;
    for (const char* suffix : {"", "-wal"}) {
      const auto bytes = real_file_system().read(trial_.store() + suffix, 1U << 24U);
      if (bytes) all += *bytes;
    }
    return all.find(text) != std::string::npos ||
           all.find(base64_encode(text)) != std::string::npos;
  }
  PublishedView view(const std::vector<CounselKey>& keys) {
    const auto profile = PublicationProfile::parse(
        parse_json(R"({"version":1,"audiences":{"auditor":{"finding-made":["element"]}}})")
            .value());
    return publish(*record_, *profile, "auditor", std::nullopt, keys).value();
  }
  std::vector<CounselKey> keys() {
    std::vector<CounselKey> out;
    out.push_back(CounselKey::from_pem(key_.to_pem("").value(), "").value());
    return out;
  }

  testing::Trial trial_;
  Record* record_ = &trial_.record();
  const model::CaseId& id_ = trial_.case_id;
  model::Register register_;
  model::Terms terms_;
  CounselKey key_ = CounselKey::generate();
};

TEST_F(DirectedCase, NothingSecretOfItIsInTheClear) {
  const std::string before = std::string(kCanary) + "-before";
  const std::string after = std::string(kCanary) + "-after-";
  write(before);
  const std::string item = add_evidence(before + "-item!");
  ASSERT_TRUE(stored(before)) << "else the test could not fail";
  ASSERT_TRUE(direct_case(*record_, id_, key_.public_key()));
  EXPECT_FALSE(stored(before));
  EXPECT_FALSE(stored(before + "-item!"));
  write(after);
  const std::string item_after = add_evidence(after + "item!");
  Casework work(*record_, register_, terms_);
  ASSERT_TRUE(work.close(id_, after + "closed"));
  EXPECT_FALSE(stored(after));
  EXPECT_EQ(evidence_item(*record_, id_, item, keys()).value(), before + "-item!");
  EXPECT_EQ(evidence_item(*record_, id_, item_after, keys()).value(), after + "item!");
  EXPECT_EQ(evidence_item(*record_, id_, item, {}).error().code, Errc::denied);
}

// A reason was given before counsel came, and entries wait under seal with their private parts.
TEST_F(DirectedCase, NothingOfBeforeIsInTheClearClosedOrSealed) {
  const std::string before = std::string(kCanary) + "-before";
  record_->set_sealing({.on = true,
                        .every = std::chrono::minutes{10},
                        .per_slot = 1,
                        .open_by = std::chrono::days{400},
                        .open_after = std::chrono::days{30}});
  write(before + "-sealed");
  Casework work(*record_, register_, terms_);
  ASSERT_TRUE(work.close(id_, before + "-closed"));
  ASSERT_TRUE(stored(before + "-sealed") && stored(before + "-closed"));
  ASSERT_TRUE(direct_case(*record_, id_, key_.public_key()));
  EXPECT_FALSE(stored(before + "-sealed"));
  EXPECT_FALSE(stored(before + "-closed"));
}

TEST_F(DirectedCase, IsPublishedByCounselOnly) {
  write("before");
  ASSERT_TRUE(direct_case(*record_, id_, key_.public_key()));
  write("after");
  const PublishedView without = view({});
  EXPECT_TRUE(without.entries.empty());
  EXPECT_EQ(without.sealed_to_counsel, 3U) << "two findings, and that counsel directs";
  const PublishedView with = view(keys());
  ASSERT_EQ(with.entries.size(), 2U);
  EXPECT_EQ(with.sealed_to_counsel, 0U);
  // What counsel shows is what the log commits to.
  std::set<std::string> shown;
  for (const model::Disclosure& entry : with.entries) {
    shown.insert(*entry.shown.at("element").if_string());
    const auto index = record_->index_of(entry.entry).value();
    const model::Entry leaf = model::parse_entry(record_->log()->entry(index).value()).value();
    EXPECT_TRUE(model::check_disclosure(entry, leaf.private_commitment));
  }
  EXPECT_EQ(shown, (std::set<std::string>{"before", "after"}));
}

TEST_F(DirectedCase, SealedEntriesOpenWithoutCounsel) {
  record_->set_sealing({.on = true,
                        .every = std::chrono::minutes{10},
                        .per_slot = 1,
                        .open_by = std::chrono::days{400},
                        .open_after = std::chrono::days{30}});
  write("before");
  ASSERT_TRUE(direct_case(*record_, id_, key_.public_key()));
  write("after");
  for (int i = 0; i < 3; ++i) {
    trial_.clock.advance(std::chrono::minutes{10});
    ASSERT_EQ(append_slot(*record_)->sealed, 1U);
  }
  Casework work(*record_, register_, terms_);
  ASSERT_TRUE(work.close(id_, "a reason"));
  trial_.clock.advance(std::chrono::minutes{10});
  ASSERT_TRUE(append_slot(*record_));
  trial_.clock.advance(std::chrono::days{31});
  EXPECT_EQ(open_due(*record_).value(), 4U) << "findings, that counsel directs, the end";
  EXPECT_TRUE(view({}).entries.empty());
  EXPECT_EQ(view(keys()).entries.size(), 2U);
}

TEST_F(DirectedCase, AnotherKeyTakesOver) {
  write("before");
  ASSERT_TRUE(direct_case(*record_, id_, key_.public_key()));
  EXPECT_EQ(direct_case(*record_, id_, key_.public_key()).error().code, Errc::conflict);
  CounselKey next = CounselKey::generate();
  ASSERT_TRUE(direct_case(*record_, id_, next.public_key()));
  write("after");
  std::vector<CounselKey> both = keys();
  both.push_back(std::move(next));
  EXPECT_EQ(view(keys()).entries.size(), 1U);
  EXPECT_EQ(view(both).entries.size(), 2U);
  EXPECT_EQ(direct_case(*record_, model::CaseId("x"), key_.public_key()).error().code,
            Errc::not_found);
}

}  // namespace
}  // namespace proviso::cases
