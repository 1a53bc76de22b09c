// SPDX-License-Identifier: Apache-2.0
// A customer's list, and what its keys find in a whole log. Lists are made here the slow way.
#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include <gtest/gtest.h>
#include <unistd.h>

#include "gates/ledger_audit.h"
#include "gates/testing/world.h"
#include "gates/verified_list.h"
#include "ledger/leaf_tree.h"

namespace proviso::gates {
namespace {

using testing::at;
using testing::World;
namespace kind = model::entry_kind;

constexpr const char* kTime = "2026-11-02T00:00:00Z";
const std::string kMine(32, 'm');
const std::string kOthers(32, 'o');

struct Leaf {
  Digest tag;
  std::uint64_t index = 0;
  auto operator<=>(const Leaf&) const = default;
};

/// A log with entries about two customers, and three index entries.
class ListOf : public ::testing::Test {
 protected:
  void SetUp() override {
    dir_ = ::testing::TempDir() + "proviso_list_" + std::to_string(getpid()) + "_" +
           ::testing::UnitTest::GetInstance()->current_test_info()->name();
    add(kMine, 0);
    add(kOthers, 0);
    publish(0);
    add(kMine, 1);
    add(kOthers, 1);
    publish(0);
    publish(segments_.back().to);
    add(kMine, 2);  // after the newest index entry
    list_ = list_of({kMine});
  }
  void TearDown() override { std::filesystem::remove_all(dir_); }

  std::uint64_t add(const std::string& key, std::uint64_t number, Json::Object members = {}) {
    const Digest tag = model::IndexTags(key).of(number);
    members.emplace("about", tag.hex());
    const std::uint64_t index = world_.log(kind::finding_made, at(kTime), std::move(members));
    leaves_.push_back({tag, index});
    return index;
  }
  [[nodiscard]] std::vector<Leaf> leaves_of(const model::IndexPublished& segment) const {
    std::vector<Leaf> out;
    for (const Leaf& leaf : leaves_) {
      if (leaf.index >= segment.from && leaf.index < segment.to) out.push_back(leaf);
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  static ledger::LeafTree tree_of(const std::vector<Leaf>& leaves) {
    std::vector<Digest> hashes;
    for (const Leaf& l : leaves) {
      hashes.push_back(ledger::leaf_hash(model::index_leaf(l.tag, l.index)));
    }
    return ledger::LeafTree(hashes);
  }
  void publish(std::uint64_t from) {
    model::IndexPublished index{.from = from, .to = world_.leaves().size(), .tags = 0, .root = {}};
    const auto leaves = leaves_of(index);
    index.tags = leaves.size();
    index.root = tree_of(leaves).root();
    places_.push_back(
        world_.log(kind::index_published, at(kTime), model::index_published_to_json(index)));
    segments_.push_back(index);
  }
  static model::Neighbour neighbour(const std::vector<Leaf>& leaves, std::uint64_t place) {
    return {leaves[place].tag, leaves[place].index, {place, tree_of(leaves).path(place)}};
  }
  /// Under the second and the third index entry, which cover all of the first.
  [[nodiscard]] model::CustomerList list_of(const std::vector<std::string>& keys) const {
    model::CustomerList out{.checkpoint = world_.checkpoint(),
                            .genesis = world_.prove(0),
                            .index = {world_.prove(places_[1]), world_.prove(places_[2])},
                            .keys = {}};
    const auto leaves = leaves_of(segments_[1]);
    for (const std::string& key : keys) {
      model::ListedKey listed{.key = key, .entries = {}, .absent = {}};
      const model::IndexTags tags(key);
      for (std::uint64_t n = 0; n < 2; ++n) {
        const auto leaf = std::ranges::find(leaves, tags.of(n), &Leaf::tag);
        if (leaf == leaves.end()) break;
        const auto place = static_cast<std::uint64_t>(leaf - leaves.begin());
        listed.entries.push_back({world_.prove(leaf->index), {place, tree_of(leaves).path(place)}});
      }
      listed.absent = {absence(leaves, tags.of(listed.entries.size())), {}};
      out.keys.push_back(std::move(listed));
    }
    return out;
  }
  static model::Absence absence(const std::vector<Leaf>& leaves, const Digest& tag) {
    const auto after =
        static_cast<std::uint64_t>(std::ranges::lower_bound(leaves, Leaf{tag, 0}) - leaves.begin());
    model::Absence out;
    if (after > 0) out.before = neighbour(leaves, after - 1);
    if (after < leaves.size()) out.after = neighbour(leaves, after);
    return out;
  }

  [[nodiscard]] ListReport judge() const {
    return verify_customer_list(model::write_customer_list(list_).value(), world_.trust());
  }
  void expect_refused(std::string_view error_class, std::string_view where, std::string_view part) {
    const ListReport report = judge();
    EXPECT_FALSE(report.ok);
    EXPECT_EQ(report.error_class, error_class) << report.where << ": " << report.detail;
    EXPECT_EQ(report.where, where) << report.detail;
    EXPECT_NE(report.detail.find(part), std::string::npos) << report.detail;
  }
  AuditReport audit(const std::vector<std::string>& keys) {
    std::filesystem::remove_all(dir_);
    world_.write_to(real_file_system(), dir_);
    AuditOptions options;
    options.index_keys = keys;
    return audit_ledger(real_file_system(), dir_, world_.trust(), options);
  }

  World world_;
  std::vector<Leaf> leaves_;
  std::vector<model::IndexPublished> segments_;
  std::vector<std::uint64_t> places_;
  model::CustomerList list_;
  std::string dir_;
};

TEST_F(ListOf, ProvesAllEntriesUpToTheIndex) {
  EXPECT_TRUE(audit({}).ok) << audit({}).detail;
  const ListReport report = judge();
  ASSERT_TRUE(report.ok) << report.error_class << " " << report.where << ": " << report.detail;
  ASSERT_EQ(report.entries.size(), 2U);
  EXPECT_EQ(report.entries[0].index, 1U);
  EXPECT_EQ(report.entries[1].index, 4U);
  EXPECT_EQ(report.covered, places_[2]);
  EXPECT_EQ(report.checkpoint_size, world_.leaves().size());
  const std::string words = list_in_words(report);
  EXPECT_NE(words.find("2 entries under these index keys (1), and no other among the log's first " +
                       std::to_string(places_[2])),
            std::string::npos)
      << words;
  EXPECT_NE(words.find("  entry 4  2026-11-02T00:00:00Z  finding-made\n"), std::string::npos);
}

// docs/formats/examples/customer.list: written again with PROVISO_UPDATE_EXAMPLES=1.
TEST_F(ListOf, TheExampleIsProven) {
  const std::string path = PROVISO_SOURCE_DIR "/docs/formats/examples/customer.list";
  const std::string made = model::write_customer_list(list_).value();
  if (std::getenv("PROVISO_UPDATE_EXAMPLES") != nullptr) {
    ASSERT_TRUE(real_file_system().write_durable(path, made));
  }
  const std::string text = real_file_system().read(path, model::kListBytesMax).value_or("");
  EXPECT_EQ(text, made) << "PROVISO_UPDATE_EXAMPLES=1 writes it again";
  EXPECT_TRUE(verify_customer_list(text, world_.trust()).ok);
}

TEST_F(ListOf, WithoutEntriesAndWithSeveralKeysIsAList) {
  list_ = list_of({std::string(32, 'n'), kOthers});
  const ListReport report = judge();
  ASSERT_TRUE(report.ok) << report.where << ": " << report.detail;
  EXPECT_EQ(report.entries.size(), 2U);
  EXPECT_EQ(report.keys, 2U);
}

TEST_F(ListOf, ThatLeavesOutTheLastEntryIsRefused) {
  model::ListedKey& key = list_.keys[0];
  key.entries.pop_back();
  // Nothing stands on both sides of a tag that is there.
  expect_refused("index", "keys[0].absent[0]", "");
  const auto leaves = leaves_of(segments_[1]);
  for (std::uint64_t i = 0; i + 1 < leaves.size(); ++i) {
    key.absent[0] = {neighbour(leaves, i), neighbour(leaves, i + 1)};
    EXPECT_EQ(judge().error_class, "index");
  }
  key.absent[0] = {std::nullopt, neighbour(leaves, 0)};
  EXPECT_EQ(judge().error_class, "index");
  key.absent[0] = {neighbour(leaves, leaves.size() - 1), std::nullopt};
  EXPECT_EQ(judge().error_class, "index");
  key.absent[0] = {};
  EXPECT_EQ(judge().error_class, "index");
}

TEST_F(ListOf, ThatLeavesOutAnEntryInTheMiddleIsRefused) {
  list_.keys[0].entries.erase(list_.keys[0].entries.begin());
  expect_refused("entry", "keys[0].entries[0]", "not the tag of its number");
}

TEST_F(ListOf, UnderAnotherKeyIsRefused) {
  list_.keys[0].key = kOthers;
  expect_refused("entry", "keys[0].entries[0]", "not the tag of its number");
}

TEST_F(ListOf, WithAnEntryThatIsNotInTheLogIsRefused) {
  list_.keys[0].entries[1].entry.bytes[20] ^= 1;
  EXPECT_EQ(judge().error_class, "entry");
}

TEST_F(ListOf, WithAnEntryThatIsElsewhereInTheIndexIsRefused) {
  list_.keys[0].entries[0].in_index.place ^= 1;
  EXPECT_EQ(judge().error_class, "index");
}

TEST_F(ListOf, WithoutTheFirstIndexEntryIsRefused) {
  list_.index.erase(list_.index.begin());
  list_.keys[0].absent.pop_back();
  expect_refused("index", "index[0]", "does not go on");
}

TEST_F(ListOf, WithAnotherEntryAsIndexIsRefused) {
  list_.index[1] = world_.prove(1);
  expect_refused("index", "index[1]", "no index entry");
}

TEST_F(ListOf, WithoutIndexEntriesProvesNothing) {
  list_.index.clear();
  list_.keys[0].absent.clear();
  list_.keys[0].entries.clear();
  expect_refused("index", "index", "there is none");
}

TEST_F(ListOf, WhatIsLeftOutStandsBetweenTheTwoThatShallProveOtherwise) {
  const auto leaves = leaves_of(segments_[1]);
  for (const std::string& key : {kMine, kOthers}) {
    for (const std::size_t number : {0U, 1U}) {
      list_ = list_of({key});
      list_.keys[0].entries.resize(number);
      const auto found = std::ranges::find(leaves, model::IndexTags(key).of(number), &Leaf::tag);
      const auto hidden = static_cast<std::uint64_t>(found - leaves.begin());
      ASSERT_LT(hidden, leaves.size());
      model::Absence absence;
      if (hidden > 0) absence.before = neighbour(leaves, hidden - 1);
      if (hidden + 1 < leaves.size()) absence.after = neighbour(leaves, hidden + 1);
      list_.keys[0].absent[0] = absence;
      expect_refused("index", "keys[0].absent[0]", "there is more");
    }
  }
}

TEST_F(ListOf, NeighboursAreInTheIndexOnTheirSideOfTheTag) {
  const auto leaves = leaves_of(segments_[1]);
  for (const std::size_t number : {0U, 1U}) {
    list_ = list_of({kMine});
    list_.keys[0].entries.resize(number);
    const Digest hidden = model::IndexTags(kMine).of(number);
    model::Absence& absence = list_.keys[0].absent[0];
    const auto found = std::ranges::find(leaves, hidden, &Leaf::tag);
    const auto place = static_cast<std::uint64_t>(found - leaves.begin());
    if (place + 1 < leaves.size()) {
      const model::Neighbour made_up{.tag = {}, .entry = 1, .in_index = {place, {}}};
      absence = {.before = made_up, .after = neighbour(leaves, place + 1)};
      expect_refused("index", "keys[0].absent[0]", "");
    }
    if (leaves.front().tag != hidden) {
      absence = {.before = {}, .after = neighbour(leaves, 0)};
      expect_refused("index", "keys[0].absent[0]", "does not stand after");
    }
    if (leaves.back().tag != hidden) {
      absence = {.before = neighbour(leaves, leaves.size() - 1), .after = {}};
      expect_refused("index", "keys[0].absent[0]", "does not stand before");
    }
  }
}

TEST_F(ListOf, ByAnIndexOfWhatIsNotThereYetIsRefused) {
  const auto leaves = leaves_of(segments_[1]);
  const model::IndexPublished ahead{
      .from = 0, .to = 1000, .tags = leaves.size(), .root = tree_of(leaves).root()};
  const std::uint64_t index =
      world_.log(kind::index_published, at(kTime), model::index_published_to_json(ahead));
  list_.checkpoint = world_.checkpoint();
  list_.genesis = world_.prove(0);
  list_.index = {world_.prove(index)};
  list_.keys[0].absent.resize(1);
  expect_refused("index", "index[0]", "does not go on");
}

TEST_F(ListOf, OfAnotherLedgerIsRefused) {
  const World other("ledger.example/other");
  list_.checkpoint = other.checkpoint();
  EXPECT_NE(judge().error_class, "OK");
  list_.checkpoint = world_.checkpoint();
  list_.genesis = world_.prove(1);
  EXPECT_EQ(judge().error_class, "trust");
}

TEST_F(ListOf, WithAByteFlippedIsRefused) {
  const std::string text = model::write_customer_list(list_).value();
  for (std::size_t i = 0; i < text.size(); i += 3) {
    std::string bad = text;
    bad[i] = static_cast<char>(bad[i] ^ 1);
    EXPECT_FALSE(verify_customer_list(bad, world_.trust()).ok) << "byte " << i;
  }
}

TEST_F(ListOf, KeysFindTheEntriesInTheWholeLog) {
  const AuditReport report = audit({kMine});
  ASSERT_TRUE(report.ok) << report.detail;
  ASSERT_EQ(report.listed.size(), 3U);
  EXPECT_EQ(report.listed[2].index, world_.leaves().size() - 1);
  EXPECT_TRUE(report.under_other_keys.empty());
}

TEST_F(ListOf, ASkippedNumberIsSeen) {
  const std::uint64_t index = add(kMine, 4);
  const AuditReport report = audit({kMine});
  EXPECT_FALSE(report.ok);
  EXPECT_EQ(report.error_class, "index");
  EXPECT_EQ(report.where, "entry " + std::to_string(index));
  EXPECT_NE(report.detail.find("number 4"), std::string::npos) << report.detail;
  EXPECT_TRUE(audit({kOthers}).ok);
}

TEST_F(ListOf, AnEntryOfTheSameCaseUnderAnotherTagIsTold) {
  add(kMine, 3, {{"case", "c-1"}});
  const std::uint64_t hidden = add(kOthers, 2, {{"case", "c-1"}});
  add(kOthers, 3, {{"case", "c-2"}});
  const AuditReport report = audit({kMine});
  EXPECT_TRUE(report.ok) << "whose it is, only the operator can say";
  EXPECT_EQ(report.under_other_keys, std::vector<std::uint64_t>{hidden});
}

// A list is read without the log, so nothing has looked at what an opening shows.
TEST(EntryInWords, AnOpeningThatShowsNoDocumentNamesNone) {
  model::Entry opened;
  opened.kind = std::string(kind::opened);
  opened.time = at(kTime);
  for (const Json& content : {Json("x"), Json(), Json(Json::Array{}), model::cover_content()}) {
    opened.public_part = Json::Object{{"content", content}};
    EXPECT_EQ(entry_in_words(3, opened), "entry 3  2026-11-02T00:00:00Z  opened");
  }
}

TEST(IndexKeysFile, SurvivesBeingWrittenAndRead) {
  const model::IndexKeys keys{.ledger = "l", .keys = {kMine, kOthers}};
  const auto read = model::parse_index_keys(model::write_index_keys(keys));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->ledger, "l");
  EXPECT_EQ(read->keys, keys.keys);
  EXPECT_FALSE(model::parse_index_keys(model::write_index_keys({.ledger = "l", .keys = {}})));
  EXPECT_FALSE(
      model::parse_index_keys(model::write_index_keys({.ledger = "l", .keys = {kMine, kMine}})));
  EXPECT_FALSE(model::parse_index_keys(R"({"keys":["00"],"ledger":"l","version":1})"));
}

}  // namespace
}  // namespace proviso::gates
