// SPDX-License-Identifier: Apache-2.0
// Tags of entries about customers, and the index over them, as a provider's record makes them.
#include "cases/customer_index.h"

#include <map>
#include <set>

#include <gtest/gtest.h>

#include "cases/index_keys.h"
#include "cases/sealing.h"
#include "decisions/stages.h"
#include "decisions/testing/provider.h"
#include "ledger/leaf_tree.h"
#include "model/sealed.h"

namespace proviso::decisions {
namespace {

using model::Entry;
using testing::Provider;
namespace kind = model::entry_kind;

constexpr auto kSlot = std::chrono::minutes{10};

cases::SealingPolicy sealing() {
  return {.on = true,
          .every = kSlot,
          .per_slot = 8,
          .open_by = std::chrono::days{400},
          .open_after = std::chrono::days{30}};
}

struct Found {
  std::uint64_t index = 0;
  std::string kind;
};

std::map<std::string, Found> tagged_leaves(Provider& p) {
  std::map<std::string, Found> out;
  for (std::uint64_t i = 0; i < p.record().log()->size(); ++i) {
    const Entry entry = model::parse_entry(p.record().log()->entry(i).value()).value();
    const auto tag = model::tag_of(entry.public_part).value();
    if (!tag) continue;
    EXPECT_TRUE(out.emplace(tag->hex(), Found{i, entry.kind}).second);
  }
  return out;
}

std::vector<cases::IndexKey> keys_of(Provider& p, const std::string& customer) {
  return cases::index_keys_of(p.record().database(), p.record().index_secret(), customer).value();
}

// The kinds of the entries that a key finds in the log, by number; each number must be there, in
// the order of the log.
std::vector<std::string> kinds_under(Provider& p, const cases::IndexKey& key) {
  const auto leaves = tagged_leaves(p);
  const model::IndexTags tags(key.key);
  std::vector<std::string> out;
  std::uint64_t latest = 0;
  for (std::uint64_t n = 0;; ++n) {
    const auto found = leaves.find(tags.of(n).hex());
    if (found == leaves.end()) {
      EXPECT_EQ(n, key.numbers) << "a number was skipped";
      for (std::uint64_t m = n; m < n + 20; ++m) EXPECT_FALSE(leaves.contains(tags.of(m).hex()));
      return out;
    }
    EXPECT_GT(found->second.index, latest);
    latest = found->second.index;
    out.push_back(found->second.kind);
  }
}

std::vector<std::string> kinds_of(Provider& p, const std::string& customer) {
  std::vector<std::string> out;
  for (const cases::IndexKey& key : keys_of(p, customer)) {
    for (std::string& k : kinds_under(p, key)) out.push_back(std::move(k));
  }
  return out;
}

Digest restrict_and_lift(Provider& p) {
  const Digest order = p.orders().propose(p.proposal(), model::testing::key_of("petra")).value();
  EXPECT_TRUE(p.approve(order, "ada"));
  EXPECT_TRUE(p.approve(order, "ben"));
  EXPECT_TRUE(record_stages(p.record()));
  const Digest lift = p.orders().propose_lift(order, "over").value();
  EXPECT_TRUE(p.approve(lift, "ada"));
  return order;
}

TEST(CustomerIndex, HasEveryEntryAboutTheCustomerAndNoOther) {
  Provider p;
  EXPECT_TRUE(p.raise_signal("s-3", "sub-3"));
  restrict_and_lift(p);
  EXPECT_EQ(
      kinds_of(p, "customer-1"),
      (std::vector<std::string>{"case-opened", "report-received", "order-proposed",
                                "order-approved", "order-approved", "order-in-force", "stage-begun",
                                "order-proposed", "order-approved", "order-in-force"}));
  EXPECT_EQ(kinds_of(p, "customer-2"), (std::vector<std::string>{"case-opened", "signal-raised"}));
  EXPECT_EQ(tagged_leaves(p).size(), 12U) << "an entry about nobody has a tag";
}

TEST(CustomerIndex, NumbersAreNeitherSkippedNorGivenTwiceWhereAChangeFails) {
  Provider p;
  const auto failing = [&]() -> Result<void> {
    TRY_VOID(p.record().case_entry(p.case_id, kind::finding_made, Json::Object{}, Json::Object{}));
    return fail(Errc::unavailable, "not today");
  };
  EXPECT_FALSE(p.record().change(failing));
  p.reopen();
  const auto working = [&] {
    return p.record().case_entry(p.case_id, kind::finding_made, Json::Object{}, Json::Object{});
  };
  EXPECT_TRUE(p.record().change(working));
  EXPECT_EQ(kinds_of(p, "customer-1"),
            (std::vector<std::string>{"case-opened", "report-received", "finding-made"}));
}

TEST(CustomerIndex, OfBeforeTheFoundingComesIntoTheLogInOrder) {
  Provider p(Provider::Founded::after_its_first_case);
  EXPECT_EQ(kinds_of(p, "customer-1"),
            (std::vector<std::string>{"case-opened", "report-received"}));
}

TEST(CustomerIndex, TellsNothingOfWhatIsSealedUntilItIsOpen) {
  Provider p(Provider::Founded::first, sealing());
  const auto nothing = keys_of(p, "customer-1");
  EXPECT_EQ(nothing.size(), 1U);
  EXPECT_EQ(nothing[0].numbers, 0U);
  p.clock.advance(kSlot);
  EXPECT_TRUE(cases::append_slot(p.record()));
  EXPECT_TRUE(tagged_leaves(p).empty()) << "a seal has a tag";
  EXPECT_EQ(keys_of(p, "customer-1")[0].key, nothing[0].key);
  EXPECT_TRUE(p.casework().close(p.case_id, "nothing in it"));
  p.clock.advance(kSlot);
  EXPECT_TRUE(cases::append_slot(p.record()));
  EXPECT_TRUE(cases::open_case(p.record(), p.case_id));
  EXPECT_EQ(kinds_of(p, "customer-1"), (std::vector<std::string>{"opened", "opened", "opened"}));
}

TEST(CustomerIndex, OpeningsOfCoversLookLikeOthersAndAreNobodys) {
  Provider p(Provider::Founded::first, sealing());
  p.clock.advance(kSlot);
  EXPECT_TRUE(cases::append_slot(p.record()));
  p.clock.advance(std::chrono::days{395});
  EXPECT_EQ(cases::open_due(p.record()).value(), 8U);
  std::size_t covers = 0;
  for (std::uint64_t i = 0; i < p.record().log()->size(); ++i) {
    const Entry entry = model::parse_entry(p.record().log()->entry(i).value()).value();
    if (entry.kind != kind::opened) continue;
    EXPECT_TRUE(model::tag_of(entry.public_part).value()) << "who has no tag is known for a cover";
    if (*entry.public_part.find("content") == model::cover_content()) ++covers;
  }
  EXPECT_EQ(covers, 6U);
  EXPECT_EQ(kinds_of(p, "customer-1"), (std::vector<std::string>{"opened", "opened"}));
}

TEST(CustomerIndex, OfACaseThatWasAttachedHasTheKeysOfBoth) {
  Provider p(Provider::Founded::without_a_case);
  EXPECT_TRUE(p.raise_signal("s-1", "sub-9"));
  EXPECT_EQ(kinds_of(p, "unregistered:sub-9").size(), 2U);
  const auto registered = [&](const std::string& unit, const std::string& agreement) {
    return p.load(R"({"kind":"subscription","id":"sub-9","unit":")" + unit + R"(","agreement":")" +
                  agreement + "\"}\n");
  };
  ASSERT_TRUE(registered("u1", "a1"));
  EXPECT_EQ(keys_of(p, "customer-1").size(), 2U);
  EXPECT_EQ(kinds_of(p, "customer-1"),
            (std::vector<std::string>{"case-attached", "case-opened", "signal-raised"}));
  EXPECT_EQ(keys_of(p, "unregistered:sub-9")[0].numbers, 0U);
  EXPECT_NE(keys_of(p, "unregistered:sub-9")[0].key, keys_of(p, "customer-1")[1].key)
      << "who registers the subscription next would get the key of before";
}

TEST(CustomerIndex, AnUnregisteredNameHasANewKeyEachTimeItIsUsedAgain) {
  Provider p(Provider::Founded::without_a_case);
  cases::Database& db = p.record().database();
  for (const std::string name : {"unregistered:sub-9", "unregistered:\u00fcber-9", "\u6570"}) {
    std::set<std::string> keys;
    for (int times = 1; times <= 4; ++times) {
      const auto tag = cases::next_tag(db, p.record().index_secret(), name);
      ASSERT_TRUE(tag) << name << ", used " << times << " times: " << tag.error().message;
      keys.insert(keys_of(p, name)[0].key);
      EXPECT_EQ(keys.size(), static_cast<std::size_t>(times)) << name;
      EXPECT_TRUE(cases::attach_index_key(db, name, "customer-1", "an entry"));
    }
  }
}

TEST(CustomerIndex, AKeyIsAttachedOnceTheEntryThatSaysSoIsOpen) {
  Provider p(Provider::Founded::without_a_case, sealing());
  cases::Database* db = &p.record().database();
  const std::string& secret = p.record().index_secret();
  EXPECT_TRUE(cases::next_tag(*db, secret, "unregistered:sub-9"));
  EXPECT_TRUE(
      db->run("INSERT INTO seals (entry, kind, case_id, content, private_part, salt) "
              "VALUES ('e','case-attached','c','','','')"));
  EXPECT_TRUE(cases::attach_index_key(*db, "unregistered:sub-9", "customer-1", "e"));
  EXPECT_EQ(keys_of(p, "customer-1").size(), 1U) << "told that something is sealed";
  EXPECT_TRUE(db->run("UPDATE seals SET opened_entry='o' WHERE entry='e'"));
  EXPECT_EQ(keys_of(p, "customer-1").size(), 2U);
}

TEST(CustomerIndex, HasWhatIsInTheLogAndNotYetMarkedInTheStore) {
  Provider p;
  cases::Database& db = p.record().database();
  ASSERT_TRUE(
      db.run("CREATE TRIGGER full BEFORE UPDATE OF ledger_index ON outbox BEGIN "
             "SELECT RAISE(ABORT,'the disk is full'); END"));
  EXPECT_FALSE(p.raise_signal("s-1", "sub-1"));
  ASSERT_TRUE(db.run("DROP TRIGGER full"));
  const auto done = cases::publish_index(p.record());
  ASSERT_TRUE(done) << done.error().message;
  const auto leaves = tagged_leaves(p);
  EXPECT_EQ(done->published.to, done->index);
  EXPECT_EQ(done->published.tags, leaves.size()) << "an index that no verifier takes";
  EXPECT_EQ(kinds_of(p, "customer-1").back(), "signal-raised");
}

TEST(CustomerIndex, IsPublishedOverTheWholeLogAlsoWhereNothingCame) {
  Provider p;
  std::vector<std::uint64_t> ends = {0};
  for (int i = 0; i < 6; ++i) {
    if (i != 2) {
      EXPECT_TRUE(p.raise_signal("s-" + std::to_string(i), "sub-1"));
    }
    const std::uint64_t size = p.record().log()->size();
    const auto done = cases::publish_index(p.record());
    ASSERT_TRUE(done) << done.error().message;
    EXPECT_EQ(done->index, size);
    EXPECT_EQ(done->published.from, ends[model::begins_after(ends.size())]);
    EXPECT_EQ(done->published.to, size);
    const auto tags =
        cases::tags_between(p.record().database(), done->published.from, size).value();
    EXPECT_EQ(done->published.tags, tags.size());
    EXPECT_EQ(done->published.root, ledger::LeafTree(cases::index_leaf_hashes(tags)).root());
    ends.push_back(size);
  }
  EXPECT_EQ(cases::tags_between(p.record().database(), 0, ends.back()).value().size(),
            tagged_leaves(p).size());
}

}  // namespace
}  // namespace proviso::decisions
