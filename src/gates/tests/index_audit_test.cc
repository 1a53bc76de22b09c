// SPDX-License-Identifier: Apache-2.0
// What `verify` says of tags and index entries; the index is made here the slow way.
#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gates/ledger_audit.h"
#include "gates/testing/world.h"
#include "ledger/merkle.h"
#include "model/index_tag.h"

namespace proviso::gates {
namespace {

using testing::at;
using testing::World;
namespace kind = model::entry_kind;

constexpr const char* kTime = "2026-11-02T00:00:00Z";

class Index : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = ::testing::TempDir() + "proviso_index_" + std::to_string(getpid()) + "_" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  AuditReport audit() {
    std::filesystem::remove_all(dir_);
    world_.write_to(real_file_system(), dir_);
    return audit_ledger(real_file_system(), dir_, world_.trust());
  }
  void expect_refused(std::uint64_t index, std::string_view part) {
    const AuditReport report = audit();
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.error_class, "index") << report.detail;
    EXPECT_EQ(report.where, "entry " + std::to_string(index)) << report.detail;
    EXPECT_NE(report.detail.find(part), std::string::npos) << report.detail;
  }
  std::uint64_t log(std::string_view of_kind, Json::Object members = {}) {
    return world_.log(of_kind, at(kTime), std::move(members));
  }
  static Json tag(int number) { return sha256("tag " + std::to_string(number)).hex(); }
  /// A finding with the tag of this number.
  std::uint64_t finding(int number) { return log(kind::finding_made, {{"about", tag(number)}}); }

  /// By the words of the format: the tags of [from, to), sorted, as RFC 6962 has it.
  [[nodiscard]] model::IndexPublished index_of(std::uint64_t from, std::uint64_t to) const {
    std::vector<std::string> leaves;
    for (std::uint64_t i = std::max<std::uint64_t>(from, 1); i < to; ++i) {
      const auto entry = model::parse_entry(world_.leaves()[i]).value();
      const auto about = model::tag_of(entry.public_part).value();
      if (about) leaves.push_back(model::index_leaf(*about, i));
    }
    std::sort(leaves.begin(), leaves.end());
    std::vector<Digest> hashes;
    for (const std::string& leaf : leaves) hashes.push_back(ledger::leaf_hash(leaf));
    return {.from = from, .to = to, .tags = hashes.size(), .root = ledger::tree_root(hashes)};
  }
  std::uint64_t publish(const model::IndexPublished& index) {
    return world_.log(kind::index_published, at(kTime), model::index_published_to_json(index));
  }
  std::uint64_t publish(std::uint64_t from, std::uint64_t to) {
    return publish(index_of(from, to));
  }

  World world_;
  std::string dir_;
};

TEST_F(Index, OfAnyNumberIsCheckedAgainstTheLog) {
  std::vector<std::uint64_t> ends = {0};
  for (int i = 0; i < 20; ++i) {
    for (int j = 0; j < i % 4; ++j) finding(10 * i + j);
    if (i % 3 == 0) log(kind::register_loaded);
    const std::uint64_t end = i % 5 == 0 ? ends.back() : world_.leaves().size();
    publish(ends[model::begins_after(ends.size())], end);
    ends.push_back(end);
  }
  const AuditReport report = audit();
  EXPECT_TRUE(report.ok) << report.where << ": " << report.detail;
  EXPECT_EQ(report.index.tags, 30U);
  EXPECT_EQ(report.index.published, 20U);
  EXPECT_EQ(report.index.covered, ends.back());
}

TEST_F(Index, LedgersOfBeforeNeedNoTagsUntilTheFirst) {
  log(kind::case_opened);
  log(kind::finding_made);
  EXPECT_TRUE(audit().ok);
  finding(1);
  EXPECT_TRUE(audit().ok);
  log(kind::register_loaded);
  log("of-a-later-version");
  EXPECT_TRUE(audit().ok);
  expect_refused(log(kind::case_closed), "has no tag");
}

TEST_F(Index, OrdersOfRestrictionsAndLiftsHaveTagsAndThoseOfGovernanceNone) {
  finding(1);
  log(kind::order_proposed, {{"kind", "roster"}, {"order", "r"}});
  log(kind::order_approved, {{"order", "r"}});
  log(kind::order_proposed, {{"kind", "restrict"}, {"order", "a"}, {"about", tag(2)}});
  log(kind::order_approved, {{"order", "a"}, {"about", tag(3)}});
  log(kind::order_approved, {{"order", "was sealed"}, {"about", tag(4)}});
  EXPECT_TRUE(audit().ok) << audit().detail;
  expect_refused(log(kind::order_approved, {{"order", "another"}}), "has no tag");
}

TEST_F(Index, AProposalOfALiftWithoutTagIsRefused) {
  finding(1);
  expect_refused(log(kind::order_proposed, {{"kind", "lift"}, {"order", "l"}}), "has no tag");
}

// Else the approvals of a restriction could be kept from its customer.
TEST_F(Index, AnOrderThatWasProposedAsAboutNobodyIsNotInForceAgainstACustomer) {
  finding(1);
  log(kind::order_proposed, {{"kind", "roster"}, {"order", "r"}});
  log(kind::order_approved, {{"order", "r"}});
  EXPECT_TRUE(audit().ok) << audit().detail;
  expect_refused(
      log(kind::order_in_force, {{"kind", "restrict"}, {"order", "r"}, {"about", tag(2)}}),
      "logged as about nobody");
}

TEST_F(Index, ATagWhereNobodyIsMeantIsRefused) {
  log(kind::order_proposed, {{"kind", "policy"}, {"order", "p"}});
  expect_refused(log(kind::order_approved, {{"order", "p"}, {"about", tag(1)}}), "about nobody");
}

TEST_F(Index, ATaggedLoadOfTheRegisterIsRefused) {
  expect_refused(log(kind::register_loaded, {{"about", tag(1)}}), "about nobody");
}

TEST_F(Index, ATagStandsOnce) {
  finding(1);
  finding(2);
  expect_refused(finding(1), "of an earlier entry");
}

TEST_F(Index, ATagOfAnotherFormIsRefused) {
  expect_refused(log("of-a-later-version", {{"about", "somebody"}}), "not a tag");
}

TEST_F(Index, ThatLeavesOutATagIsRefused) {
  finding(1);
  model::IndexPublished short_one = index_of(0, world_.leaves().size());
  finding(2);
  short_one.to = world_.leaves().size();
  expect_refused(publish(short_one), "other tags");
}

TEST_F(Index, ThatHasAnotherNumberOfTagsIsRefused) {
  finding(1);
  log(kind::register_loaded);
  model::IndexPublished index = index_of(0, world_.leaves().size());
  ++index.tags;
  expect_refused(publish(index), "other tags");
}

TEST_F(Index, ThatHasAnotherTagInsteadOfOneIsRefused) {
  finding(1);
  model::IndexPublished index = index_of(0, world_.leaves().size());
  index.root = ledger::leaf_hash(model::index_leaf(sha256("nobody's"), index.to - 1));
  expect_refused(publish(index), "other tags");
}

TEST_F(Index, ThatBeginsElsewhereIsRefused) {
  finding(1);
  publish(0, 2);
  finding(2);
  expect_refused(publish(2, 4), "does not begin at entry 0");
}

TEST_F(Index, ThatCoversLessThanTheOneBeforeIsRefused) {
  finding(1);
  publish(0, 2);
  expect_refused(publish(0, 1), "ends before");
}

TEST_F(Index, ThatCoversItselfIsRefused) {
  finding(1);
  model::IndexPublished index = index_of(0, 2);
  index.to = 3;
  expect_refused(publish(index), "after itself");
}

TEST_F(Index, ThatCanNotBeReadIsRefused) {
  expect_refused(log(kind::index_published, {{"from", 0}}), "public.");
}

}  // namespace
}  // namespace proviso::gates
